//! The mixture update: held-out losses, potential γ and forgetting φ, new weights w.

use super::Engine;
use crate::telemetry::{Event, Level};
use crate::train::error::TrainError;
use crate::train::interrupt::Break;
use crate::train::update_reports::UpdateReports;
use crate::unit::Step;

/// Tests in a row within their noise after which that is said.
const NOISY_TESTS: u64 = 3;

impl Engine<'_> {
    /// Updates the mixture if an update is due at this step.
    pub(super) fn update_if_due(&mut self) -> Result<(), Break> {
        let every = self.control.status.live.every;
        self.progress.update_pending = self.mixer.is_due(self.control.step(), every);
        self.update_if_pending()
    }

    /// Makes the update that is still to be made. Where a request ends the run in the middle of the
    /// measurement, the update is left for the resume.
    pub(super) fn update_if_pending(&mut self) -> Result<(), Break> {
        if !self.progress.update_pending {
            return Ok(());
        }
        if self.needs_held_out() && !self.measure_for_update()? {
            return Ok(());
        }
        if self.needs_gradients() && !self.measure_gradients()? {
            return Ok(());
        }
        self.progress.update_pending = false;
        self.update_mixture()
    }

    /// Whether held-out losses are measured at the updates of the strategy.
    pub(super) fn needs_held_out(&self) -> bool {
        self.plan.mixing.strategy.spec().needs_held_out
    }

    /// Whether the domains' gradients are compared at the updates of the strategy.
    fn needs_gradients(&self) -> bool {
        self.plan.mixing.strategy.spec().needs_gradients
    }

    /// Measures the held-out losses for the update. Returns whether they are known, which they are
    /// not where a request ends the run.
    fn measure_for_update(&mut self) -> Result<bool, Break> {
        let Some(measured) = self.measure_held_out()? else { return Ok(false) };
        let step = self.control.step();
        let smoothing = self.control.status.live.smoothing;
        for (domain, value) in self.mixer.saw_held_out(&measured.0, smoothing) {
            let domain = self.control.status.domains()[domain].clone();
            let value = value.to_string();
            self.control.events.emit(Event::LossRejected { step, domain, value })?;
        }
        self.emit_evaluated(measured)?;
        Ok(true)
    }

    fn update_mixture(&mut self) -> Result<(), Break> {
        // A command may have come during the measurement.
        self.solve_lambda_if_asked()?;
        let step = self.control.step();
        let old = self.mixer.mixture().clone();
        let gradient_products = self.mixer.gradient_products().to_vec();
        let progress = step.0 as f64 / self.total_steps() as f64;
        let live = &self.control.status.live;
        let Some(decision) = self.mixer.update(step, progress, live) else {
            return self.report_held(step);
        };
        let update = self.mixer.updates();
        let potential = decision.potential.clone();
        let mut events = vec![Event::MixtureUpdated {
            step,
            update,
            old,
            new: decision.mixture,
            potential: decision.potential,
            forgetting: decision.forgetting,
            potential_error: decision.potential_error,
            forgetting_error: decision.forgetting_error,
            gradient_products,
            state: self.mixer.state().strategy,
        }];
        let tested = decision.threshold;
        let noisy = tested.as_ref().map(|threshold| self.mixer.saw_test(threshold));
        events.extend(tested.map(|threshold| Event::ThresholdTested { step, update, threshold }));
        events.extend(self.shadows_event(step, update));
        self.report_update(events)?;
        if noisy == Some(NOISY_TESTS) {
            self.tell_of_noise()?;
        }
        Ok(self.warn_of_standstill(&potential)?)
    }

    /// Where the shadows have the weights; `None` where there are no shadows.
    fn shadows_event(&self, step: Step, update: u64) -> Option<Event> {
        let shadows = self.mixer.shadow_weights();
        (!shadows.is_empty()).then_some(Event::ShadowsUpdated { step, update, shadows })
    }

    fn tell_of_noise(&mut self) -> Result<(), Break> {
        let text = format!(
            "the last {NOISY_TESTS} threshold tests were decided within their noise: other held-out rows could \
             well have decided otherwise. More held-out rows, a larger `every` (set every {}) or a \
             confidence (set confidence 1: a hold has to be sure) make them mean more",
            2 * self.control.status.live.every
        );
        Ok(self.control.events.notice(Level::Warning, text)?)
    }

    /// Reports an update: at once where something was measured for it, else when it says something
    /// new.
    fn report_update(&mut self, events: Vec<Event>) -> Result<(), Break> {
        let (step, mixture) = (self.control.step(), self.mixer.mixture());
        let reported = match self.needs_held_out() || self.needs_gradients() {
            true => events,
            false => self.reports.pass(step, mixture, events),
        };
        Ok(self.emit_all(reported)?)
    }

    fn report_held(&mut self, step: Step) -> Result<(), Break> {
        if self.needs_held_out() || self.reports.pass_held(step) {
            self.report_waiting_update()?;
            self.control.events.emit(Event::UpdateHeld { step })?;
        }
        Ok(())
    }

    fn emit_all(&mut self, events: Vec<Event>) -> Result<(), TrainError> {
        events.into_iter().try_for_each(|event| self.control.events.emit(event))
    }

    /// Reports the newest update if the record does not have it, so that it knows the weights in
    /// force.
    pub(super) fn report_waiting_update(&mut self) -> Result<(), TrainError> {
        let waiting = self.reports.take_waiting();
        self.emit_all(waiting)
    }

    /// The record knows the weights in force, as by a checkpoint or a command.
    pub(super) fn weights_are_recorded(&mut self) {
        self.reports = UpdateReports::new(self.mixer.updated_at(), self.mixer.mixture().clone());
    }

    /// Reports the weights that the strategy begins with, if they are not the detected ones, and
    /// those of the shadows.
    pub(super) fn emit_first_weights(&mut self) -> Result<(), Break> {
        let state = self.mixer.state();
        if state.mixture != state.detected {
            self.control.events.emit(Event::MixtureUpdated {
                step: Step(0),
                update: 0,
                old: state.detected,
                new: state.mixture,
                potential: Vec::new(),
                forgetting: Vec::new(),
                potential_error: Vec::new(),
                forgetting_error: Vec::new(),
                gradient_products: Vec::new(),
                state: state.strategy,
            })?;
        }
        let shadows = self.shadows_event(Step(0), 0);
        Ok(self.emit_all(shadows.into_iter().collect())?)
    }
}
