//! What several screens draw over the run: values along the x axis, ceilings, labels, marks.

use crate::control::Verdict;
use crate::tui::chart::{Level, Mark};
use crate::tui::filter::Words;
use crate::tui::look::{Marks, Role};
use crate::tui::number;
use crate::tui::scene::{Scene, columns};
use crate::tui::timeline::Timeline;

/// Columns of a domain's name at most.
const NAME: u16 = 14;
/// Columns of a value beside it.
const VALUE: u16 = 7;
/// Columns of a picture from which on values stand beside the names.
const ROOMY: u16 = 70;
/// Points for which there is room at once: those of a long run.
const POINTS: usize = 8192;

/// Values at their places on the x axis; where each holds until the next, with the corners.
pub(super) fn along(
    timeline: &Timeline,
    holds: bool,
    values: impl Iterator<Item = (u64, f64)>,
) -> Vec<(f64, f64)> {
    let (mut places, mut points) = (timeline.places(), Vec::with_capacity(POINTS));
    // By `for_each`, which goes through buckets several times as fast as `collect`.
    values.for_each(|(step, y)| {
        let x = places.x(step as f64);
        if let (true, Some((_, before))) = (holds, points.last()) {
            points.push((x, *before));
        }
        points.push((x, y));
    });
    points
}

/// The mastery ceilings of the domains that fit the filter.
pub(super) fn ceilings(scene: &Scene<'_>) -> Vec<Level> {
    let words = Words::of(scene.filter);
    let ceilings = scene.run.history.ceilings.iter().enumerate();
    let shown = ceilings.filter(|(domain, value)| {
        value.is_finite() && *domain < scene.run.domains.len() && words.fit(scene.domain(*domain))
    });
    let level = |(domain, value): (usize, &f64)| Level {
        value: *value,
        from_to: (f64::NEG_INFINITY, f64::INFINITY),
        label: format!("ceiling {} {}", scene.domain(domain), number::three(*value)),
        style: scene.look.series(domain),
    };
    shown.map(level).collect()
}

/// Columns of the labels at the right of a picture that is so wide.
pub(super) fn labels(scene: &Scene<'_>, width: u16) -> u16 {
    let name = name_width(scene);
    // Where curves have signs, labels have them too.
    let sign = if scene.look.marks == Marks::Ascii { 2 } else { 0 };
    sign + if width >= ROOMY { name + 1 + VALUE } else { name }
}

/// The label of a domain's curve in a picture that is so wide.
pub(super) fn label(scene: &Scene<'_>, name: &str, value: &str, width: u16) -> String {
    if width < ROOMY {
        return name.to_owned();
    }
    let room = usize::from(name_width(scene));
    let name: String = name.chars().take(room).collect();
    format!("{name:room$} {value:>6}")
}

fn name_width(scene: &Scene<'_>) -> u16 {
    scene.run.domains.iter().map(|name| columns(name)).max().unwrap_or(0).clamp(8, NAME)
}

/// Checkpoints, and commands that took effect.
pub(super) fn marks(scene: &Scene<'_>, timeline: &Timeline) -> Vec<Mark> {
    let history = &scene.run.history;
    let mark = |step: u64, glyph, role| Mark {
        x: timeline.x(step as f64),
        glyph,
        style: scene.style(role),
    };
    let saved = history.checkpoints.iter().map(|step| mark(step.0, "s", Role::Dim));
    let applied = history
        .commands
        .iter()
        .filter(|command| matches!(command.verdict, Verdict::Applied { .. }));
    let diamond = scene.look.glyphs().diamond;
    saved.chain(applied.map(|command| mark(command.step.0, diamond, Role::Target))).collect()
}
