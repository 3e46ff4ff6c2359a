//! Commands that take effect between two optimizer steps: those of earlier processes given again,
//! the config's schedule, and requests.

use super::Engine;
use crate::control::{
    Command, EngineCommand, LifecycleCommand, LiveField, Request, Tunable, Verdict, weights_by_id,
};
use crate::telemetry::Phase;
use crate::train::interrupt::{Break, Halt};
use crate::train::run_control::{Handled, done, rejected};

impl Engine<'_> {
    /// Gives the commands again that took effect at this step before the run was interrupted. Returns
    /// whether all were given, which they are not where a request waits that ends the run.
    pub(super) fn replay_commands(&mut self) -> Result<bool, Break> {
        while let Some(outcome) = self.control.next_replayed() {
            // What followed from a budget is in the record too.
            let is_of_budget = outcome.changes() == Some(LiveField::Set(Tunable::Budget));
            match &outcome.command {
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

    /// Puts the commands of the config's schedule that are due before all requests.
    pub(super) fn follow_schedule(&mut self) {
        let step = self.control.step();
        let left = self.plan.schedule.get(self.next_scheduled..).unwrap_or_default();
        let due: Vec<Command> = left
            .iter()
            .take_while(|scheduled| scheduled.at <= step)
            .map(|scheduled| scheduled.command.clone())
            .collect();
        self.next_scheduled += due.len();
        self.control.put_scheduled(due);
    }

    /// Carries out one request and emits its outcome.
    pub(super) fn carry_out(&mut self, request: &Request) -> Result<Option<Halt>, Break> {
        let pause = Command::Lifecycle(LifecycleCommand::Pause);
        if request.command == pause && !self.control.is_paused() {
            // What was done after the step is over: this pause ends in training.
            self.control.events.enter(Phase::Training, None)?;
        }
        match self.control.handle(request)? {
            Handled::Answered => Ok(None),
            Handled::Halt(halt) => Ok(Some(halt)),
            Handled::GroupForEngine => self.carry_out_together(request),
            Handled::ForEngine(command) => {
                let verdict = self.execute(command, request)?;
                self.control.answer(request, verdict)?;
                Ok(None)
            }
        }
    }

    /// Carries out the commands of a request, or none of them.
    fn carry_out_together(&mut self, request: &Request) -> Result<Option<Halt>, Break> {
        if !self.control.can_together(request, Some(self.mixer.mixture().clone()))? {
            return Ok(None);
        }
        for one in request.each() {
            if let Some(halt) = self.carry_out(&one)? {
                return Ok(Some(halt));
            }
        }
        Ok(None)
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
                Err(error) => {
                    // The error ends the run, and the request still gets its outcome.
                    let why = rejected("the measurement failed, and with it the run");
                    self.control.answer(request, why)?;
                    return Err(error);
                }
            },
            EngineCommand::Generate => self.generate_texts()?,
            EngineCommand::Weights(named) => {
                self.report_waiting_update()?;
                self.put_in_force(&named)
            }
        })
    }

    fn put_in_force(&mut self, named: &[(String, f64)]) -> Verdict {
        let old = self.mixture_words();
        match self.set_weights(named) {
            Ok(()) => Verdict::Applied { old: Some(old), new: Some(self.mixture_words()) },
            Err(why) => Verdict::Rejected { why },
        }
    }

    fn set_weights(&mut self, named: &[(String, f64)]) -> Result<(), String> {
        let named = weights_by_id(named, self.control.status.domains())
            .map_err(|error| error.to_string())?;
        self.mixer.set_weights(&named).map_err(|error| error.to_string())?;
        self.weights_are_recorded();
        Ok(())
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
