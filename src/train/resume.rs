//! Going on from a checkpoint: what changed in the config, and how far its schedule had come.

use super::error::TrainError;
use crate::config::{self, RunPlan};
use crate::control::{Actor, Live, LiveField, Setting};
use crate::telemetry::{Event, Record};

/// How many commands of the config's schedule have their outcome in the record: each is given once
/// in the life of a run.
pub fn scheduled(records: &[Record]) -> usize {
    let is_scheduled = |record: &&Record| matches!(&record.event, Event::CommandOutcome(outcome) if outcome.actor == Actor::Schedule);
    records.iter().filter(is_scheduled).count()
}

/// What a run goes on with.
pub struct Merged {
    /// The config of now where a change is safe, elsewhere that of then.
    pub plan: RunPlan,
    /// What differed.
    pub changes: Vec<Event>,
    /// Live values that the config of now gives; commands of earlier processes do so no more.
    pub given: Vec<LiveField>,
}

/// Brings plan and live values together. Live values that the config changed follow it; those that
/// it left alone stay as the operator set them.
pub fn merge(then: &RunPlan, now: &RunPlan, live: &mut Live) -> Result<Merged, TrainError> {
    let changes = config::diff(then, now)?;
    let plan = adopt_safe(then, now);
    let (before, after) = (then.live(), now.live());
    let given = [
        (Setting::Lambda, follow(&mut live.knobs.lambda, before.knobs.lambda, after.knobs.lambda)),
        (Setting::Delta, follow(&mut live.knobs.delta, before.knobs.delta, after.knobs.delta)),
        (Setting::Tau, follow(&mut live.knobs.tau, before.knobs.tau, after.knobs.tau)),
        (Setting::Lr, follow(&mut live.lr, before.lr, after.lr)),
    ];
    let given = given.into_iter().filter(|(_, followed)| *followed);
    let given = given.map(|(setting, _)| LiveField::Set(setting)).collect();
    let changes = changes
        .into_iter()
        .map(|change| Event::ConfigChanged {
            field: change.field,
            old: change.old.unwrap_or_else(|| "–".into()),
            new: change.new.unwrap_or_else(|| "–".into()),
            obeyed: change.safe,
        })
        .collect();
    Ok(Merged { plan, changes, given })
}

/// The old plan with those values of the new one that [`config::diff`] calls safe.
fn adopt_safe(then: &RunPlan, now: &RunPlan) -> RunPlan {
    let mut plan = then.clone();
    plan.runs_dir.clone_from(&now.runs_dir);
    plan.data.cache_dir.clone_from(&now.data.cache_dir);
    plan.training.lr = now.training.lr;
    plan.training.schedule = now.training.schedule;
    plan.training.length = now.training.length;
    plan.training.max_skipped = now.training.max_skipped;
    plan.mixing.knobs.lambda = now.mixing.knobs.lambda;
    plan.mixing.knobs.delta = now.mixing.knobs.delta;
    plan.mixing.knobs.tau = now.mixing.knobs.tau;
    plan.samples = now.samples.clone();
    plan.logging = now.logging.clone();
    plan.checkpoint = now.checkpoint.clone();
    plan
}

fn follow(live: &mut f64, before: f64, after: f64) -> bool {
    if before != after {
        *live = after;
    }
    before != after
}
