//! How a run is controlled: requests come in, each gets one outcome, and events go out. Where there
//! are several ranks, rank 0 has it.

use super::command_replay::CommandReplay;
use super::error::TrainError;
use super::events::EventSink;
use super::inbox::Inbox;
use super::interrupt::{Break, Halt, Supervisor};
use super::rule_book::RuleBook;
use super::status::RunStatus;
use super::together::Trial;
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, EngineCommand, LifecycleCommand, LiveChange,
    LiveField, LiveValues, Request, Verdict,
};
use crate::mixing::Mixture;
use crate::telemetry::{Event, Level};
use crate::unit::Step;
use std::collections::VecDeque;

/// Carries out the requests that need neither model nor mixture, in every phase, and gives each
/// request its outcome.
pub struct RunControl {
    /// Where the run's events go.
    pub events: EventSink,
    /// The run's step, and the live values that requests change.
    pub status: RunStatus,
    /// Commands of the config's schedule that were carried out, earlier processes included.
    pub scheduled: usize,
    /// How far the run's rules have come.
    pub rules: RuleBook,
    inbox: Inbox,
    replay: CommandReplay,
    answered: u64,
}

/// What is left to be done about a request.
pub enum Handled {
    /// Nothing: it has its outcome.
    Answered,
    /// It has its outcome, and ends the run.
    Halt(Halt),
    /// All of it: the engine carries it out and answers it.
    ForEngine(EngineCommand),
    /// Several commands, one of which is the engine's: it carries out all or none, one by one.
    GroupForEngine,
}

impl RunControl {
    /// `answered` is the number of requests whose outcomes the run's record holds already.
    pub fn new(events: EventSink, inbox: Inbox, status: RunStatus, answered: u64) -> Self {
        let (scheduled, rules, replay) = (0, RuleBook::default(), CommandReplay::default());
        RunControl { events, status, scheduled, rules, inbox, replay, answered }
    }

    /// Optimizer steps done.
    pub fn step(&self) -> Step {
        self.status.step
    }

    /// Requests answered in this run, earlier processes included.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// At least so many requests were answered before, whatever the record has: no number is given
    /// twice.
    pub fn count_answered(&mut self, answered: u64) {
        self.answered = self.answered.max(answered);
    }

    /// Whether the run waits as soon as no request is left.
    pub fn is_paused(&self) -> bool {
        self.inbox.is_paused()
    }

    /// Pauses by the engine's own decision.
    pub fn pause(&mut self) -> Result<(), TrainError> {
        self.inbox.pause(&mut self.events)
    }

    /// The next request between two steps. While paused it waits for one; `None` means go on.
    pub fn next_request(&mut self) -> Result<Option<Request>, TrainError> {
        self.inbox.next(&mut self.events)
    }

    /// Puts the run's own requests before all that wait, in their order.
    pub fn put_first(&mut self, own: Vec<Request>) {
        own.into_iter().rev().for_each(|request| self.inbox.put_first(request));
    }

    /// The next request is to stop the run, for this reason.
    pub fn stop_next(&mut self, why: String) {
        let stop = Request::new(Actor::Engine, LifecycleCommand::Stop).with_reason(Some(why));
        self.inbox.put_first(stop);
    }

    /// Carries out a request, unless it needs the engine.
    pub fn handle(&mut self, request: &Request) -> Result<Handled, TrainError> {
        if request.is_group() {
            return self.handle_together(request);
        }
        if let Err(error) = request.command.check(self.status.domains()) {
            self.answer(request, rejected(&error.to_string()))?;
            return Ok(Handled::Answered);
        }
        match &request.command {
            Command::Lifecycle(command) => return self.handle_lifecycle(request, *command),
            Command::Live(change) => self.handle_change(request, change)?,
            Command::Note(_) => self.answer(request, done())?,
            Command::Engine(command) => return Ok(Handled::ForEngine(command.clone())),
        }
        Ok(Handled::Answered)
    }

    fn handle_together(&mut self, request: &Request) -> Result<Handled, TrainError> {
        let mut each = request.each();
        if each.iter().any(|one| matches!(one.command, Command::Engine(_))) {
            return Ok(Handled::GroupForEngine);
        }
        if !self.can_together(request, None)? {
            return Ok(Handled::Answered);
        }
        let last = each.pop();
        for one in each {
            self.handle(&one)?;
        }
        last.map_or(Ok(Handled::Answered), |last| self.handle(&last))
    }

    /// Whether all commands of a request can be carried out now, with this mixture in force; otherwise each of
    /// them is rejected.
    pub fn can_together(
        &mut self,
        request: &Request,
        mixture: Option<Mixture>,
    ) -> Result<bool, TrainError> {
        let (live, step) = (self.status.live.clone(), self.status.step);
        let (domains, is_paused) = (self.status.domains(), self.is_paused());
        let trial = Trial { live, domains, mixture, step, is_paused };
        let stale = match &request.command {
            Command::Live(change) => self.status.has_changed(request, change),
            Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => None,
        };
        let Err(why) = stale.map_or_else(|| trial.run(request), Err) else { return Ok(true) };
        let why = format!("none of the {} commands was carried out: {why}", request.also.len() + 1);
        for one in request.each() {
            self.answer(&one, rejected(&why))?;
        }
        Ok(false)
    }

    fn handle_lifecycle(
        &mut self,
        request: &Request,
        command: LifecycleCommand,
    ) -> Result<Handled, TrainError> {
        match command {
            LifecycleCommand::Pause if self.is_paused() => {
                self.answer(request, rejected("the run is paused already"))?
            }
            LifecycleCommand::Pause => {
                self.answer(request, done())?;
                self.pause()?;
            }
            LifecycleCommand::Resume => match self.inbox.end_pause() {
                Some((phase, detail)) => {
                    self.answer(request, done())?;
                    self.events.enter(phase, detail)?;
                }
                None => self.answer(request, rejected("the run is not paused"))?,
            },
            LifecycleCommand::Stop => {
                self.answer(request, done())?;
                return Ok(Handled::Halt(Halt::Stop(request.into())));
            }
            LifecycleCommand::Abort => {
                self.answer(request, done())?;
                return Ok(Handled::Halt(Halt::Abort(request.into())));
            }
        }
        Ok(Handled::Answered)
    }

    fn handle_change(&mut self, request: &Request, change: &LiveChange) -> Result<(), TrainError> {
        if let Some(why) = self.status.has_changed(request, change) {
            return self.answer(request, Verdict::Rejected { why });
        }
        let is_undo = *change == LiveChange::Undo;
        let undone = self.status.live.field_of(change).filter(|_| is_undo);
        // A config may well ask for fewer steps than are done: none is left then.
        let in_time = match request.actor {
            Actor::Config => Ok(()),
            _ => change.check_at(self.step()).map_err(|error| error.to_string()),
        };
        let verdict = match in_time.and_then(|()| self.status.apply(change)) {
            Ok((old, new)) => Verdict::Applied { old: Some(old), new: Some(new) },
            Err(why) => Verdict::Rejected { why },
        };
        self.emit_outcome(request, verdict, undone)
    }

    /// The one outcome of a request.
    pub fn answer(&mut self, request: &Request, verdict: Verdict) -> Result<(), TrainError> {
        self.emit_outcome(request, verdict, None)
    }

    fn emit_outcome(
        &mut self,
        request: &Request,
        verdict: Verdict,
        undone: Option<LiveField>,
    ) -> Result<(), TrainError> {
        self.answered += 1;
        self.scheduled += usize::from(request.actor == Actor::Schedule);
        self.count_for_rule(&request.actor);
        let outcome = CommandOutcome {
            id: CommandId(self.answered),
            request: request.id,
            step: self.status.step,
            actor: request.actor.clone(),
            command: request.command.clone(),
            reason: request.reason.clone(),
            verdict,
            undone,
        };
        let void = self.replay.overrule(&outcome);
        let newer = outcome.command.clone();
        self.events.emit(Event::CommandOutcome(outcome))?;
        for CommandOutcome { command, step, .. } in void {
            let text = format!("`{command}` of step {step} is not given again: `{newer}` is newer");
            self.events.notice(Level::Info, text)?;
        }
        Ok(())
    }

    /// A rule that gave its command has to come true anew.
    fn count_for_rule(&mut self, actor: &Actor) {
        if let Actor::Rule { number, .. } = actor {
            self.rules.gave(*number);
        }
    }

    /// Changes live values because the config was changed.
    pub fn obey_config(&mut self, changes: Vec<LiveChange>) -> Result<(), TrainError> {
        for change in changes {
            self.handle_change(&Request::new(Actor::Config, change.clone()), &change)?;
        }
        Ok(())
    }

    /// Takes the commands of earlier processes that are to be repeated, and carries out at once those
    /// that came while the model was loaded.
    pub fn begin_replay(&mut self, replay: CommandReplay) -> Result<(), TrainError> {
        self.replay = replay;
        while let Some(outcome) = self.replay.next_early() {
            self.repeat(outcome)?;
        }
        Ok(())
    }

    /// Is at an earlier step from now on, with the live values that it had. Requests keep their numbers.
    pub fn go_back_to(
        &mut self,
        step: Step,
        live: LiveValues,
        scheduled: usize,
        replay: CommandReplay,
    ) {
        self.status.step = step;
        self.status.live = live;
        self.scheduled = scheduled;
        self.replay = replay;
    }

    /// The next command of an earlier process that is due at this step.
    pub fn next_replayed(&mut self) -> Option<CommandOutcome> {
        self.replay.next_due(self.status.step)
    }

    /// Takes back a due command of an earlier process that could not be repeated now.
    pub fn put_back_replayed(&mut self, outcome: CommandOutcome) {
        self.replay.put_back(outcome);
    }

    /// The commands of earlier processes that are not due yet, for a checkpoint.
    pub fn pending_replay(&self) -> Vec<CommandOutcome> {
        self.replay.pending()
    }

    /// Repeats a command of an earlier process that changes a live value. Of one that changes nothing of the run's
    /// numbers it is only noted that a rule gave it.
    pub fn repeat(&mut self, outcome: CommandOutcome) -> Result<(), TrainError> {
        let done = self.status.repeat(&outcome);
        self.emit_repeated(outcome, done)
    }

    /// Reports that a command of an earlier process was repeated, or why not.
    pub fn emit_repeated(
        &mut self,
        outcome: CommandOutcome,
        done: Result<(), String>,
    ) -> Result<(), TrainError> {
        self.count_for_rule(&outcome.actor);
        match done {
            Ok(()) => self.events.emit(Event::CommandReplayed(outcome)),
            Err(why) => {
                let text = format!("`{}` was not carried out again: {why}", outcome.command);
                self.events.notice(Level::Warning, text)
            }
        }
    }

    /// Rejects all requests that still wait when the run ends, so that each has its outcome. Commands of
    /// the schedule and of rules are left to a resume.
    pub fn close(&mut self) -> Result<(), TrainError> {
        while let Some(request) = self.inbox.next_waiting() {
            if request.actor.is_the_run() {
                continue;
            }
            for one in request.each() {
                self.answer(&one, rejected("the run has ended"))?;
            }
        }
        Ok(())
    }
}

impl Supervisor for RunControl {
    fn events(&mut self) -> &mut EventSink {
        &mut self.events
    }

    /// Requests for the engine are kept until there is a model.
    fn attend(&mut self) -> Result<(), Break> {
        let mut later = VecDeque::new();
        let mut halted = None;
        while let Some(request) = self.next_request()? {
            match self.handle(&request)? {
                Handled::Answered => {}
                Handled::ForEngine(_) | Handled::GroupForEngine => later.push_back(request),
                Handled::Halt(halt) => {
                    halted = Some(halt);
                    break;
                }
            }
        }
        self.inbox.put_back(later);
        halted.map_or(Ok(()), |halt| Err(Break::Halt(halt)))
    }

    fn is_urgent(&mut self) -> bool {
        self.inbox.is_urgent()
    }
}

/// The verdict on a command that was carried out and changed no value.
pub fn done() -> Verdict {
    Verdict::Applied { old: None, new: None }
}

/// The verdict on a command that was not carried out.
pub fn rejected(why: &str) -> Verdict {
    Verdict::Rejected { why: why.into() }
}
