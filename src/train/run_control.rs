use super::error::TrainError;
use super::command_replay::Replays;
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, LifecycleCommand, LiveChange, LiveField, LiveValues,
    Request, Verdict,
};
use crate::telemetry::{Event, Hub, Level, Phase};
use crate::unit::Step;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Why work is broken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Save, then end.
    Stop(Actor),
    /// End at once.
    Abort(Actor),
}

/// Where the engine takes requests and speaks to the world.
///
/// Requests come by a channel from the signals, the screens and the sockets; the engine looks at it
/// in every phase. Those that need no model are answered in every phase, the rest when training
/// stands between two steps.
pub struct Desk {
    /// The way out.
    pub hub: Hub,
    /// The live values.
    pub live: LiveValues,
    /// Optimizer steps done.
    pub step: Step,
    /// Names of the domains.
    pub domains: Vec<String>,
    /// What earlier processes were asked for after the checkpoint.
    pub replays: Replays,
    requests: Receiver<Request>,
    waiting: VecDeque<Request>,
    answered: u64,
    /// What the run is busy with, as it was said.
    phase: Busy,
    /// While the run stands still: what it is busy with when it goes on.
    paused: Option<Busy>,
}

/// A phase with a detail of it.
type Busy = (Phase, Option<String>);

impl Desk {
    /// A desk at step 0. When every sender of `requests` is gone, no more will come; that is no
    /// error. `answered` is the number of requests that the run's record holds already.
    pub fn new(
        hub: Hub,
        live: LiveValues,
        domains: Vec<String>,
        requests: Receiver<Request>,
        answered: u64,
    ) -> Self {
        Desk {
            hub,
            live,
            step: Step(0),
            domains,
            requests,
            waiting: VecDeque::new(),
            answered,
            replays: Replays::default(),
            phase: (Phase::Loading, None),
            paused: None,
        }
    }

    /// Says it.
    pub fn emit(&mut self, event: Event) -> Result<(), TrainError> {
        self.hub.emit(event)?;
        Ok(())
    }

    /// Says a sentence.
    pub fn notice(&mut self, level: Level, text: impl Into<String>) -> Result<(), TrainError> {
        self.emit(Event::Notice { level, text: text.into() })
    }

    /// Says what the run is busy with from now on.
    pub fn enter(&mut self, phase: Phase, detail: Option<String>) -> Result<(), TrainError> {
        if self.phase == (phase, detail.clone()) {
            return Ok(());
        }
        self.phase = (phase, detail.clone());
        self.emit(Event::PhaseChanged { phase, detail })
    }

    /// Whether the run stands still as soon as nothing is to be done.
    pub fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Takes what earlier processes were asked for, and carries out at once what they were asked
    /// while they loaded.
    pub fn take_replays(&mut self, replays: Replays) -> Result<(), TrainError> {
        self.replays = replays;
        while let Some(outcome) = self.replays.next_early() {
            self.repeat(outcome)?;
        }
        Ok(())
    }

    /// Changes live values because the config was changed.
    pub fn obey_config(&mut self, changes: Vec<LiveChange>) -> Result<(), TrainError> {
        for change in changes {
            self.answer_simple(&Request::new(Actor::Config, change))?;
        }
        Ok(())
    }

    /// Carries out once more a command of an earlier process that needs no mixer.
    pub fn repeat(&mut self, outcome: CommandOutcome) -> Result<(), TrainError> {
        let done = outcome.repeat(&mut self.live, &self.domains);
        self.say_repeated(outcome, done)
    }

    /// Says that a command of an earlier process was carried out once more, or why not.
    pub fn say_repeated(
        &mut self,
        outcome: CommandOutcome,
        done: Result<(), String>,
    ) -> Result<(), TrainError> {
        match done {
            Ok(()) => self.emit(Event::CommandReplayed(outcome)),
            Err(why) => {
                let text = format!("`{}` was not carried out again: {why}", outcome.command);
                self.notice(Level::Warning, text)
            }
        }
    }

    /// Requests answered in this run, earlier processes included.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Looks at the requests in a phase before training: answers what needs no model, stands still
    /// while paused, and keeps the rest for later.
    pub fn attend(&mut self) -> Result<Option<Halt>, TrainError> {
        self.collect();
        let mut later = VecDeque::new();
        loop {
            while let Some(request) = self.waiting.pop_front() {
                match request.command {
                    Command::Engine(_) => later.push_back(request),
                    Command::Live(_) | Command::Lifecycle(_) | Command::Note(_) => {
                        if let Some(halt) = self.answer_simple(&request)? {
                            self.waiting.append(&mut later);
                            return Ok(Some(halt));
                        }
                    }
                }
            }
            if self.paused.is_none() {
                break;
            }
            self.wait()?;
        }
        self.waiting = later;
        Ok(None)
    }

    /// Whether someone asked to stop or abort; answered when the engine comes back to the desk.
    pub fn is_urgent(&mut self) -> bool {
        self.collect();
        use LifecycleCommand::{Abort, Stop};
        let ends = |request: &Request| matches!(request.command, Command::Lifecycle(Stop | Abort));
        self.waiting.iter().any(ends)
    }

    /// The next request between two steps. While paused it waits for one; `None` means go on.
    pub fn next_request(&mut self) -> Result<Option<Request>, TrainError> {
        loop {
            self.collect();
            if let Some(request) = self.waiting.pop_front() {
                return Ok(Some(request));
            }
            if self.paused.is_none() {
                return Ok(None);
            }
            self.wait()?;
        }
    }

    /// Puts requests before those that already wait (the config's schedule).
    pub fn ask_first(&mut self, request: Request) {
        self.waiting.push_front(request);
    }

    /// Pauses by the engine's own decision.
    pub fn pause(&mut self) -> Result<(), TrainError> {
        self.paused = Some(self.phase.clone());
        self.enter(Phase::Paused, None)
    }

    /// Answers a request that needs neither model nor mixer. Those for the engine are answered by
    /// [`Desk::answer`] once it has done the work.
    pub fn answer_simple(&mut self, request: &Request) -> Result<Option<Halt>, TrainError> {
        match &request.command {
            Command::Lifecycle(command) => return self.answer_lifecycle(request, *command),
            Command::Live(change) => self.answer_change(request, change)?,
            Command::Note(_) => self.answer(request, done())?,
            Command::Engine(_) => self.answer(request, rejected("not possible in this phase"))?,
        }
        Ok(None)
    }

    fn answer_lifecycle(
        &mut self,
        request: &Request,
        command: LifecycleCommand,
    ) -> Result<Option<Halt>, TrainError> {
        match command {
            LifecycleCommand::Pause if self.paused.is_some() => {
                self.answer(request, rejected("the run is paused already"))?
            }
            LifecycleCommand::Pause => {
                self.answer(request, done())?;
                self.pause()?;
            }
            LifecycleCommand::Resume => match self.paused.take() {
                Some((phase, detail)) => {
                    self.answer(request, done())?;
                    self.enter(phase, detail)?;
                }
                None => self.answer(request, rejected("the run is not paused"))?,
            },
            LifecycleCommand::Stop => {
                self.answer(request, done())?;
                return Ok(Some(Halt::Stop(request.actor.clone())));
            }
            LifecycleCommand::Abort => {
                self.answer(request, done())?;
                return Ok(Some(Halt::Abort(request.actor.clone())));
            }
        }
        Ok(None)
    }

    fn answer_change(&mut self, request: &Request, change: &LiveChange) -> Result<(), TrainError> {
        let is_undo = *change == LiveChange::Undo;
        let undone = self.live.field_of(change).filter(|_| is_undo);
        let verdict = match self.live.apply(change, &self.domains) {
            Ok((old, new)) => Verdict::Applied { old: Some(old), new: Some(new) },
            Err(why) => Verdict::Rejected { why },
        };
        self.say_outcome(request, verdict, undone)
    }

    /// The one outcome of a request.
    pub fn answer(&mut self, request: &Request, verdict: Verdict) -> Result<(), TrainError> {
        self.say_outcome(request, verdict, None)
    }

    fn say_outcome(
        &mut self,
        request: &Request,
        verdict: Verdict,
        undone: Option<LiveField>,
    ) -> Result<(), TrainError> {
        self.answered += 1;
        let outcome = CommandOutcome {
            id: CommandId(self.answered),
            request: request.id,
            step: self.step,
            actor: request.actor.clone(),
            command: request.command.clone(),
            reason: request.reason.clone(),
            verdict,
            undone,
        };
        let void = self.replays.overrule(&outcome);
        let newer = outcome.command.clone();
        self.emit(Event::CommandOutcome(outcome))?;
        for CommandOutcome { command, step, .. } in void {
            let text = format!("`{command}` of step {step} is not given again: `{newer}` is newer");
            self.notice(Level::Info, text)?;
        }
        Ok(())
    }

    /// Rejects whatever still waits when the run ends, so that no request stays without outcome. What
    /// the schedule wanted is no request: a resume gives it.
    pub fn close(&mut self) -> Result<(), TrainError> {
        self.collect();
        while let Some(request) = self.waiting.pop_front() {
            if request.actor != Actor::Schedule {
                self.answer(&request, rejected("the run has ended"))?;
            }
        }
        Ok(())
    }

    fn collect(&mut self) {
        self.waiting.extend(self.requests.try_iter());
    }

    /// Stands still until a request comes, and says so where something was done meanwhile. A closed
    /// channel sleeps instead: only a signal ends a pause that nobody can lift any more.
    fn wait(&mut self) -> Result<(), TrainError> {
        self.enter(Phase::Paused, None)?;
        match self.requests.recv_timeout(Duration::from_millis(200)) {
            Ok(request) => self.waiting.push_back(request),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(200)),
        }
        Ok(())
    }
}

/// Carried out, where no value changed.
pub fn done() -> Verdict {
    Verdict::Applied { old: None, new: None }
}

/// A verdict of `Rejected`.
pub fn rejected(why: &str) -> Verdict {
    Verdict::Rejected { why: why.into() }
}
