//! Whether the run does what it is there for.

use super::trend::{MeanChange, MeanLoss};
use super::{Mood, Part, percent, rows};
use crate::control::Actor;
use crate::mixing::CLEAR;
use crate::telemetry::{History, Incident, Phase, Point, RunState};
use crate::unit::grouped;

/// A smaller share of the loss is no change, where its error is not known.
const LEAST_CHANGE: f64 = 0.002;
/// The part of the run's steps over which a loss may stand still.
const STILL: f64 = 0.1;
/// Steps from which on the training loss has a direction.
const LEAST_POINTS: usize = 12;
/// Readings of the cards that are looked at.
const READINGS: usize = 6;
/// A card that is less busy waits for something, percent.
const WAITS: f64 = 50.0;

/// How it is; `None` before the run has begun.
pub(super) fn part(run: &RunState, means: &[MeanLoss]) -> Option<Part> {
    if let Some(ending) = &run.ended {
        return Some(match (ending.failed, ending.complete) {
            (true, _) => Part::new(Mood::Trouble, format!("failed: {}", ending.why)),
            (false, true) => Part::new(Mood::Good, "all steps are done"),
            (false, false) => {
                let at = grouped(ending.step.0);
                Part::new(Mood::Watch, format!("ended after step {at}: {}", ending.why))
            }
        });
    }
    match run.phase? {
        Phase::Paused => Some(Part::new(Mood::Watch, paused(run))),
        Phase::Loading => Some(Part::new(Mood::Plain, "the model is being loaded")),
        Phase::Tokenizing => Some(Part::new(Mood::Plain, "data become tokens")),
        Phase::Detection => {
            Some(Part::new(Mood::Plain, "what the base model knows is measured, for w(0)"))
        }
        Phase::Reference => Some(Part::new(
            Mood::Plain,
            "mastery ceilings are measured: the reference model learns each domain alone",
        )),
        Phase::Evaluating | Phase::Training | Phase::Saving => Some(training(run, means)),
        Phase::Finished | Phase::Failed => None,
    }
}

/// `paused by ada@pts/3: lunch`
fn paused(run: &RunState) -> String {
    match run.pause_order().filter(|order| order.actor != Actor::Engine) {
        Some(order) => {
            let reason = order.reason.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("paused by {}{reason}", order.actor)
        }
        None => "paused by itself: see the events".into(),
    }
}

fn training(run: &RunState, means: &[MeanLoss]) -> Part {
    let (history, held_out) = (&run.history, held_out(run, means));
    let presses = held_out.clone().filter(|part| part.mood >= Mood::Watch);
    not_finite(history)
        .or_else(|| card_waits(run))
        .or(presses)
        .or_else(|| rows::part(run))
        .or(held_out)
        .unwrap_or_else(|| training_loss(history))
}

/// The newest step that was tried was not taken.
fn not_finite(history: &History) -> Option<Part> {
    let mark = history.incidents.back()?;
    let is_now = mark.incident == Incident::StepSkipped && mark.step.0 >= history.step.0;
    is_now.then(|| {
        let count = grouped(history.skipped_steps);
        Part::new(
            Mood::Trouble,
            format!("a step was not taken, a number is not finite ({count} so far)"),
        )
    })
}

/// The least busy card over the last readings, where the run is on one.
fn card_waits(run: &RunState) -> Option<Part> {
    if run.phase != Some(Phase::Training) || run.history.step.0 < LEAST_POINTS as u64 {
        return None;
    }
    let newest = run.readings.iter().rev().take(READINGS);
    let busy = newest.map(|point| {
        let cards = point.gpus.iter().filter_map(|gpu| gpu.utilisation_percent);
        cards.min().map(f64::from)
    });
    let busy: Vec<f64> = busy.collect::<Option<_>>()?;
    let mean = busy.iter().sum::<f64>() / busy.len() as f64;
    let waits = busy.len() == READINGS && mean < WAITS;
    waits.then(|| {
        Part::new(Mood::Watch, format!("the card waits: it is busy for {mean:.0} % of the time"))
    })
}

/// Where the mean held-out loss goes, once it was measured twice.
fn held_out(run: &RunState, means: &[MeanLoss]) -> Option<Part> {
    let (last, before) = means.split_last()?;
    let best = before.iter().min_by(|a, b| a.loss.total_cmp(&b.loss))?;
    let noise = noise(&run.history, last.loss);
    if last.loss > best.loss + noise {
        let risen = percent(last.loss / best.loss - 1.0, None);
        let first = before.first()?;
        let mood = if last.loss > first.loss + noise { Mood::Trouble } else { Mood::Watch };
        let at = grouped(best.step);
        return Some(Part::new(
            mood,
            format!("held-out loss rises: {risen} above that of step {at}"),
        ));
    }
    // Over the same rows, and close by, so that its noise is the least.
    if MeanChange::since_update(&run.history).is_some_and(|change| change.is_clear_fall()) {
        return Some(Part::new(Mood::Good, "held-out loss falls"));
    }
    // The newest evaluation that is so long ago that something should have come of it.
    let since = last.step.saturating_sub((STILL * run.steps as f64) as u64);
    let earlier: &MeanLoss = before.iter().rfind(|mean| mean.step <= since)?;
    Some(match earlier.loss - last.loss > noise {
        true => Part::new(Mood::Good, "held-out loss falls"),
        false => {
            let at = grouped(earlier.step);
            Part::new(Mood::Watch, format!("held-out loss stands still since step {at}"))
        }
    })
}

/// Below this a change of the mean loss is none.
fn noise(history: &History, loss: f64) -> f64 {
    MeanChange::since_start(history).map_or(LEAST_CHANGE * loss, |change| CLEAR * change.error)
}

/// Where the training loss goes: its last quarter against the one before.
fn training_loss(history: &History) -> Part {
    let points: Vec<f64> = history
        .curves
        .training_loss
        .lasts()
        .into_iter()
        .map(|Point { value, .. }| value)
        .filter(|value| value.is_finite())
        .collect();
    if points.len() < LEAST_POINTS {
        return Part::new(Mood::Plain, "training begins");
    }
    let quarter = points.len() / 4;
    let (rest, last) = points.split_at(points.len() - quarter);
    let before = &rest[rest.len() - quarter..];
    let ((now, error_now), (then, error_then)) = (mean(last), mean(before));
    let noise = CLEAR * error_now.hypot(error_then);
    match now - then {
        change if change < -noise => Part::new(Mood::Good, "training loss falls"),
        change if change > noise => Part::new(Mood::Watch, "training loss rises"),
        _ => Part::new(Mood::Plain, "training loss stands still within its noise"),
    }
}

/// Mean and its standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0) / count).sqrt())
}
