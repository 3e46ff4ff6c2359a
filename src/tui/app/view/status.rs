//! The first line: name, phase, progress and speed of the run.

use crate::telemetry::Phase;
use crate::tui::app::model::Model;
use crate::tui::draw::{Canvas, Line, columns, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::{duration_text, grouped};

/// Columns from which on the phase is shown with its detail.
const WIDE: u16 = 80;
/// Columns that the smallest bar takes.
const BAR: u16 = 14;

/// `● training  step 1,240 / 1,876 ━━━━━╸──── 66 %  ETA 2 h 14  13.1k tok/s  MFU 56 %`
pub(super) fn view(model: &Model, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let run = scene.run;
    let is_wide = canvas.area().width >= WIDE;
    let third = canvas.area().width / 3;
    let (word, role) = lamp(model, run.phase);
    let mut lamp = format!("{} {word}", canvas.glyphs().lamp);
    // The progress says it too.
    let is_said = |detail: &&String| run.progress.as_ref().is_some_and(|now| now.what == **detail);
    match (&model.lost, run.phase_detail.as_ref().filter(|detail| !is_said(detail))) {
        (Some(why), _) if is_wide => lamp += &format!(": {why}"),
        (None, Some(detail)) if is_wide => lamp += &format!(" {detail}"),
        _ => {}
    }
    let name = if run.run.is_empty() { "versatune" } else { &run.run };
    let mut line = canvas.line(0);
    line.skip(1).put_most(third, name, Role::Title).skip(2).put(lamp, role).skip(2).skip_end(1);
    if model.frozen.is_some() {
        line.end("frozen", Role::Warning).skip_end(2);
    }
    let done = progress_text(scene);
    let spare = columns(&done) + 2;
    let bar = if is_wide { BAR } else { 0 };
    // What is lost goes at no speed that is known.
    let figures = if model.lost.is_some() { Vec::new() } else { figures(scene) };
    for text in fitting(&figures, line.space().saturating_sub(spare), bar).iter().rev() {
        line.end(text, Role::Text).skip_end(2);
    }
    line.put(done, Role::Text).skip(2);
    if let Some(share) = share_done(scene).filter(|_| line.space() > 10) {
        progress_bar(line.skip_end(1), share);
    }
}

/// Figures of the run with their rank: where space is scarce those of a low rank are kept, the first one (the ETA)
/// also at the cost of the bar.
fn figures(scene: &Scene<'_>) -> Vec<(u8, String)> {
    let run = scene.run;
    let live = !matches!(run.phase, Some(Phase::Finished | Phase::Failed));
    let lr = run.history.sample.as_ref().filter(|_| live);
    let lr = lr.map(|sample| (3, format!("lr {}", number::short(sample.lr))));
    let eta = run.eta_secs().filter(|_| live);
    let eta = eta.map(|secs| (0, format!("ETA {}", duration_text(secs))));
    let rate = run.tokens_per_sec().map(|rate| (1, format!("{} tok/s", number::count(rate))));
    let mfu = run.mfu().map(|mfu| (2, format!("MFU {:.0} %", 100.0 * mfu)));
    [lr, eta, rate, mfu].into_iter().flatten().collect()
}

/// The figures that fit into `free` columns, chosen by rank, in their own order. All but the one of rank 0 leave `bar`
/// columns for the bar.
fn fitting(figures: &[(u8, String)], mut free: u16, bar: u16) -> Vec<&str> {
    let mut by_rank: Vec<&(u8, String)> = figures.iter().collect();
    by_rank.sort_by_key(|(rank, _)| *rank);
    let mut fitting = Vec::new();
    for (rank, text) in by_rank {
        let kept = if *rank == 0 { 0 } else { bar };
        match free.checked_sub(columns(text) + 2).filter(|left| *left >= kept) {
            Some(left) => free = left,
            None => break,
        }
        fitting.push(*rank);
    }
    let shown = figures.iter().filter(|(rank, _)| fitting.contains(rank));
    shown.map(|(_, text)| text.as_str()).collect()
}

/// The phase, or that the run is not seen any more.
pub(super) fn lamp(model: &Model, known: Option<Phase>) -> (&'static str, Role) {
    match model.lost {
        Some(_) => ("lost", Role::Error),
        None => phase(known),
    }
}

/// The name of a phase and the colour of its lamp.
fn phase(phase: Option<Phase>) -> (&'static str, Role) {
    match phase {
        None => ("starting", Role::Dim),
        Some(Phase::Loading) => ("loading", Role::Accent),
        Some(Phase::Tokenizing) => ("tokenizing", Role::Accent),
        Some(Phase::Detection) => ("detection", Role::Accent),
        Some(Phase::Reference) => ("ceilings", Role::Accent),
        Some(Phase::Evaluating) => ("evaluating", Role::Good),
        Some(Phase::Training) => ("training", Role::Good),
        Some(Phase::Saving) => ("saving", Role::Good),
        Some(Phase::Paused) => ("paused", Role::Warning),
        Some(Phase::Finished) => ("finished", Role::Good),
        Some(Phase::Failed) => ("failed", Role::Error),
    }
}

fn share_done(scene: &Scene<'_>) -> Option<f64> {
    let run = scene.run;
    match &run.progress {
        Some(progress) => {
            let total = progress.total.filter(|total| *total > 0)?;
            Some(progress.done as f64 / total as f64)
        }
        None => (run.steps > 0).then(|| run.history.step.0 as f64 / run.steps as f64),
    }
}

/// `step 1,240 / 1,876`, or how far another phase has come.
pub(super) fn progress_text(scene: &Scene<'_>) -> String {
    let run = scene.run;
    match &run.progress {
        Some(progress) => match progress.total {
            Some(total) => {
                format!("{} {} / {}", progress.what, grouped(progress.done), grouped(total))
            }
            None => format!("{} {}", progress.what, grouped(progress.done)),
        },
        None if run.steps > 0 => format!("step {} / {}", run.history.step, grouped(run.steps)),
        None => String::new(),
    }
}

/// `━━━━━╸──── 66 %`
fn progress_bar(line: &mut Line<'_>, share: f64) {
    let percent = format!(" {:.0} %", (100.0 * share.clamp(0.0, 1.0)).floor());
    let width = line.space().saturating_sub(columns(&percent)).min(40);
    bar(line, width, share);
    line.put(percent, Role::Dim);
}

/// `━━━━━╸────`
pub(super) fn bar(line: &mut Line<'_>, width: u16, share: f64) {
    let [done, end, rest] = line.canvas().glyphs().progress;
    let filled = ((share.clamp(0.0, 1.0) * f64::from(width)).floor() as u16).min(width);
    line.put(done.repeat(usize::from(filled)), Role::Accent);
    if filled < width {
        line.put(end, Role::Accent).put(rest.repeat(usize::from(width - filled - 1)), Role::Faint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eta_stays_before_the_bar_and_the_bar_before_the_others() {
        let figures: Vec<(u8, String)> =
            [(3, "lr 2e-5"), (0, "ETA 2 h"), (1, "13k tok/s")].map(|(r, t)| (r, t.into())).into();
        assert_eq!(fitting(&figures, 60, BAR), ["lr 2e-5", "ETA 2 h", "13k tok/s"]);
        assert_eq!(fitting(&figures, 40, BAR), ["ETA 2 h", "13k tok/s"]);
        assert_eq!(fitting(&figures, 30, BAR), ["ETA 2 h"]);
        assert_eq!(fitting(&figures, 9, BAR), ["ETA 2 h"]);
        assert!(fitting(&figures, 8, BAR).is_empty());
    }
}
