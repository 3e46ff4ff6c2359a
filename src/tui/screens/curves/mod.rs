//! Screen 3: any metrics over steps, tokens or time.
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
#[cfg(test)]
mod tests;

use super::{Mouse, Screen};
use crate::tui::input::keys::Action;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, put, wall};
use crate::tui::timeline::{Timeline, View};
use metric::Metric;
use picture::Picture;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Columns from which on the metrics stand beside the pictures.
const WIDE: u16 = 100;
/// Columns of the list of metrics.
const LIST: u16 = 27;
/// Rows that a picture has at least, its title included.
const LEAST: u16 = 5;
/// Weights of the past that smoothing goes through.
const SMOOTHING: [f64; 4] = [0.0, 0.6, 0.9, 0.97];

/// The curves screen: which metrics, how they are drawn, and which part of the run.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The selected line of the list.
    selected: usize,
    /// Which of [`Metric::ALL`] are drawn.
    on: [bool; Metric::ALL.len()],
    view: View,
    log: bool,
    clipped: bool,
    /// Place in [`SMOOTHING`].
    smoothing: usize,
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
            selected: 0,
            on,
            view: View::default(),
            log: false,
            clipped: false,
            smoothing: 0,
            alone: false,
            area: Rect::ZERO,
        }
    }
}

impl Curves {
    fn smoothing(&self) -> f64 {
        SMOOTHING.get(self.smoothing).copied().unwrap_or(0.0)
    }

    fn drawn(&self) -> impl Iterator<Item = Metric> + '_ {
        Metric::ALL.into_iter().zip(self.on).filter(|(_, on)| *on).map(|(metric, _)| metric)
    }

    /// Moves the selection, in a circle.
    fn select(&mut self, lines: isize) {
        let count = Metric::ALL.len();
        let lines = lines.rem_euclid(count as isize) as usize;
        self.selected = (self.selected + lines) % count;
    }

    /// Draws the selected metric too, or no more.
    fn toggle(&mut self) {
        if let Some(on) = self.on.get_mut(self.selected) {
            *on = !*on;
        }
    }

    /// Draws another metric and nothing else.
    fn only(&mut self, lines: isize) {
        if self.on.get(self.selected) == Some(&true) || !self.on.contains(&true) {
            self.select(lines);
        } else {
            // The first press goes to what is drawn.
            self.selected = self.on.iter().position(|on| *on).unwrap_or(0);
            self.select(lines);
        }
        self.on = std::array::from_fn(|place| place == self.selected);
    }

    /// Where the list and the pictures are.
    fn parts(&self, area: Rect) -> (Option<Rect>, Rect) {
        if self.alone {
            return (None, area);
        }
        if area.width >= WIDE {
            let list = Rect { width: LIST, ..area };
            let rest = Rect { x: area.x + LIST + 1, width: area.width - LIST - 1, ..area };
            return (Some(list), rest);
        }
        let rows = area.height.min(1);
        let rest = Rect { y: area.y + rows, height: area.height - rows, ..area };
        (Some(Rect { height: rows, ..area }), rest)
    }

    /// The pictures and their places; fewer than there are where there is no room.
    fn pictures(&self, area: Rect) -> Vec<(Picture, Rect)> {
        let pictures = Picture::of(self);
        let fit = usize::from(area.height / LEAST).max(1);
        let count = u16::try_from(pictures.len().min(fit)).unwrap_or(1).max(1);
        let place = |i: u16| {
            let top = |i: u16| (u32::from(area.height) * u32::from(i) / u32::from(count)) as u16;
            Rect { y: area.y + top(i), height: top(i + 1) - top(i), ..area }
        };
        (0..count).map(place).zip(pictures).map(|(place, picture)| (picture, place)).collect()
    }

    /// Columns of the pictures, as they were drawn last.
    fn columns(&self, scene: &Scene<'_>) -> u16 {
        let (_, rest) = self.parts(self.area);
        picture::places(scene, rest, true).map_or(1, |places| places.plot.width)
    }

    fn click_list(&mut self, at: Position, list: Rect) {
        match list.width == LIST && list.height > 1 {
            true => {
                let line = usize::from(at.y.saturating_sub(list.y + 1));
                if at.y > list.y && line < Metric::ALL.len() {
                    self.selected = line;
                    self.toggle();
                }
            }
            false => self.only(1),
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
            Action::LogAxis => self.log = !self.log,
            Action::Outliers => self.clipped = !self.clipped,
            Action::Smoothing => self.smoothing = (self.smoothing + 1) % SMOOTHING.len(),
            Action::Expand => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            action => return self.view.act(action, scene.run, self.columns(scene)),
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let (list, rest) = self.parts(area);
        let at = match mouse {
            Mouse::Click(at) | Mouse::Drag(_, at) | Mouse::Wheel { at, .. } => at,
        };
        if let Some(list) = list.filter(|list| list.contains(at)) {
            match mouse {
                Mouse::Click(at) => self.click_list(at, list),
                Mouse::Wheel { up, .. } => self.select(if up { -1 } else { 1 }),
                Mouse::Drag(..) => return false,
            }
            return true;
        }
        let places = picture::places(scene, rest, true);
        places.is_some_and(|places| self.view.mouse(mouse, &places, scene.run))
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let (list, rest) = self.parts(area);
        if let Some(list) = list {
            list::view(self, scene, list, buf);
            wall(
                buf,
                scene.look,
                Rect { x: list.right(), width: rest.x - list.right().min(rest.x), ..list },
            );
        }
        let timeline = Timeline::of(scene.run, self.view.axis());
        let pictures = self.pictures(rest);
        let missing = Picture::of(self).len() - pictures.len();
        let last = pictures.len().saturating_sub(1);
        if pictures.is_empty() {
            let text = "no metric is chosen: enter adds the selected one, m goes through all";
            let at = rest.x + 2;
            put(buf, scene.look, at, rest.y, rest.width, text, scene.style(Role::Dim));
        }
        for (i, (picture, place)) in pictures.into_iter().enumerate() {
            let missing = if i == last { missing } else { 0 };
            picture.view(self, scene, &timeline, place, (i == last, missing), buf);
        }
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::NextKind,
            Action::ZoomIn,
            Action::PanLeft,
            Action::LogAxis,
            Action::Smoothing,
            Action::XAxis,
            Action::Expand,
        ]
    }
}
