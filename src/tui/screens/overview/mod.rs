//! Screen 1: the run at a glance. Is it running well, what is the mixture doing, is anything being
//! forgotten?
//!
//! ```text
//!  ─ mixture ──────────┬─ held-out loss ─────      ─ mixture: weight, loss, γ, φ ──
//!  ─ threshold ────────┤                           ─ held-out loss ──┬─ machine ───
//!  ─ potential ────────┼─ machine ───────────      ─ threshold ──────┴─────────────
//!  ─ events ───────────┴─────────────────────      ─ events ───────────────────────
//!        from 100 columns on                              below; from 72 on with the machine
//! ```
//!
//! Before the first held-out losses there are no tests, potentials and curves: then the preparation has their room.

mod events;
mod failure;
mod losses;
mod machine;
mod mixture;
mod multiples;
mod potential;
mod preparation;
mod threshold;

use super::screen::Screen;
use crate::tui::draw::{Canvas, split_columns, split_rows};
use crate::tui::input::{Action, Mouse};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;

/// Columns from which on there are two columns of panels.
const WIDE: u16 = 100;

/// Columns from which on the machine has a panel where there is one column of panels.
const WITH_MACHINE: u16 = 72;

/// A panel of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Mixture,
    Losses,
    Threshold,
    Multiples,
    Potential,
    Machine,
    Events,
}

/// The panels side by side, in the order in which keys go through them.
const ALL: [Part; 7] = [
    Part::Mixture,
    Part::Losses,
    Part::Threshold,
    Part::Multiples,
    Part::Potential,
    Part::Machine,
    Part::Events,
];
/// Those below each other: the mixture has the potential in its lines.
const NARROW: [Part; 5] =
    [Part::Mixture, Part::Losses, Part::Machine, Part::Threshold, Part::Events];

/// The overview: which panel is chosen, and whether it has the screen to itself.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    chosen: Option<Part>,
    enlarged: bool,
    /// Whether the losses are on a logarithmic axis.
    log: bool,
    /// Whether there is one column of panels, as drawn last.
    narrow: bool,
    /// The panels, as drawn last.
    shown: Vec<Part>,
}

impl Screen for Overview {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        self.narrow = area.width < WIDE;
        self.shown = panels(area, scene).into_iter().map(|(part, _)| part).collect();
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        match action {
            // A panel that was chosen is opened by enter too.
            Action::Choose if self.chosen.is_none() => return false,
            Action::Enlarge | Action::Choose => {
                self.enlarged = !self.enlarged;
                self.chosen = self.chosen.or(Some(Part::Mixture));
            }
            Action::Down => self.choose(1),
            Action::Up => self.choose(-1),
            Action::LogAxis => self.log = !self.log,
            Action::Back if self.chosen.is_some() => (self.chosen, self.enlarged) = (None, false),
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let Mouse::Click(at) = mouse else { return false };
        if self.enlarged {
            self.enlarged = false;
            return true;
        }
        let mut panels = panels(split(area, scene).1, scene).into_iter();
        let hit = panels.find(|(_, panel)| panel.contains(at)).map(|(part, _)| part);
        // A second click on the chosen panel opens it.
        self.enlarged = hit.is_some() && hit == self.chosen;
        self.chosen = hit;
        hit.is_some()
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        if let Some(part) = self.chosen.filter(|_| self.enlarged) {
            return self.draw(part, scene, canvas);
        }
        let (banner, area) = split(canvas.area(), scene);
        failure::view(scene, &mut canvas.within(banner));
        for (part, panel) in panels(area, scene) {
            self.draw(part, scene, &mut canvas.within(panel).divided(area.x));
        }
    }
}

impl Overview {
    /// Chooses the panel `count` after the chosen one, or before it where that is negative; without a
    /// chosen one the first or the last.
    fn choose(&mut self, count: isize) {
        let shown = &self.shown;
        if shown.is_empty() {
            return;
        }
        let at = self.chosen.and_then(|part| shown.iter().position(|one| *one == part));
        let next = match at {
            Some(at) => (at as isize + count).rem_euclid(shown.len() as isize) as usize,
            None if count > 0 => 0,
            None => shown.len() - 1,
        };
        self.chosen = Some(shown[next]);
    }

    fn draw(&self, part: Part, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let chosen = self.chosen == Some(part);
        match part {
            // Before the first losses there are none to be beside the weights.
            Part::Mixture => {
                let with_losses = self.narrow && !preparation::is_due(scene);
                mixture::view(scene, canvas, chosen, with_losses);
            }
            Part::Losses if preparation::is_due(scene) => preparation::view(scene, canvas, chosen),
            Part::Losses => losses::view(scene, canvas, chosen, self.log),
            Part::Threshold => threshold::view(scene, canvas, chosen),
            Part::Multiples => multiples::view(scene, canvas, chosen),
            Part::Potential => potential::view(scene, canvas, chosen),
            Part::Machine => machine::view(scene, canvas, chosen),
            Part::Events => events::view(scene, canvas, chosen),
        }
    }
}

/// Rows that are left for the panels under a failure.
const LEAST_BELOW: u16 = 9;

/// What tells of a failure, if there is one, and the rest.
fn split(area: Rect, scene: &Scene<'_>) -> (Rect, Rect) {
    let most = area.height.saturating_sub(LEAST_BELOW);
    split_rows(area, failure::rows(scene.run, area.width).min(most))
}

/// Rows of domains in a panel beside others.
const MOST_ROWS: u16 = 12;
/// Rows that are left for the threshold tests under pictures of each domain.
const LEAST_TESTS: u16 = 9;

/// The panels and their areas.
fn panels(area: Rect, scene: &Scene<'_>) -> Vec<(Part, Rect)> {
    let domains = u16::try_from(scene.run.domains.len().max(1)).unwrap_or(u16::MAX);
    match (preparation::is_due(scene), area.width >= WIDE) {
        (true, _) => preparing(area, scene),
        (false, true) => wide(area, domains),
        (false, false) => narrow(area, domains),
    }
}

/// The panels before there is anything to draw curves of.
fn preparing(area: Rect, scene: &Scene<'_>) -> Vec<(Part, Rect)> {
    let domains = u16::try_from(scene.run.domains.len()).unwrap_or(u16::MAX);
    let known = scene.run.history.weights.is_some();
    let listed = if known { domains.min(MOST_ROWS).min((area.height / 3).max(1)) } else { 1 };
    let events = (area.height / 6).clamp(2, 10);
    let (upper, events) = split_rows(area, area.height.saturating_sub(events));
    let areas = match area.width {
        WIDE.. => {
            let (left, right) = split_columns(upper, area.width / 2);
            let (mixture, machine) = split_rows(left, (listed + 2).min(left.height));
            [mixture, right, machine]
        }
        width => {
            let (mixture, middle) = split_rows(upper, listed + 1);
            let beside = if width >= WITH_MACHINE { width / 3 } else { 0 };
            let (losses, machine) = split_columns(middle, width - beside);
            [mixture, losses, machine]
        }
    };
    let [mixture, losses, machine] = areas;
    let all = [
        (Part::Mixture, mixture),
        (Part::Losses, losses),
        (Part::Machine, machine),
        (Part::Events, events),
    ];
    all.into_iter().filter(|(_, area)| area.height > 0 && area.width > 0).collect()
}

fn wide(area: Rect, domains: u16) -> Vec<(Part, Rect)> {
    let listed = domains.min(MOST_ROWS);
    let events = (area.height / 6).clamp(3, 10);
    let (upper, lower) = split_rows(area, area.height.saturating_sub(events));
    let (left, right) = split_columns(upper, area.width / 2);
    let machine = (upper.height / 4).clamp(6, 12);
    let (losses, machine) = split_rows(right, right.height.saturating_sub(machine));
    let (mixture, rest) = split_rows(left, (listed + 2).min(left.height));
    let (tests, potential) = split_rows(rest, rest.height.saturating_sub(listed + 2));
    let spare = tests.height.saturating_sub(LEAST_TESTS);
    let pictures = multiples::rows(domains, left.width, spare);
    let (tests, pictures) = split_rows(tests, tests.height - pictures);
    let areas = [mixture, losses, tests, pictures, potential, machine, lower];
    ALL.into_iter().zip(areas).filter(|(_, area)| area.height > 0).collect()
}

fn narrow(area: Rect, domains: u16) -> Vec<(Part, Rect)> {
    // The other panels have half of the rows at least.
    let listed = domains.min(MOST_ROWS).min((area.height / 2).max(1));
    let spare = area.height.saturating_sub(listed + 1);
    let events = (spare / 5).clamp(2, 6);
    let threshold = (spare / 5).clamp(2, 5);
    let (mixture, rest) = split_rows(area, listed + 1);
    let (upper, lower) = split_rows(rest, rest.height.saturating_sub(events));
    let (middle, tests) = split_rows(upper, upper.height.saturating_sub(threshold));
    let with_machine = area.width >= WITH_MACHINE;
    let losses = if with_machine { middle.width * 3 / 5 } else { middle.width };
    let (losses, machine) = split_columns(middle, losses);
    let all = NARROW.into_iter().zip([mixture, losses, machine, tests, lower]);
    all.filter(|(part, _)| with_machine || *part != Part::Machine).collect()
}
