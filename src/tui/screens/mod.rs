//! The eight screens: one file or folder each, behind one small interface.

use super::keys::Action;
use super::scene::Scene;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What the mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// A click of the left button.
    Click(Position),
    /// The left button is held and moved, from there to here.
    Drag(Position, Position),
    /// The wheel, away from the person or towards.
    Wheel {
        /// Where.
        at: Position,
        /// Away from the person.
        up: bool,
    },
}

/// One screen: its own small state, folded from actions, and its picture. No I/O and no clock.
pub trait Screen {
    /// Carries out an action if it means something here; whether it does.
    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool;

    /// The same for the mouse; `area` is where the screen is drawn.
    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool;

    /// Draws it. The area may be of any size, also empty.
    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer);

    /// Actions for the line of hints, the most useful first.
    fn hints(&self) -> &'static [Action];
}
