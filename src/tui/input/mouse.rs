use ratatui::layout::Position;

/// An event of the mouse over a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// A click of the left button.
    Click(Position),
    /// The left button is held and moved, from there to here.
    Drag(Position, Position),
    /// The wheel was turned away from the user (`up`) or towards.
    Wheel { at: Position, up: bool },
}

impl Mouse {
    /// The position of the pointer.
    pub fn at(self) -> Position {
        match self {
            Mouse::Click(at) | Mouse::Drag(_, at) | Mouse::Wheel { at, .. } => at,
        }
    }
}
