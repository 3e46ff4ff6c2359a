use crate::tui::draw::Canvas;
use crate::tui::input::{Action, Mouse};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;

/// One screen: its own small state, folded from actions, and its picture. No I/O and no clock.
pub trait Screen {
    /// Brings what it remembers up to date with the run and with the area that it has; before it is
    /// drawn.
    fn refresh(&mut self, _scene: &Scene<'_>, _area: Rect) {}

    /// Carries out an action if it means something here; whether it does.
    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool;

    /// The same for the mouse; `area` is where the screen is drawn.
    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool;

    /// Draws it. The canvas may be of any size, also empty.
    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>);

    /// Whether a filter changes what it shows.
    fn is_filtered(&self) -> bool {
        false
    }

    /// Actions for the line of hints, the most useful first.
    fn hints(&self) -> &'static [Action] {
        &[]
    }
}
