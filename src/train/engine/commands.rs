//! Requests that take effect between two optimizer steps.

use crate::train::run_control::{Halt, rejected};
use super::Engine;
use crate::train::error::Break;
use crate::control::{Actor, Command, Request, Verdict, domain_ids};
use crate::telemetry::Phase;

impl Engine<'_> {
    /// Gives the commands again that took effect at this step before the run was interrupted.
    pub(super) fn replay(&mut self) -> Result<(), Break> {
        while let Some(outcome) = self.desk.replays.next_due(self.desk.step) {
            match &outcome.command {
                Command::Weights(named) => {
                    let done = self.set_weights(named);
                    self.desk.say_repeated(outcome, done)?;
                }
                _ => self.desk.repeat(outcome)?,
            }
        }
        Ok(())
    }

    /// Puts the commands of the config's schedule that are due before all others.
    pub(super) fn follow_schedule(&mut self) {
        let left = self.plan.schedule.get(self.scheduled..).unwrap_or_default();
        let due = left
            .iter()
            .take_while(|scheduled| scheduled.at <= self.desk.step)
            .map(|scheduled| scheduled.command.clone())
            .collect::<Vec<_>>();
        self.scheduled += due.len();
        for command in due.into_iter().rev() {
            self.desk.ask_first(Request { actor: Actor::Schedule, command, reason: None });
        }
    }

    /// Carries out one request and says its outcome.
    pub(super) fn carry_out(&mut self, request: &Request) -> Result<Option<Halt>, Break> {
        let done = Verdict::Applied { old: None, new: None };
        let verdict = match &request.command {
            Command::Save => match self.save(&request.actor.to_string()) {
                Ok(()) => done,
                Err(error) => rejected(&error.to_string()),
            },
            Command::Evaluate => {
                self.evaluated_at = None;
                match self.evaluate() {
                    Ok(true) => done,
                    Ok(false) => rejected("the run was stopped meanwhile"),
                    Err(error) => {
                        // It ends the run, but not without an outcome of the request.
                        let why = rejected("the measurement failed, and with it the run");
                        self.desk.answer(request, why)?;
                        return Err(error);
                    }
                }
            }
            Command::Sample => self.write_samples()?,
            Command::Weights(named) => self.weigh(named),
            command => {
                if *command == Command::Pause && !self.desk.is_paused() {
                    // What was done after the step is over: this pause ends in training.
                    self.desk.enter(Phase::Training, None)?;
                }
                return Ok(self.desk.answer_simple(request)?);
            }
        };
        self.desk.answer(request, verdict)?;
        Ok(None)
    }

    fn weigh(&mut self, named: &[(String, f64)]) -> Verdict {
        let old = shown(self.mixer.mixture().as_slice(), &self.desk.domains);
        match self.set_weights(named) {
            Ok(()) => {
                let new = shown(self.mixer.mixture().as_slice(), &self.desk.domains);
                Verdict::Applied { old: Some(old), new: Some(new) }
            }
            Err(why) => Verdict::Rejected { why },
        }
    }

    fn set_weights(&mut self, named: &[(String, f64)]) -> Result<(), String> {
        let names: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let ids = domain_ids(&names, &self.desk.domains).map_err(|error| error.to_string())?;
        let named: Vec<_> = ids.into_iter().zip(named.iter().map(|(_, weight)| *weight)).collect();
        self.mixer.set_weights(&named).map_err(|error| error.to_string())
    }
}

fn shown(weights: &[f64], domains: &[String]) -> String {
    let parts: Vec<_> = domains
        .iter()
        .zip(weights)
        .map(|(name, weight)| format!("{name} {:.1} %", weight * 100.0))
        .collect();
    parts.join(", ")
}
