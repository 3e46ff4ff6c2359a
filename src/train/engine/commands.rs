//! Commands that take effect between two optimizer steps: those of earlier processes given again,
//! those of the config's schedule and of rules, and requests.

use super::Engine;
use crate::control::{
    Actor, Command, EngineCommand, LifecycleCommand, LiveField, Request, Tunable, Verdict,
    weights_by_id,
};
use crate::mixing::Mixture;
use crate::telemetry::Phase;
use crate::train::interrupt::{Break, Halt};
use crate::train::run_control::{Handled, done, rejected};

/// What carrying out requests came to.
pub(super) enum Carried {
    /// The run goes on.
    On,
    /// The run is at an earlier step now, whose own commands come first.
    Back,
    /// The run ends.
    Halt(Halt),
}

impl Engine<'_> {
    /// Gives the commands again that took effect at this step before the run was interrupted. Returns
    /// whether all were given, which they are not where a request waits that ends the run.
    pub(super) fn replay_commands(&mut self) -> Result<bool, Break> {
        while let Some(outcome) = self.control.next_replayed() {
            if self.control.status.lacks_rule_of(&outcome) {
                let why = "the run has no such rule any more".into();
                self.control.emit_repeated(outcome, Err(why))?;
                continue;
            }
            // What followed from a budget is in the record too.
            let is_of_budget = outcome.changes() == Some(LiveField::Set(Tunable::Budget));
            match &outcome.command {
                // That it was given counts, for its rule.
                _ if !outcome.is_applied() => self.control.emit_repeated(outcome, Ok(()))?,
                Command::Engine(EngineCommand::Evaluate) => {
                    if !self.evaluate_again()? {
                        self.control.put_back_replayed(outcome);
                        return Ok(false);
                    }
                    self.control.emit_repeated(outcome, Ok(()))?;
                }
                Command::Engine(EngineCommand::Weights(named)) => {
                    self.report_waiting_update()?;
                    let done = self.set_weights(named);
                    self.control.emit_repeated(outcome, done)?;
                }
                Command::Engine(_)
                | Command::Live(_)
                | Command::Lifecycle(_)
                | Command::Note(_) => self.control.repeat(outcome)?,
            }
            if is_of_budget {
                self.progress.budget = self.control.status.live.intervals.budget;
            }
        }
        Ok(true)
    }

    /// Puts the commands of the config's schedule that are due, and those of rules that came true, before all
    /// requests.
    pub(super) fn give_own_commands(&mut self) {
        let step = self.control.step();
        let left = self.plan.schedule.get(self.next_scheduled..).unwrap_or_default();
        let due = left.iter().take_while(|scheduled| scheduled.at <= step);
        let mut own: Vec<Request> =
            due.map(|scheduled| Request::new(Actor::Schedule, scheduled.command.clone())).collect();
        self.next_scheduled += own.len();
        own.extend(self.requests_of_rules());
        self.control.put_first(own);
    }

    /// Carries out the requests that wait, and while paused those that come.
    pub(super) fn carry_out_requests(&mut self) -> Result<Carried, Break> {
        while let Some(request) = self.control.next_request()? {
            match self.carry_out(&request)? {
                Carried::On => {}
                other => return Ok(other),
            }
        }
        Ok(Carried::On)
    }

    /// Carries out one request and emits its outcome.
    pub(super) fn carry_out(&mut self, request: &Request) -> Result<Carried, Break> {
        let pause = Command::Lifecycle(LifecycleCommand::Pause);
        if request.commands().any(|one| *one == pause) && !self.control.is_paused() {
            // While paused nobody looks at it.
            self.finish_save()?;
        }
        if request.command == pause && !self.control.is_paused() {
            // What was done after the step is over: this pause ends in training.
            self.control.events.enter(Phase::Training, None)?;
        }
        if let Err(why) = self.save_before_edit(request)? {
            self.control.answer(request, rejected(&why))?;
            return Ok(Carried::On);
        }
        match self.control.handle(request)? {
            Handled::Answered => Ok(Carried::On),
            Handled::Halt(halt) => Ok(Carried::Halt(halt)),
            Handled::GroupForEngine => self.carry_out_together(request),
            Handled::ForEngine(command) => {
                let is_rollback = matches!(command, EngineCommand::Rollback(_));
                let verdict = self.execute(command, request)?;
                let is_back = is_rollback && matches!(verdict, Verdict::Applied { .. });
                self.control.answer(request, verdict)?;
                Ok(if is_back { Carried::Back } else { Carried::On })
            }
        }
    }

    /// An error that ends the run, while the request still gets its outcome.
    fn fail<T>(&mut self, request: &Request, what: &str, error: Break) -> Result<T, Break> {
        self.control.answer(request, rejected(&format!("{what}, and with it the run")))?;
        Err(error)
    }

    /// Carries out the commands of a request, or none of them.
    fn carry_out_together(&mut self, request: &Request) -> Result<Carried, Break> {
        if !self.control.can_together(request, Some(self.mixer.mixture().clone()))? {
            return Ok(Carried::On);
        }
        for one in request.each() {
            match self.carry_out(&one)? {
                Carried::On => {}
                other => return Ok(other),
            }
        }
        Ok(Carried::On)
    }

    fn execute(&mut self, command: EngineCommand, request: &Request) -> Result<Verdict, Break> {
        Ok(match command {
            EngineCommand::Save => match self.save(&request.actor.to_string()) {
                Ok(()) => done(),
                Err(error) => rejected(&error.to_string()),
            },
            EngineCommand::Evaluate => match self.evaluate_again() {
                Ok(true) => done(),
                Ok(false) => rejected("the run was stopped meanwhile"),
                Err(error) => return self.fail(request, "the measurement failed", error),
            },
            EngineCommand::Generate => self.generate_texts()?,
            EngineCommand::Weights(named) => {
                self.report_waiting_update()?;
                self.put_in_force(&named)
            }
            EngineCommand::Ask(prompt) => self.ask(&prompt)?,
            EngineCommand::Rehearse(steps, edit) => match self.rehearse(steps, &edit) {
                Ok(verdict) => verdict,
                Err(error) => return self.fail(request, "the rehearsal failed", error),
            },
            EngineCommand::Keep => self.choose(true, &request.actor)?,
            EngineCommand::Drop => self.choose(false, &request.actor)?,
            EngineCommand::Rollback(to) => match self.roll_back(to, &request.actor) {
                Ok(verdict) => verdict,
                Err(error) => return self.fail(request, "going back failed", error),
            },
        })
    }

    fn put_in_force(&mut self, named: &[(String, f64)]) -> Verdict {
        let old = self.mixture_words();
        match self.set_weights(named) {
            Ok(()) => Verdict::Applied { old: Some(old), new: Some(self.mixture_words()) },
            Err(why) => Verdict::Rejected { why },
        }
    }

    pub(super) fn set_weights(&mut self, named: &[(String, f64)]) -> Result<(), String> {
        let mixture = self.weights_with(named)?;
        self.mixer.set_mixture(mixture);
        self.weights_are_recorded();
        Ok(())
    }

    /// The weights in force with those of named domains in their place.
    pub(super) fn weights_with(&self, named: &[(String, f64)]) -> Result<Mixture, String> {
        let named = weights_by_id(named, self.control.status.domains())
            .map_err(|error| error.to_string())?;
        self.mixer.mixture().with_weights(&named).map_err(|error| error.to_string())
    }

    /// The weights in force, for messages: `law 30.0 %, code 70.0 %`.
    fn mixture_words(&self) -> String {
        let domains = self.control.status.domains().iter();
        let weights = self.mixer.mixture().as_slice();
        let parts: Vec<_> = domains
            .zip(weights)
            .map(|(name, weight)| format!("{name} {:.1} %", weight * 100.0))
            .collect();
        parts.join(", ")
    }
}
