//! Commands that an earlier process carried out after the checkpoint: a restart gives them again at
//! the same steps, so that it does what the uninterrupted run did.

use crate::control::{Actor, Command, CommandOutcome, LiveField};
use crate::telemetry::{Event, Record};
use crate::unit::Step;
use std::collections::VecDeque;

/// Those that are still to be given, in the order of their steps.
#[derive(Debug, Default)]
pub struct Replays {
    /// Of live values, given before the model was measured at the first step: while it was loaded.
    early: VecDeque<CommandOutcome>,
    later: VecDeque<CommandOutcome>,
}

impl Replays {
    /// The commands that took effect after event `seq`, that of a checkpoint at `step`, and that
    /// shape the run; without those that a newer one overrules.
    pub fn of(records: &[Record], seq: u64, step: Step) -> Self {
        let after = || records.iter().filter(move |record| record.seq > seq);
        let measured = |record: &&Record| matches!(record.event, Event::Evaluated { step: at, .. } if at == step);
        let loaded = after().find(measured).map_or(u64::MAX, |record| record.seq);
        let given: Vec<(u64, &CommandOutcome)> = after()
            .filter_map(|record| match &record.event {
                Event::CommandOutcome(outcome) if shapes_the_run(outcome) => {
                    Some((record.seq, outcome))
                }
                _ => None,
            })
            .collect();
        let stands = |(seq, old): &&(u64, &CommandOutcome)| {
            !given
                .iter()
                .any(|(later, new)| later > seq && new.step < old.step && overrules(new, old))
        };
        let is_early = |(seq, outcome): &(u64, &CommandOutcome)| {
            *seq < loaded && outcome.step <= step && outcome.changes().is_some()
        };
        let mut standing: Vec<_> = given.iter().filter(stands).copied().collect();
        standing.sort_by_key(|(_, outcome)| outcome.step);
        let (early, later) = standing.into_iter().partition::<Vec<_>, _>(is_early);
        let outcomes = |list: Vec<(u64, &CommandOutcome)>| {
            list.into_iter().map(|(_, outcome)| outcome.clone()).collect()
        };
        Replays { early: outcomes(early), later: outcomes(later) }
    }

    /// The same without those of live values that the config was changed to give since; its schedule
    /// still speaks at its steps.
    pub fn without(mut self, given: &[LiveField]) -> Self {
        let stands = |outcome: &CommandOutcome| {
            outcome.actor == Actor::Schedule
                || outcome.changes().is_none_or(|field| !given.contains(&field))
        };
        self.early.retain(stands);
        self.later.retain(stands);
        self
    }

    /// The next of those that come before the model is loaded.
    pub fn next_early(&mut self) -> Option<CommandOutcome> {
        self.early.pop_front()
    }

    /// The next that is due at `step`.
    pub fn next_due(&mut self, step: Step) -> Option<CommandOutcome> {
        self.later.pop_front_if(|outcome| outcome.step <= step)
    }

    /// Takes out what a new command makes void: somebody has another will by now.
    pub fn overrule(&mut self, new: &CommandOutcome) -> Vec<CommandOutcome> {
        if !shapes_the_run(new) {
            return Vec::new();
        }
        let (void, later) = self.later.drain(..).partition::<Vec<_>, _>(|old| overrules(new, old));
        self.later = later.into();
        void
    }
}

/// Whether a command was carried out and changes what later steps compute.
fn shapes_the_run(outcome: &CommandOutcome) -> bool {
    outcome.changes().is_some()
        || matches!(outcome.command, Command::Weights(_)) && outcome.is_applied()
}

/// Whether the newer of two that shape the run has the last word: it is of the same value, and the
/// older one is not the config's schedule, which speaks at its steps whatever came before.
fn overrules(new: &CommandOutcome, old: &CommandOutcome) -> bool {
    new.changes() == old.changes() && old.actor != Actor::Schedule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{CommandId, Setting, Verdict};
    use crate::telemetry::fixture::evaluated;

    fn outcome(seq: u64, step: u64, command: Command) -> Record {
        let undone = (command == Command::Undo).then_some(LiveField::Set(Setting::Lambda));
        let outcome = CommandOutcome {
            id: CommandId(seq),
            step: Step(step),
            actor: Actor::Operator("me".into()),
            command,
            reason: None,
            verdict: Verdict::Applied { old: None, new: None },
            undone,
        };
        Record { seq, unix_ms: 0, event: Event::CommandOutcome(outcome) }
    }

    fn lambda(value: f64) -> Command {
        Command::Set(Setting::Lambda, value)
    }

    fn steps(replays: &mut Replays) -> Vec<u64> {
        std::iter::from_fn(|| replays.next_due(Step(99))).map(|outcome| outcome.step.0).collect()
    }

    #[test]
    fn they_come_in_the_order_of_their_steps() {
        // Event 5 is of a process that had gone back to an earlier step than event 4's.
        let records = [
            outcome(2, 9, lambda(0.1)),
            outcome(4, 30, lambda(0.2)),
            outcome(5, 25, Command::Set(Setting::Tau, 2.0)),
            outcome(6, 26, Command::Target(vec![])),
            outcome(7, 27, Command::Save),
        ];
        let mut replays = Replays::of(&records, 3, Step(20));
        assert!(replays.next_early().is_none());
        assert_eq!(replays.next_due(Step(25)).unwrap().step, Step(25));
        assert!(replays.next_due(Step(25)).is_none());
        assert_eq!(steps(&mut replays), [26, 30]);
    }

    #[test]
    fn the_newer_will_of_an_operator_stands() {
        let given = [
            outcome(4, 30, lambda(0.2)),
            outcome(5, 31, Command::Undo),
            outcome(6, 32, Command::Set(Setting::Tau, 2.0)),
            outcome(7, 33, Command::Weights(vec![("a".into(), 0.5)])),
        ];
        // Said to a process that went back to step 20 and had not come to step 30 again.
        let new = outcome(8, 22, lambda(0.9));
        let Event::CommandOutcome(said) = &new.event else { unreachable!() };
        let mut live = Replays::of(&given, 3, Step(20));
        assert_eq!(live.overrule(said).len(), 2);
        assert_eq!(steps(&mut live), [32, 33]);
        // The process after that one reads the same from the record.
        let changed = [LiveField::Set(Setting::Tau)];
        assert_eq!(steps(&mut Replays::of(&given, 3, Step(20)).without(&changed)), [30, 31, 33]);
        let records: Vec<Record> = given.into_iter().chain([new]).collect();
        assert_eq!(steps(&mut Replays::of(&records, 3, Step(20))), [22, 32, 33]);
    }

    #[test]
    fn the_schedule_speaks_at_its_steps_whatever_came_before() {
        let mut scheduled = outcome(4, 30, lambda(0.2));
        if let Event::CommandOutcome(outcome) = &mut scheduled.event {
            outcome.actor = Actor::Schedule;
        }
        let records = [scheduled, outcome(5, 22, lambda(0.9))];
        assert_eq!(steps(&mut Replays::of(&records, 3, Step(20))), [22, 30]);
    }

    #[test]
    fn what_was_given_while_the_model_was_loaded_comes_before_it_is_loaded_again() {
        let measured = Record { seq: 5, unix_ms: 0, event: evaluated(20, [1.0; 3]) };
        let records = [
            outcome(4, 20, lambda(0.2)),
            measured,
            outcome(6, 20, lambda(0.3)),
            outcome(7, 20, Command::Weights(vec![("a".into(), 0.5)])),
        ];
        let mut replays = Replays::of(&records, 3, Step(20));
        assert_eq!(replays.next_early().map(|outcome| outcome.command), Some(lambda(0.2)));
        assert!(replays.next_early().is_none());
        assert_eq!(steps(&mut replays), [20, 20]);
    }
}
