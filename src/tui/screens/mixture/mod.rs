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

mod bands;
mod ratio;
mod stack;
mod strip;
mod style;
#[cfg(test)]
mod tests;

use super::over_time::{marked_steps, marks};
use super::screen::Screen;
use crate::tui::draw::Canvas;
use crate::tui::input::{Action, Mouse};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;
use style::MixtureStyle;

/// Rows of the mixture at least, its title included.
const LEAST: u16 = 5;

/// The mixture screen: which part of the run, and how the ratio is drawn.
#[derive(Clone, Debug, Default)]
pub struct Mixture {
    style: MixtureStyle,
    /// Whether the mixture has the screen to itself.
    alone: bool,
    /// The area in which it was drawn last.
    area: Rect,
}

/// The areas of the panels, their titles included.
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
}

impl Screen for Mixture {
    fn refresh(&mut self, _scene: &Scene<'_>, area: Rect) {
        self.area = area;
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::LogAxis => self.style.linear = !self.style.linear,
            Action::Outliers => self.style.clipped = !self.style.clipped,
            Action::Enlarge => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            Action::MarkAfter | Action::MarkBefore => {
                let forward = action == Action::MarkAfter;
                return self.style.view.show_next(marked_steps(scene), forward, scene.run);
            }
            action => {
                let layout = self.style.plot_layout(scene, self.area, true);
                let columns = layout.map_or(1, |layout| layout.plot.width);
                return self.style.view.act(action, scene.run, columns);
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let layout = self.style.plot_layout(scene, area, true);
        layout.is_some_and(|layout| self.style.view.mouse(mouse, &layout, scene.run))
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (area, style) = (canvas.area(), &self.style);
        let timeline = style.view.timeline(scene.run);
        let parts = self.parts(scene, area);
        let marks = marks(scene, &timeline, style.view.range(&timeline), area.width);
        // The x axis is below the lowest picture.
        let axis = parts.ratio.is_none().then_some(marks.as_slice());
        stack::view(style, scene, &timeline, axis, &mut canvas.within(parts.stack));
        if let Some(strip) = parts.strip {
            strip::view(style, scene, &timeline, &mut canvas.within(strip));
        }
        if let Some(ratio) = parts.ratio {
            ratio::view(style, scene, &timeline, &marks, &mut canvas.within(ratio));
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::ZoomIn,
            Action::MarkAfter,
            Action::PanLeft,
            Action::LogAxis,
            Action::XAxis,
            Action::Enlarge,
        ]
    }
}
