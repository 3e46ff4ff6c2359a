use crate::tui::clipboard::Copied;
use crate::tui::draw::Canvas;
use crate::tui::input::{Action, Mouse};
use crate::tui::scene::Scene;
use crate::unit::Step;
use ratatui::layout::Rect;

/// A screen: its own small state, changed by actions, and its picture. No I/O and no clock.
pub trait Screen {
    /// Adapts its state to the run and to its area. Called before it is drawn.
    fn refresh(&mut self, _scene: &Scene<'_>, _area: Rect) {}

    /// Carries out an action; `false` where the action means nothing on this screen.
    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool;

    /// Carries out an event of the mouse over the screen, which is drawn in `area`; `false` where it
    /// means nothing.
    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool;

    /// Draws it. The canvas may be of any size, even empty.
    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>);

    /// The number of the event that is selected, which a record is to go to. A list that it is in then ends with
    /// it, and is followed. `None` where the screen has no events.
    fn chosen_event(&mut self, _scene: &Scene<'_>) -> Option<u64> {
        None
    }

    /// The step of the event that is selected, where the screen has events and that one has a step.
    fn chosen_step(&self, _scene: &Scene<'_>) -> Option<Step> {
        None
    }

    /// Puts the crosshair on a step, where the screen has one.
    fn show_step(&mut self, _step: Step, _scene: &Scene<'_>) {}

    /// What is selected, to be copied; `None` where nothing is.
    fn copied(&self, _scene: &Scene<'_>) -> Option<Copied> {
        None
    }

    /// Whether a filter changes what it shows.
    fn is_filtered(&self) -> bool {
        false
    }

    /// Actions for the line of hints, the most useful first.
    fn hints(&self) -> &'static [Action] {
        &[]
    }
}
