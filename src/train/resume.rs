//! Going on from a checkpoint: what changed in the config, and how far its schedule had come.

use crate::config::{self, RunPlan, Scheduled};
use crate::control::{Actor, CommandId, LiveChange, Tunable};
use crate::telemetry::{Event, Record};

/// Outcomes in the record that are of this schedule's commands, in its order: each is given once in
/// the life of a run. A run that began anew may hold some of an earlier schedule too.
pub fn scheduled(records: &[Record], schedule: &[Scheduled]) -> Vec<CommandId> {
    let mut left = schedule.iter().peekable();
    let mut given = Vec::new();
    for record in records {
        let Event::CommandOutcome(outcome) = &record.event else { continue };
        let is_next = |next: &&Scheduled| {
            outcome.actor == Actor::Schedule
                && next.command == outcome.command
                && next.at == outcome.step
        };
        given.extend(left.next_if(is_next).map(|_| outcome.id));
    }
    given
}

/// The changes that a changed config amounts to: what it gives now, where the process before had
/// another value in its config. They are commands like others, so that what an operator says later
/// stands.
pub fn newly_given(before: &RunPlan, now: &RunPlan, among: &[Tunable]) -> Vec<LiveChange> {
    let (before, now) = (before.live(), now.live());
    let changed = among.iter().filter(|tunable| before.get(**tunable) != now.get(**tunable));
    changed.filter_map(|tunable| Some(LiveChange::Set(*tunable, now.get(*tunable)?))).collect()
}

/// The plan to go on with, `now` where a resume obeys the config and `then` elsewhere, and what
/// differed.
pub fn merge(then: &RunPlan, now: &RunPlan) -> (RunPlan, Vec<Event>) {
    let changes = config::diff(then, now).into_iter().map(|change| Event::ConfigChanged {
        field: change.field,
        old: change.old.unwrap_or_else(|| "–".into()),
        new: change.new.unwrap_or_else(|| "–".into()),
        obeyed: change.obeyed,
    });
    (config::adopt(then, now), changes.collect())
}
