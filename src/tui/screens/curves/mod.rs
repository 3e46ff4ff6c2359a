//! Screen 3: metrics over steps, tokens or time.
//!
//! ```text
//!  ─ metrics ───────────────┬─ held-out loss ──────────────── nats/token · log y ─
//!  ▸ ● held-out loss  1.981 │ 3 ┤⢄                                        law 1.74
//!    · weight               ├─ learning rate ──────────────────────────────────────
//!    ● learning rate   2e-5 │ 2 ┤⠉⠉⠉⠉⠉⠒⠒⠒⠒⠒⠒⠢⠤⠤⠤⠤⠤⠤⠤⢄⣀⣀⣀⣀                 1.1e-5
//!  ─ drawn ─────────────────┤   └───────┬─────────◆───────┬─────── step
//! ```
//!
//! On a narrow terminal the metrics are one line above the pictures.

mod list;
mod metric;
mod picture;
mod style;
#[cfg(test)]
mod tests;

use super::over_time::marked_steps;
use super::screen::Screen;
use crate::tui::draw::{Canvas, List, below_title, split_rows};
use crate::tui::input::{Action, Mouse};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::Step;
use list::MetricList;
use metric::Metric;
use picture::Picture;
use ratatui::layout::{Position, Rect};
use style::CurveStyle;

/// Columns from which on the metrics are beside the pictures.
const WIDE: u16 = 100;
/// Columns of the list of metrics.
const LIST: u16 = 27;
/// Rows that a picture has at least, its title included.
const LEAST: u16 = 5;

/// The curves screen: which metrics, how they are drawn, and which part of the run.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The list of metrics.
    list: List,
    /// Which of [`Metric::ALL`] are drawn.
    on: [bool; Metric::ALL.len()],
    style: CurveStyle,
    /// Whether the pictures have the screen to themselves.
    alone: bool,
    /// Where it was drawn last.
    area: Rect,
}

impl Default for Curves {
    fn default() -> Self {
        let mut on = [false; Metric::ALL.len()];
        on[0] = true;
        Curves {
            list: List::default(),
            on,
            style: CurveStyle::default(),
            alone: false,
            area: Rect::ZERO,
        }
    }
}

impl Curves {
    fn drawn(&self) -> Vec<Metric> {
        let on = Metric::ALL.into_iter().zip(self.on).filter(|(_, on)| *on);
        on.map(|(metric, _)| metric).collect()
    }

    /// Moves the selection; the first metric follows the last.
    fn select(&mut self, lines: isize) {
        let count = Metric::ALL.len();
        let lines = lines.rem_euclid(count as isize) as usize;
        self.list.select((self.list.selected() + lines) % count);
    }

    /// Adds the selected metric to those that are drawn, or removes it.
    fn toggle(&mut self) {
        if let Some(on) = self.on.get_mut(self.list.selected()) {
            *on = !*on;
        }
    }

    /// Selects another metric and draws it alone.
    fn only(&mut self, lines: isize) {
        let is_drawn = self.on.get(self.list.selected()) == Some(&true);
        if !is_drawn && self.on.contains(&true) {
            // Starts from what is drawn, not from what is selected.
            self.list.select(self.on.iter().position(|on| *on).unwrap_or(0));
        }
        self.select(lines);
        self.on = std::array::from_fn(|index| index == self.list.selected());
    }

    /// The areas of the list and of the pictures.
    fn parts(&self, area: Rect) -> (Option<Rect>, Rect) {
        if self.alone {
            return (None, area);
        }
        if area.width >= WIDE {
            let list = Rect { width: LIST, ..area };
            let rest = Rect { x: area.x + LIST + 1, width: area.width - LIST - 1, ..area };
            return (Some(list), rest);
        }
        let (list, rest) = split_rows(area, 1);
        (Some(list), rest)
    }

    /// The pictures that fit, each with its area.
    fn pictures(&self, area: Rect) -> Vec<(Picture, Rect)> {
        let pictures = Picture::group(&self.drawn());
        let fit = usize::from(area.height / LEAST).max(1);
        let count = u16::try_from(pictures.len().min(fit)).unwrap_or(1).max(1);
        let part = |i: u16| {
            let top = |i: u16| (u32::from(area.height) * u32::from(i) / u32::from(count)) as u16;
            Rect { y: area.y + top(i), height: top(i + 1) - top(i), ..area }
        };
        pictures.into_iter().zip((0..count).map(part)).collect()
    }

    /// Columns of the plots, as they were drawn last.
    fn columns(&self, scene: &Scene<'_>) -> u16 {
        let (_, rest) = self.parts(self.area);
        picture::plot_layout(scene, rest, true).map_or(1, |layout| layout.plot.width)
    }

    /// A click on a line adds or removes its metric; where the list is one line, it draws the next
    /// metric.
    fn click_list(&mut self, at: Position, list: Rect) {
        if list.width != LIST || list.height <= 1 {
            return self.only(1);
        }
        if self.list.mouse(Mouse::Click(at), Metric::ALL.len(), below_title(list)) {
            self.toggle();
        }
    }
}

impl Screen for Curves {
    fn refresh(&mut self, _scene: &Scene<'_>, area: Rect) {
        self.area = area;
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Up => self.select(-1),
            Action::Down => self.select(1),
            Action::Choose => self.toggle(),
            Action::NextKind => self.only(1),
            Action::PreviousKind => self.only(-1),
            Action::Enlarge => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            Action::MarkAfter | Action::MarkBefore => {
                let forward = action == Action::MarkAfter;
                return self.style.view.show_next(marked_steps(scene), forward, scene.run);
            }
            action => return self.style.act(action, scene.run, self.columns(scene)),
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let (list, rest) = self.parts(area);
        if let Some(list) = list.filter(|list| list.contains(mouse.at())) {
            match mouse {
                Mouse::Click(at) => self.click_list(at, list),
                Mouse::Wheel { up, .. } => self.select(if up { -1 } else { 1 }),
                Mouse::Drag(..) => return false,
            }
            return true;
        }
        let layout = picture::plot_layout(scene, rest, true);
        layout.is_some_and(|layout| self.style.view.mouse(mouse, &layout, scene.run))
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (list, rest) = self.parts(canvas.area());
        if let Some(list) = list {
            let metrics = MetricList { list: &self.list, drawn: &self.drawn(), style: &self.style };
            match canvas.area().width >= WIDE {
                true => metrics.view(scene, &mut canvas.within(list)),
                false => metrics.view_line(scene, &mut canvas.within(list)),
            }
            let wall = Rect { x: list.right(), width: rest.x.saturating_sub(list.right()), ..list };
            canvas.within(wall).wall();
        }
        let timeline = self.style.view.timeline(scene.run);
        let pictures = self.pictures(rest);
        let missing = Picture::group(&self.drawn()).len() - pictures.len();
        if pictures.is_empty() {
            let text = "no metric is chosen: enter adds the selected one, m goes through all";
            canvas.within(rest).line(0).skip(2).put(text, Role::Dim);
        }
        let last = pictures.len().saturating_sub(1);
        for (i, (picture, part)) in pictures.into_iter().enumerate() {
            let last = (i == last).then_some(missing);
            picture.view(&self.style, scene, &timeline, last, &mut canvas.within(part));
        }
    }

    fn show_step(&mut self, step: Step, scene: &Scene<'_>) {
        self.style.view.show_step(step, scene.run);
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::NextKind,
            Action::ZoomIn,
            Action::MarkAfter,
            Action::PanLeft,
            Action::LogAxis,
            Action::Smoothing,
            Action::XAxis,
            Action::Enlarge,
        ]
    }
}
