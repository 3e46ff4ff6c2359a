//! The interval of mixture updates, chosen anew where an operator changes the budget of measuring.

use super::Engine;
use crate::control::{Actor, LiveChange, Request, Tunable};
use crate::telemetry::Level;
use crate::train::error::TrainError;
use crate::train::measuring::MeasuringNeeds;
use crate::train::prepare::measuring_needs;

impl Engine<'_> {
    /// Gives the command that follows from a budget that has changed: the measured rows stay as they are, so that
    /// losses can be compared in pairs, and what is left to choose is how often they are measured.
    pub(super) fn follow_budget(&mut self) -> Result<(), TrainError> {
        let budget = self.control.status.live.intervals.budget;
        if self.progress.budget == budget {
            return Ok(());
        }
        self.progress.budget = budget;
        if !self.needs_held_out() {
            let strategy = self.plan.mixing.strategy.name();
            let text = format!(
                "evaluation.budget changes nothing: the updates of {strategy} measure nothing"
            );
            return self.control.events.notice(Level::Info, text);
        }
        let (steps, mixture) = (self.total_steps(), self.mixer.mixture());
        let needs = MeasuringNeeds {
            budget,
            every: self.plan.mixing.usual_every(Some(steps)),
            ..measuring_needs(&self.plan, &self.prepared.corpus, steps, mixture)
        };
        let chosen = needs.shortest_interval(self.prepared.measured_rows.unwrap_or(usize::MAX));
        let why = format!(
            "evaluation.budget has changed: measuring takes {:.1} % of the run's work at this interval",
            100.0 * chosen.share
        );
        let change = LiveChange::Set(Tunable::Every, chosen.every as f64);
        let request = Request::new(Actor::Engine, change).with_reason(Some(why));
        self.control.handle(&request).map(drop)
    }
}
