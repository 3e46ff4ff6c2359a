//! What a change of the run's intervals would do, in words.

use crate::control::{Intervals, LiveField, Tunable};
use crate::telemetry::RunState;
use crate::unit::grouped;

/// What becomes of the interval of `field`.
pub(super) fn words(
    run: &RunState,
    live: &Intervals,
    changed: &Intervals,
    field: LiveField,
) -> String {
    match field {
        LiveField::Set(Tunable::StopAt) => stop(run, changed.stop_at),
        LiveField::Set(Tunable::CheckpointEvery) => {
            next("checkpoint", run, live.checkpoint_every, changed.checkpoint_every)
        }
        LiveField::Set(Tunable::SamplesEvery) => {
            next("texts", run, live.samples_every, changed.samples_every)
        }
        LiveField::Set(Tunable::LoggingEvery) => {
            next("log line", run, live.logging_every, changed.logging_every)
        }
        _ => "the interval of mixture updates is chosen anew for it, by a command of the engine; the rows that are \
              measured stay the same"
            .into(),
    }
}

fn stop(run: &RunState, at: Option<u64>) -> String {
    match at {
        Some(step) if step < run.steps => format!(
            "saves a checkpoint of step {} and ends the run, {} steps before its end; `--resume` goes on",
            grouped(step),
            grouped(run.steps - step)
        ),
        Some(_) => format!("the run ends before that, at step {}", grouped(run.steps)),
        None => format!("the run goes on to its end, step {}", grouped(run.steps)),
    }
}

/// `next checkpoint: after step 400 instead of 500`.
fn next(what: &str, run: &RunState, live: Option<u64>, changed: Option<u64>) -> String {
    let after = |every: Option<u64>| {
        let step = every.map(|every| (run.history.step.0 / every + 1).saturating_mul(every));
        match step.filter(|step| *step < run.steps) {
            Some(step) => format!("after step {}", grouped(step)),
            None => "at the end of the run".into(),
        }
    };
    let (old, new) = (after(live), after(changed));
    match old == new {
        true => format!("next {what}: {new}, as it would be without"),
        false => format!("next {what}: {new} instead of {old}"),
    }
}
