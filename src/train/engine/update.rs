//! The mixture update: held-out losses, potential γ and forgetting φ, new weights w.

use super::Engine;
use crate::telemetry::{Event, Level};
use crate::train::interrupt::Break;
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
        let Some(measured) = self.measure_held_out()? else { return Ok(()) };
        let step = self.control.step();
        let smoothing = self.control.status.live.smoothing;
        for (domain, value) in self.mixer.saw_held_out(&measured.0, smoothing) {
            let domain = self.control.status.domains()[domain].clone();
            let value = value.to_string();
            self.control.events.emit(Event::LossRejected { step, domain, value })?;
        }
        self.emit_evaluated(measured)?;
        self.progress.update_pending = false;
        self.update_mixture()
    }

    fn update_mixture(&mut self) -> Result<(), Break> {
        // A command may have come during the measurement.
        self.solve_lambda_if_asked()?;
        let step = self.control.step();
        let old = self.mixer.mixture().clone();
        let progress = step.0 as f64 / self.prepared.total_steps as f64;
        let live = &self.control.status.live;
        let Some(decision) = self.mixer.update(step, progress, live) else {
            return Ok(self.control.events.emit(Event::UpdateHeld { step })?);
        };
        let update = self.mixer.updates();
        self.control.events.emit(Event::MixtureUpdated {
            step,
            update,
            old,
            new: decision.mixture,
            potential: decision.potential,
            forgetting: decision.forgetting,
            potential_error: decision.potential_error,
            forgetting_error: decision.forgetting_error,
            state: self.mixer.state().strategy,
        })?;
        if let Some(threshold) = decision.threshold {
            let noisy = self.mixer.saw_test(&threshold);
            self.control.events.emit(Event::ThresholdTested { step, update, threshold })?;
            if noisy == NOISY_TESTS {
                self.tell_of_noise()?;
            }
        }
        Ok(())
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

    /// Reports the weights that the strategy begins with, if they are not the detected ones.
    pub(super) fn emit_first_weights(&mut self) -> Result<(), Break> {
        let state = self.mixer.state();
        if state.mixture != state.detected {
            let zeros = vec![0.0; state.detected.len()];
            self.control.events.emit(Event::MixtureUpdated {
                step: Step(0),
                update: 0,
                old: state.detected,
                new: state.mixture,
                potential: zeros.clone(),
                forgetting: zeros,
                potential_error: Vec::new(),
                forgetting_error: Vec::new(),
                state: state.strategy,
            })?;
        }
        Ok(())
    }
}
