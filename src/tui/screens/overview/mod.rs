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
use crate::tui::keys::Action;
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

/// The overview: which panel is chosen, and whether it has the screen to itself.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    chosen: Option<usize>,
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

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        let count = panels(Rect { width: WIDE, height: 40, ..Rect::ZERO }, scene).len();
        match action {
            Action::Expand => {
                self.expanded = !self.expanded;
                self.chosen = self.chosen.or(Some(0));
            }
            Action::Down => self.chosen = Some(self.chosen.map_or(0, |at| (at + 1) % count)),
            Action::Up => self.chosen = Some(self.chosen.map_or(0, |at| (at + count - 1) % count)),
            Action::LogAxis => self.log = !self.log,
            Action::Back => (self.chosen, self.expanded) = (None, false),
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
        let hit = panels(area, scene).iter().position(|(_, place)| place.contains(at));
        // A second click on the chosen panel opens it.
        self.expanded = hit.is_some() && hit == self.chosen;
        self.chosen = hit;
        hit.is_some()
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let places = panels(area, scene);
        let alone = self.chosen.filter(|_| self.expanded).and_then(|at| places.get(at));
        if let Some((panel, _)) = alone {
            self.draw(*panel, scene, area, true, buf);
            return;
        }
        for (i, (panel, place)) in places.into_iter().enumerate() {
            let divided = place.x > area.x;
            let place = if divided { wall(buf, scene.look, place) } else { place };
            self.draw(panel, scene, place, self.chosen == Some(i), buf);
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Expand]
    }
}

impl Overview {
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
    vec![
        (Panel::Mixture, mixture),
        (Panel::Losses, losses),
        (Panel::Threshold, threshold),
        (Panel::Potential, potential),
        (Panel::Machine, machine),
        (Panel::Events, lower),
    ]
}

fn narrow(area: Rect, domains: u16) -> Vec<(Panel, Rect)> {
    let spare = area.height.saturating_sub(domains + 1);
    let events = (spare / 5).clamp(2, 6);
    let threshold = (spare / 5).clamp(2, 5);
    let (mixture, rest) = split_rows(area, domains + 1);
    let (upper, lower) = split_rows(rest, rest.height.saturating_sub(events));
    let (middle, tests) = split_rows(upper, upper.height.saturating_sub(threshold));
    let (losses, machine) = split_columns(middle, middle.width * 3 / 5);
    vec![
        (Panel::Mixture, mixture),
        (Panel::Losses, losses),
        (Panel::Machine, machine),
        (Panel::Threshold, tests),
        (Panel::Events, lower),
    ]
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
