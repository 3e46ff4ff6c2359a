//! What a resume compares: the config with that of the process before, its schedule with the record.

use crate::config::{self, RunPlan, Scheduled};
use crate::control::{Actor, CommandId, LiveChange, Tunable};
use crate::telemetry::{Event, PastEvent, PastKind, Rollback};

/// Outcomes in the record that are of this schedule's commands, in its order. Each command is given
/// once in a run; the record of a run that started over may also hold some of an earlier schedule.
pub fn scheduled(past: &[PastEvent], schedule: &[Scheduled]) -> Vec<CommandId> {
    let mut left = schedule.iter().peekable();
    let mut given = Vec::new();
    for event in past {
        let PastKind::Answered(outcome) = &event.kind else { continue };
        let is_next = |next: &&Scheduled| {
            outcome.actor == Actor::Schedule
                && next.command == outcome.command
                && next.at == outcome.step
        };
        given.extend(left.next_if(is_next).map(|_| outcome.id));
    }
    given
}

/// The events without those of ways that were left: of each, what came after the checkpoint and before the
/// run went back to it.
pub fn way_that_counts(past: Vec<PastEvent>) -> Vec<PastEvent> {
    let mut way: Vec<PastEvent> = Vec::new();
    for event in past {
        if let PastKind::RolledBack(back) = event.kind {
            way.retain(|before| before.seq <= back.to_seq);
        }
        way.push(event);
    }
    way
}

/// The times at which the run went back, each with the number of its event.
pub fn rollbacks(past: &[PastEvent]) -> Vec<(u64, Rollback)> {
    let back = |event: &PastEvent| match event.kind {
        PastKind::RolledBack(back) => Some((event.seq, back)),
        _ => None,
    };
    past.iter().filter_map(back).collect()
}

/// Changes of live values because of a changed config: the values that it has now, where the config of
/// the process before had others. They are carried out like commands, so that a later command of an
/// operator has the last word.
pub fn newly_given(before: &RunPlan, now: &RunPlan, among: &[Tunable]) -> Vec<LiveChange> {
    let (before, now) = (before.live(), with_decided(before, now).live());
    let is_same = |tunable: Tunable| {
        let same_span = tunable != Tunable::Lambda || before.lambda_span == now.lambda_span;
        before.get(tunable) == now.get(tunable) && same_span
    };
    let changed = among.iter().copied().filter(|tunable| !is_same(*tunable));
    changed
        .filter_map(|tunable| match tunable {
            Tunable::Lambda if now.lambda_auto => Some(LiveChange::AutoLambda),
            _ => match now.get(tunable) {
                Some(value) => Some(LiveChange::Set(tunable, value)),
                // The length of a run in epochs is known once its data are.
                None => tunable.may_be_none().then_some(LiveChange::Unset(tunable)),
            },
        })
        .collect()
}

/// The plan of a config that leaves to data and device what the run before has decided by them: it stays as it
/// was decided.
fn with_decided(before: &RunPlan, now: &RunPlan) -> RunPlan {
    let mut now = now.clone();
    now.mixing.every = now.mixing.every.or(before.mixing.every);
    keep_fitted(before, &mut now);
    now
}

/// Takes what was chosen for the device where the config leaves it open.
pub fn keep_fitted(before: &RunPlan, now: &mut RunPlan) {
    let open = now.fit.open;
    now.fit.open = open.and(before.fit.open);
    if open.precision {
        now.model.precision = before.model.precision;
    }
    if open.recompute {
        now.model.recompute = before.model.recompute;
    }
    if open.micro_batch {
        now.training.micro_batch = before.training.micro_batch;
    }
    if open.evaluation_batch {
        now.evaluation.batch = before.evaluation.batch;
    }
}

/// The plan to continue with, and the differences as events: the values of `now` where a resume obeys
/// the config, those of `then` elsewhere.
pub fn merge(then: &RunPlan, now: &RunPlan) -> (RunPlan, Vec<Event>) {
    let now = &with_decided(then, now);
    let changes = config::diff(then, now).into_iter().map(|change| Event::ConfigChanged {
        field: change.field,
        old: change.old.unwrap_or_else(|| "–".into()),
        new: change.new.unwrap_or_else(|| "–".into()),
        obeyed: change.obeyed,
    });
    (config::adopt(then, now), changes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::small_plan;
    use crate::config::{OpenFields, Precision, Recompute};
    use crate::unit::Tokens;

    #[test]
    fn what_was_chosen_for_the_device_stays() {
        let open = small_plan("\"a/b\"", "");
        let mut then = open.clone();
        then.fit.open = OpenFields::default();
        then.model.precision = Some(Precision::PureBf16);
        then.model.recompute = Recompute::Selective;
        then.training.micro_batch = Tokens(4096);
        then.evaluation.batch = Tokens(4096);
        let (merged, changes) = merge(&then, &open);
        assert_eq!((&merged, changes), (&then, Vec::new()));
        // Where it starts over too.
        let mut again = open.clone();
        keep_fitted(&then, &mut again);
        assert_eq!(again, then);
        // Recomputation changes no bit, so that it may be given now; the precision may not.
        let given = small_plan(r#"(source: "a/b", precision: F32, recompute: Full)"#, "");
        let (merged, changes) = merge(&then, &given);
        let recompute = Recompute::Full;
        let model = crate::config::ModelPlan { recompute, ..then.model.clone() };
        assert_eq!(merged, RunPlan { model, ..then });
        assert_eq!(changes.len(), 2, "{changes:?}");
    }
}
