//! Screen 4: the mixture over the run, what the threshold decided, and by how much.
//!
//! ```text
//!  ─ mixture ───────────────────────────────────────────────────────
//!   100 ┤████████████████████████████████████████████ law      50.0 %
//!       │▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅████████████████████████ medical  25.0 %
//!  ─ threshold ─────────────────────────────────────────────────────
//!        ▲         ▲    ▲                             expanded 3
//!              ×                                      held 1
//!  ─ γ / φ̄ ──────────────────────────────────────────────── log y ──
//!    10 ┤    ⡠⠊⠑⢄    ∞
//!       └───────┬─────────◆───────┬───────
//! ```

mod ratio;
mod stack;
mod strip;
#[cfg(test)]
mod tests;

use super::over_time::marks;
use super::{Mouse, Screen};
use crate::tui::chart::{Places, places};
use crate::tui::input::keys::Action;
use crate::tui::scene::Scene;
use crate::tui::timeline::{Timeline, View};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of what stands beside a domain's name: a sign before it, a share behind it.
const BESIDE: u16 = 9;
/// Rows of the mixture at least, its title included.
const LEAST: u16 = 5;

/// The mixture screen: which part of the run, and how the ratio is drawn.
#[derive(Clone, Debug, Default)]
pub struct Mixture {
    view: View,
    /// Whether the ratio is on a linear axis.
    linear: bool,
    clipped: bool,
    /// Whether the mixture has the screen to itself.
    alone: bool,
    /// Where it was drawn last.
    area: Rect,
}

/// Where the panels are, their titles included.
struct Parts {
    stack: Rect,
    strip: Option<Rect>,
    ratio: Option<Rect>,
}

impl Mixture {
    fn parts(&self, scene: &Scene<'_>, area: Rect) -> Parts {
        if self.alone {
            return Parts { stack: area, strip: None, ratio: None };
        }
        let tested = !scene.run.history.thresholds.is_empty();
        let strip = if tested { strip::lanes(scene) + 1 } else { 2 };
        let ratio = if tested { (area.height / 3).max(7) } else { 0 };
        let spare = |rows: u16| area.height >= LEAST + rows;
        let (strip, ratio) = match (spare(strip + ratio), spare(strip)) {
            (true, _) => (strip, ratio),
            (false, true) => (strip, 0),
            (false, false) => (0, 0),
        };
        let rows = |from: u16, height: u16| Rect { y: area.y + from, height, ..area };
        let stack = area.height - strip - ratio;
        Parts {
            stack: rows(0, stack),
            strip: (strip > 0).then(|| rows(stack, strip)),
            ratio: (ratio > 0).then(|| rows(stack + strip, ratio)),
        }
    }

    /// Where the picture of the mixture is; the other panels have the same columns.
    fn places(&self, scene: &Scene<'_>, area: Rect, axis: bool) -> Option<Places> {
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        places(below, labels(scene, area.width), axis)
    }
}

impl Screen for Mixture {
    fn refresh(&mut self, _scene: &Scene<'_>, area: Rect) {
        self.area = area;
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::LogAxis => self.linear = !self.linear,
            Action::Outliers => self.clipped = !self.clipped,
            Action::Expand => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            action => {
                let places = self.places(scene, self.area, true);
                let columns = places.map_or(1, |places| places.plot.width);
                return self.view.act(action, scene.run, columns);
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let places = self.places(scene, area, true);
        places.is_some_and(|places| self.view.mouse(mouse, &places, scene.run))
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let timeline = Timeline::of(scene.run, self.view.axis());
        let parts = self.parts(scene, area);
        let marks = marks(scene, &timeline, self.view.range(&timeline), area.width);
        // The x axis stands below the lowest picture.
        let axis = parts.ratio.is_none().then_some(marks.as_slice());
        stack::view(self, scene, &timeline, parts.stack, axis, buf);
        if let Some(strip) = parts.strip {
            strip::view(self, scene, &timeline, strip, buf);
        }
        if let Some(ratio) = parts.ratio {
            ratio::view(self, scene, &timeline, ratio, &marks, buf);
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::ZoomIn, Action::PanLeft, Action::LogAxis, Action::XAxis, Action::Expand]
    }
}

/// Columns of the labels at the right of a picture that is so wide: long names are cut before they
/// are left out.
fn labels(scene: &Scene<'_>, width: u16) -> u16 {
    (scene.name_width().max(5) + BESIDE).min((width / 3).saturating_sub(1))
}
