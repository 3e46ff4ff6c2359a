//! Screen 3: metrics over steps, tokens or time.
//!
//! ```text
//!  ─ metrics ───────────────┬─ held-out loss ──────────────── nats/token · log y ─
//!  ▸ ● held-out loss  1.981 │ 3 ┤⢄                                        law 1.74
//!    ● learning rate   2e-5 ├─ learning rate ──────────────────────────────────────
//!  ─ domains ───────────────┤ 2 ┤⠉⠉⠉⠉⠉⠒⠒⠒⠒⠒⠒⠢⠤⠤⠤⠤⠤⠤⠤⢄⣀⣀⣀⣀                 1.1e-5
//!    ● law            1.741 │   └───────┬─────────◆───────┬─────── step
//! ```
//!
//! On a narrow terminal the legend is one line above the pictures.

mod legend;
mod list;
mod metric;
mod picture;
mod reading;
mod style;
#[cfg(test)]
mod tests;

use super::over_time::marked_steps;
use super::screen::Screen;
use crate::tui::clipboard::Copied;
use crate::tui::draw::{Canvas, split_rows};
use crate::tui::input::{Action, Mouse};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::Step;
use legend::Legend;
use list::{LegendView, Panels};
use picture::{Drawing, Picture};
use ratatui::layout::{Position, Rect};
use style::CurveStyle;

/// Columns from which on the metrics are beside the pictures.
const WIDE: u16 = 100;
/// Columns of the legend.
const LEGEND: u16 = 27;
/// Rows that a picture has at least, its title included.
const LEAST: u16 = 5;

/// The curves screen: which curves, how they are drawn, and which part of the run.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    legend: Legend,
    style: CurveStyle,
    /// Whether the pictures have the screen to themselves.
    alone: bool,
    /// Where it was drawn last.
    area: Rect,
}

impl Curves {
    /// The areas of the list and of the pictures.
    fn parts(&self, area: Rect) -> (Option<Rect>, Rect) {
        if self.alone {
            return (None, area);
        }
        if area.width >= WIDE {
            let list = Rect { width: LEGEND, ..area };
            let rest = Rect { x: area.x + LEGEND + 1, width: area.width - LEGEND - 1, ..area };
            return (Some(list), rest);
        }
        let (list, rest) = split_rows(area, 1);
        (Some(list), rest)
    }

    /// The pictures that fit, each with its area.
    fn pictures(&self, area: Rect) -> Vec<(Picture, Rect)> {
        let pictures = Picture::group(&self.legend.drawn());
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

    /// A click on a line adds or removes its metric or domain; where the legend is one line, it draws the next
    /// metric.
    fn click_legend(&mut self, at: Position, area: Rect, domains: usize) {
        if area.width != LEGEND || area.height <= 1 {
            return self.legend.only(1);
        }
        if let Some(entry) = Panels::new(area, domains).entry_at(at, &self.legend, domains) {
            self.legend.select(entry);
            self.legend.toggle();
        }
    }
}

impl Screen for Curves {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        self.area = area;
        let domains = scene.run.domains.len();
        if let (Some(legend), _) = self.parts(area) {
            Panels::new(legend, domains).fit(&mut self.legend, domains);
        }
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Up => self.legend.go(-1, scene.run.domains.len()),
            Action::Down => self.legend.go(1, scene.run.domains.len()),
            Action::Choose => self.legend.toggle(),
            Action::NextKind => self.legend.only(1),
            Action::PreviousKind => self.legend.only(-1),
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
            let domains = scene.run.domains.len();
            match mouse {
                Mouse::Click(at) => self.click_legend(at, list, domains),
                Mouse::Wheel { up, .. } => self.legend.go(if up { -1 } else { 1 }, domains),
                Mouse::Drag(..) => return false,
            }
            return true;
        }
        let layout = picture::plot_layout(scene, rest, true);
        layout.is_some_and(|layout| self.style.view.mouse(mouse, &layout, scene.run))
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (list, rest) = self.parts(canvas.area());
        let shown = self.legend.shown(scene);
        if let Some(list) = list {
            let legend = LegendView { legend: &self.legend, shown: &shown, style: &self.style };
            match canvas.area().width >= WIDE {
                true => legend.view(scene, &mut canvas.within(list)),
                false => legend.view_line(scene, &mut canvas.within(list)),
            }
            let wall = Rect { x: list.right(), width: rest.x.saturating_sub(list.right()), ..list };
            canvas.within(wall).wall();
        }
        let timeline = self.style.view.timeline(scene.run);
        let pictures = self.pictures(rest);
        let missing = Picture::group(&self.legend.drawn()).len() - pictures.len();
        if pictures.is_empty() {
            let text = "no metric is chosen: enter adds the selected one, m goes through all";
            canvas.within(rest).line(0).skip(2).put(text, Role::Dim);
        }
        let last = pictures.len().saturating_sub(1);
        for (i, (picture, part)) in pictures.into_iter().enumerate() {
            let last = (i == last).then_some(missing);
            let drawing = Drawing { style: &self.style, scene, timeline: &timeline, shown: &shown };
            picture.view(&drawing, last, &mut canvas.within(part));
        }
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<Copied> {
        reading::copied(&self.legend, &self.style, scene)
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
