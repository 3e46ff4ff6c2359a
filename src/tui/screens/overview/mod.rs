//! Screen 1: the run at a glance. Is it running well, what is the mixture doing, is anything being
//! forgotten?
//!
//! ```text
//!  ─ mixture ──────────┬─ held-out loss ─────      ─ mixture: weight, loss, γ, φ ──
//!  ─ threshold ────────┤                           ─ held-out loss ──┬─ machine ───
//!  ─ potential ────────┼─ machine ───────────      ─ threshold ──────┴─────────────
//!  ─ events ───────────┴─────────────────────      ─ events ───────────────────────
//!        from 100 columns on                              below
//! ```

mod events;
mod losses;
mod machine;
mod mixture;
mod potential;
mod preparation;
mod threshold;

use super::{Mouse, Screen};
use crate::tui::input::keys::Action;
use crate::tui::scene::{Scene, wall};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which on there are two columns of panels.
const WIDE: u16 = 100;

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Panel {
    Mixture,
    Losses,
    Threshold,
    Potential,
    Machine,
    Events,
}

/// The panels side by side, in the order in which keys go through them.
const ALL: [Panel; 6] = [
    Panel::Mixture,
    Panel::Losses,
    Panel::Threshold,
    Panel::Potential,
    Panel::Machine,
    Panel::Events,
];
/// Those below each other: the mixture has the potential in its lines.
const NARROW: [Panel; 5] =
    [Panel::Mixture, Panel::Losses, Panel::Machine, Panel::Threshold, Panel::Events];

/// The overview: which panel is chosen, and whether it has the screen to itself.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    chosen: Option<Panel>,
    expanded: bool,
    /// Whether the losses are on a logarithmic axis.
    log: bool,
    /// Whether there is one column of panels, as drawn last.
    narrow: bool,
}

impl Screen for Overview {
    fn refresh(&mut self, _scene: &Scene<'_>, area: Rect) {
        self.narrow = area.width < WIDE;
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        match action {
            // A panel that was chosen is opened by enter too.
            Action::Choose if self.chosen.is_none() => return false,
            Action::Expand | Action::Choose => {
                self.expanded = !self.expanded;
                self.chosen = self.chosen.or(Some(Panel::Mixture));
            }
            Action::Down => self.choose(1),
            Action::Up => self.choose(-1),
            Action::LogAxis => self.log = !self.log,
            Action::Back if self.chosen.is_some() => (self.chosen, self.expanded) = (None, false),
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let Mouse::Click(at) = mouse else { return false };
        if self.expanded {
            self.expanded = false;
            return true;
        }
        let panels = panels(area, scene);
        let hit = panels.iter().find(|(_, place)| place.contains(at)).map(|(panel, _)| *panel);
        // A second click on the chosen panel opens it.
        self.expanded = hit.is_some() && hit == self.chosen;
        self.chosen = hit;
        hit.is_some()
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        if let Some(panel) = self.chosen.filter(|_| self.expanded) {
            self.draw(panel, scene, area, true, buf);
            return;
        }
        for (panel, place) in panels(area, scene) {
            let divided = place.x > area.x;
            let place = if divided { wall(buf, scene.look, place) } else { place };
            self.draw(panel, scene, place, self.chosen == Some(panel), buf);
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[]
    }
}

impl Overview {
    /// Chooses the panel so many places on, in a circle; the first time the first or the last.
    fn choose(&mut self, places: isize) {
        let shown: &[Panel] = if self.narrow { &NARROW } else { &ALL };
        let at = self.chosen.and_then(|panel| shown.iter().position(|one| *one == panel));
        let next = match at {
            Some(at) => (at as isize + places).rem_euclid(shown.len() as isize) as usize,
            None if places > 0 => 0,
            None => shown.len() - 1,
        };
        self.chosen = Some(shown[next]);
    }

    fn draw(&self, panel: Panel, scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
        match panel {
            Panel::Mixture => mixture::view(scene, area, chosen, self.narrow, buf),
            Panel::Losses if preparation::is_due(scene) => {
                preparation::view(scene, area, chosen, buf);
            }
            Panel::Losses => losses::view(scene, area, chosen, self.log, buf),
            Panel::Threshold => threshold::view(scene, area, chosen, buf),
            Panel::Potential => potential::view(scene, area, chosen, buf),
            Panel::Machine => machine::view(scene, area, chosen, buf),
            Panel::Events => events::view(scene, area, chosen, buf),
        }
    }
}

/// The panels and their places.
fn panels(area: Rect, scene: &Scene<'_>) -> Vec<(Panel, Rect)> {
    let domains = u16::try_from(scene.run.domains.len().clamp(1, 12)).unwrap_or(1);
    if area.width >= WIDE { wide(area, domains) } else { narrow(area, domains) }
}

fn wide(area: Rect, domains: u16) -> Vec<(Panel, Rect)> {
    let events = (area.height / 6).clamp(3, 10);
    let (upper, lower) = split_rows(area, area.height.saturating_sub(events));
    let (left, right) = split_columns(upper, area.width / 2);
    let machine = (upper.height / 4).clamp(6, 12);
    let (losses, machine) = split_rows(right, right.height.saturating_sub(machine));
    let (mixture, rest) = split_rows(left, (domains + 2).min(left.height));
    let (threshold, potential) = split_rows(rest, rest.height.saturating_sub(domains + 1));
    ALL.into_iter().zip([mixture, losses, threshold, potential, machine, lower]).collect()
}

fn narrow(area: Rect, domains: u16) -> Vec<(Panel, Rect)> {
    let spare = area.height.saturating_sub(domains + 1);
    let events = (spare / 5).clamp(2, 6);
    let threshold = (spare / 5).clamp(2, 5);
    let (mixture, rest) = split_rows(area, domains + 1);
    let (upper, lower) = split_rows(rest, rest.height.saturating_sub(events));
    let (middle, tests) = split_rows(upper, upper.height.saturating_sub(threshold));
    let (losses, machine) = split_columns(middle, middle.width * 3 / 5);
    NARROW.into_iter().zip([mixture, losses, machine, tests, lower]).collect()
}

fn split_rows(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.height);
    let above = Rect { height: first, ..area };
    (above, Rect { y: area.y + first, height: area.height - first, ..area })
}

fn split_columns(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.width);
    let left = Rect { width: first, ..area };
    (left, Rect { x: area.x + first, width: area.width - first, ..area })
}
