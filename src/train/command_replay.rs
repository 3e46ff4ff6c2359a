//! Commands that earlier processes carried out after the checkpoint. A resume repeats them at the same
//! steps, so that its results are those of an uninterrupted run.

use crate::control::{Actor, Command, CommandId, CommandOutcome, EngineCommand, LiveChange};
use crate::telemetry::{PastEvent, PastKind};
use crate::unit::Step;
use std::collections::VecDeque;

/// The commands that are still to be repeated, in the order of their steps.
#[derive(Debug, Default)]
pub struct CommandReplay {
    /// Changes of live values that came while the model was loaded, before its first measurement.
    early: VecDeque<CommandOutcome>,
    later: VecDeque<CommandOutcome>,
}

/// Where a process continues; by default at the beginning of a run.
#[derive(Debug, Default)]
pub struct Since {
    /// Sequence number of the last event before the checkpoint.
    pub seq: u64,
    /// Optimizer steps that the checkpoint holds.
    pub step: Step,
    /// Commands that were still to be repeated when it was written.
    pub pending: Vec<CommandOutcome>,
}

impl CommandReplay {
    /// The commands in `events` that are to be repeated after `since`. Of scheduled commands only those
    /// in `scheduled`, since the others are of a schedule that the config no longer has. What came on ways
    /// that were left is not among the events.
    pub fn new(events: &[PastEvent], since: Since, scheduled: &[CommandId]) -> Self {
        let mut past = Past { step: since.step, is_measured: true, ..Past::default() };
        past.pending = since.pending.into_iter().map(|outcome| (false, outcome)).collect();
        events.iter().filter(|event| event.seq > since.seq).for_each(|event| past.see(&event.kind));
        past.process_ended();
        let is_in_force = |(_, outcome): &(bool, CommandOutcome)| {
            !is_scheduled(outcome) || scheduled.contains(&outcome.id)
        };
        let all = past.pending.into_iter().filter(is_in_force);
        let (early, later): (Vec<_>, Vec<_>) = all.partition(|(early, _)| *early);
        let outcomes =
            |list: Vec<(bool, CommandOutcome)>| list.into_iter().map(|one| one.1).collect();
        CommandReplay { early: outcomes(early), later: outcomes(later) }
    }

    /// Of the commands that a checkpoint lists as still to be repeated, those of the config's schedule:
    /// what is left of them after a way back to it.
    pub fn of_schedule(pending: Vec<CommandOutcome>) -> Self {
        let later = pending.into_iter().filter(is_scheduled).collect();
        CommandReplay { early: VecDeque::new(), later }
    }

    /// All of them: those that come before the model is loaded, and the others.
    pub fn into_lists(self) -> (Vec<CommandOutcome>, Vec<CommandOutcome>) {
        (self.early.into(), self.later.into())
    }

    /// The next of those that come before the model is loaded.
    pub fn next_early(&mut self) -> Option<CommandOutcome> {
        self.early.pop_front()
    }

    /// The next that is due at `step`.
    pub fn next_due(&mut self, step: Step) -> Option<CommandOutcome> {
        self.later.pop_front_if(|outcome| outcome.step <= step)
    }

    /// Takes back one that was due and could not be carried out.
    pub fn put_back(&mut self, outcome: CommandOutcome) {
        self.later.push_front(outcome);
    }

    /// Those that are not due yet, for a checkpoint.
    pub fn pending(&self) -> Vec<CommandOutcome> {
        self.later.iter().cloned().collect()
    }

    /// Takes out and returns what a new command makes void.
    pub fn overrule(&mut self, new: &CommandOutcome) -> Vec<CommandOutcome> {
        let (void, later) = self.later.drain(..).partition::<Vec<_>, _>(|old| overrules(new, old));
        self.later = later.into();
        void
    }
}

/// What earlier processes did, by their record: each repeated the commands of those before it, in the
/// same order, and carried out new ones. Each command comes with whether it is an early one.
#[derive(Default)]
struct Past {
    step: Step,
    /// Whether the process at hand had measured the model at the first step, or continued after it.
    is_measured: bool,
    /// Commands that it carried out, in order.
    done: Vec<(bool, CommandOutcome)>,
    /// Commands that it had still to repeat.
    pending: Vec<(bool, CommandOutcome)>,
}

impl Past {
    fn see(&mut self, event: &PastKind) {
        match event {
            PastKind::Started => {
                self.process_ended();
                self.is_measured = false;
            }
            // That process may have used a later checkpoint, which is gone now. The checkpoint held
            // the effect of all commands before its step.
            PastKind::Resumed(step) => {
                let pending = std::mem::take(&mut self.pending);
                let (held, left): (Vec<_>, Vec<_>) =
                    pending.into_iter().partition(|(_, old)| old.step < *step);
                self.done.extend(held);
                self.pending = left;
            }
            // What was done between the checkpoint and this is not among the events any more.
            PastKind::RolledBack(_) => self.pending.retain(|(_, old)| is_scheduled(old)),
            PastKind::Repeats { early, later } => {
                let [early, later] = [(true, early), (false, later)]
                    .map(|(is_early, list)| list.iter().map(move |one| (is_early, one.clone())));
                self.pending.extend(early.chain(later));
            }
            PastKind::Evaluated(step) if *step == self.step => self.is_measured = true,
            PastKind::Repeated(again) => {
                if let Some(at) = self.pending.iter().position(|(_, old)| old.id == again.id) {
                    let (is_early, old) = self.pending.remove(at);
                    // Only early commands are repeated before the model is loaded.
                    self.is_measured |= !is_early;
                    self.done.push((is_early, old));
                }
            }
            PastKind::Answered(new) if counts(new) => {
                self.pending.retain(|(_, old)| !overrules(new, old));
                let is_live = matches!(new.command, Command::Live(_));
                let is_early = !self.is_measured && new.step <= self.step && is_live;
                self.done.push((is_early, new.clone()));
            }
            PastKind::Evaluated(_) | PastKind::Answered(_) => {}
        }
    }

    /// The next process has to repeat all of it.
    fn process_ended(&mut self) {
        self.done.append(&mut self.pending);
        self.pending.append(&mut self.done);
        self.pending.sort_by_key(|(_, outcome)| outcome.step);
    }
}

/// Whether a resume has to know of a command: it shapes the run, or was a rule's, which then has to come true anew.
fn counts(outcome: &CommandOutcome) -> bool {
    shapes_the_run(outcome) || matches!(outcome.actor, Actor::Rule { .. })
}

/// Whether a command was carried out and changes what later steps compute, or, as a measurement does,
/// which checkpoint is the best one.
fn shapes_the_run(outcome: &CommandOutcome) -> bool {
    let shapes = matches!(
        outcome.command,
        Command::Engine(EngineCommand::Weights(_) | EngineCommand::Evaluate)
            | Command::Live(LiveChange::Undo)
    );
    outcome.is_applied() && (shapes || outcome.changes().is_some())
}

/// Whether a new command makes a pending one void, because both change the same value. Commands of the
/// schedule and of rules neither make others void nor become void: they take effect at their steps in any case.
fn overrules(new: &CommandOutcome, old: &CommandOutcome) -> bool {
    let weighs = |outcome: &CommandOutcome| {
        matches!(outcome.command, Command::Engine(EngineCommand::Weights(_)))
    };
    let is_same = match new.changes() {
        Some(field) => old.changes() == Some(field),
        None => weighs(new) && weighs(old),
    };
    let is_own = |outcome: &CommandOutcome| outcome.actor.is_the_run();
    is_same && new.is_applied() && !is_own(new) && !is_own(old)
}

fn is_scheduled(outcome: &CommandOutcome) -> bool {
    outcome.actor == Actor::Schedule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{LiveField, RequestId, Tunable, Verdict};
    use crate::telemetry::fixture::{evaluated, started};
    use crate::telemetry::{Event, Record};

    fn outcome(id: u64, step: u64, command: Command) -> CommandOutcome {
        let undone =
            (command == Command::Live(LiveChange::Undo)).then_some(LiveField::Set(Tunable::Lambda));
        CommandOutcome {
            id: CommandId(id),
            request: RequestId(0),
            step: Step(step),
            actor: Actor::Operator("me".into()),
            command,
            reason: None,
            verdict: Verdict::Applied { old: None, new: None },
            undone,
        }
    }

    fn answered(id: u64, step: u64, command: Command) -> Event {
        Event::CommandOutcome(outcome(id, step, command))
    }

    fn lambda(value: f64) -> Command {
        Command::Live(LiveChange::Set(Tunable::Lambda, value))
    }

    fn weights() -> Command {
        Command::Engine(EngineCommand::Weights(vec![("a".into(), 0.5)]))
    }

    /// Events from number 11 on.
    fn past(events: impl IntoIterator<Item = Event>) -> Vec<PastEvent> {
        let records = (11..).zip(events).map(|(seq, event)| Record { seq, unix_ms: 0, event });
        records.filter_map(|record| PastEvent::from_record(&record)).collect()
    }

    /// The commands to repeat after a checkpoint at step 20 and these events.
    fn after(events: impl IntoIterator<Item = Event>) -> CommandReplay {
        CommandReplay::new(&past(events), Since { seq: 10, step: Step(20), pending: vec![] }, &[])
    }

    fn early(replays: &mut CommandReplay) -> Vec<u64> {
        std::iter::from_fn(|| replays.next_early()).map(|outcome| outcome.id.0).collect()
    }

    fn later(replays: &mut CommandReplay) -> Vec<u64> {
        std::iter::from_fn(|| replays.next_due(Step(99))).map(|outcome| outcome.id.0).collect()
    }

    #[test]
    fn commands_are_repeated_at_their_steps() {
        let tau = Command::Live(LiveChange::Set(Tunable::Tau, 2.0));
        let mut replays = after([
            answered(1, 25, tau),
            answered(2, 26, Command::Live(LiveChange::Target(vec![]))),
            answered(3, 27, Command::Engine(EngineCommand::Save)),
            answered(4, 30, lambda(0.2)),
            // The newest losses tell which checkpoint is the best.
            answered(5, 31, Command::Engine(EngineCommand::Evaluate)),
        ]);
        assert!(replays.next_early().is_none());
        assert!(replays.next_due(Step(24)).is_none());
        let due = replays.next_due(Step(25)).unwrap();
        assert_eq!((due.id.0, replays.pending().len()), (1, 3));
        replays.put_back(due);
        assert_eq!(later(&mut replays), [1, 2, 4, 5]);
    }

    #[test]
    fn commands_that_a_checkpoint_lists_as_pending_are_repeated() {
        let given = [Event::CommandReplayed(outcome(1, 25, lambda(0.2)))];
        let given = past(given);
        let pending = vec![outcome(1, 25, lambda(0.2)), outcome(2, 26, weights())];
        let since = || Since { seq: 10, step: Step(20), pending: pending.clone() };
        assert_eq!(later(&mut CommandReplay::new(&[], since(), &[])), [1, 2]);
        // Repeated by a process that then ended without a checkpoint.
        assert_eq!(later(&mut CommandReplay::new(&given, since(), &[])), [1, 2]);
    }

    #[test]
    fn a_newer_command_of_the_same_value_replaces_the_older() {
        let given = || {
            [
                answered(1, 30, lambda(0.2)),
                answered(2, 31, Command::Live(LiveChange::Undo)),
                answered(3, 32, Command::Live(LiveChange::Set(Tunable::Tau, 2.0))),
                answered(4, 33, weights()),
            ]
        };
        // Given to a process that went back to step 20, before it reached step 30 again.
        let new = outcome(5, 22, lambda(0.9));
        let mut live = after(given());
        assert_eq!(live.overrule(&new).len(), 2);
        assert_eq!(later(&mut live), [3, 4]);
        // The process after that one reads the same from the record.
        let process = [started(Some(20)), evaluated(20, [1.0; 3]), Event::CommandOutcome(new)];
        assert_eq!(later(&mut after(given().into_iter().chain(process))), [5, 3, 4]);
        // Had it given them again before, the new one would have been one more change.
        let again = [
            started(Some(20)),
            Event::CommandReplayed(outcome(1, 30, lambda(0.2))),
            answered(5, 30, lambda(0.9)),
        ];
        assert_eq!(later(&mut after(given().into_iter().chain(again))), [1, 5, 3, 4]);
    }

    #[test]
    fn scheduled_commands_take_effect_at_their_steps_whatever_came_before() {
        let scheduled = CommandOutcome { actor: Actor::Schedule, ..outcome(1, 30, lambda(0.2)) };
        let events = past([
            Event::CommandOutcome(scheduled),
            started(Some(20)),
            answered(2, 22, lambda(0.9)),
        ]);
        let given = |scheduled: &[CommandId]| {
            let since = Since { seq: 10, step: Step(20), pending: vec![] };
            later(&mut CommandReplay::new(&events, since, scheduled))
        };
        assert_eq!(given(&[CommandId(1)]), [2, 1]);
        // Unless the config has another schedule by now.
        assert_eq!(given(&[]), [2]);
    }

    #[test]
    fn commands_given_while_the_model_was_loaded_are_repeated_before_it_is_loaded() {
        let events = || {
            [
                started(Some(20)),
                answered(1, 20, lambda(0.2)),
                evaluated(20, [1.0; 3]),
                answered(2, 20, lambda(0.3)),
                answered(3, 20, weights()),
            ]
        };
        let mut replays = after(events());
        assert_eq!((early(&mut replays), later(&mut replays)), (vec![1], vec![2, 3]));
        // The next process gets another value of the same while it loads, and ends there: what it
        // had still to give is void, and the new one is early.
        let next = [
            started(Some(20)),
            Event::CommandReplayed(outcome(1, 20, lambda(0.2))),
            answered(4, 20, lambda(0.4)),
        ];
        let mut replays = after(events().into_iter().chain(next));
        assert_eq!((early(&mut replays), later(&mut replays)), (vec![1, 4], vec![3]));
    }

    /// A process that continues from a checkpoint measures nothing before it trains.
    #[test]
    fn commands_given_after_repeated_ones_are_repeated_after_them() {
        let next = [
            answered(1, 20, lambda(0.9)),
            started(Some(20)),
            // Given while the model was loaded, and carried out when it was, after the older one.
            Event::CommandReplayed(outcome(1, 20, lambda(0.9))),
            answered(2, 20, lambda(0.5)),
        ];
        let mut replays = after(next);
        assert_eq!((early(&mut replays), later(&mut replays)), (vec![], vec![1, 2]));
    }

    #[test]
    fn commands_that_a_lost_checkpoint_held_are_repeated() {
        let path = "checkpoints/step-000030".into();
        let events = [
            answered(1, 27, lambda(0.2)),
            started(Some(30)),
            Event::Resumed { step: Step(30), path, replayed_from_seq: 12 },
            answered(2, 32, lambda(0.9)),
        ];
        assert_eq!(later(&mut after(events)), [1, 2]);
    }

    /// Undos in records of old versions do not name the value that they restored.
    #[test]
    fn an_undo_of_an_older_version_is_repeated() {
        let undo =
            CommandOutcome { undone: None, ..outcome(1, 30, Command::Live(LiveChange::Undo)) };
        let events = [Event::CommandOutcome(undo), started(Some(20)), answered(2, 22, weights())];
        assert_eq!(later(&mut after(events)), [2, 1]);
    }
}
