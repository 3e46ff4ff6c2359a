use ratatui::layout::Position;

/// What the mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// A click of the left button.
    Click(Position),
    /// The left button is held and moved, from there to here.
    Drag(Position, Position),
    /// The wheel was turned away from the person (`up`) or towards.
    Wheel { at: Position, up: bool },
}

impl Mouse {
    /// Where it is now.
    pub fn at(self) -> Position {
        match self {
            Mouse::Click(at) | Mouse::Drag(_, at) | Mouse::Wheel { at, .. } => at,
        }
    }
}
