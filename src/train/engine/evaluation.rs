//! Held-out losses ℓ: when they are measured, and their report.

use super::Engine;
use crate::mixing::RowLosses;
use crate::telemetry::{Event, Level, Measured, Phase};
use crate::train::error::TrainError;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::prepare::Prepared;
use crate::train::run_control::RunControl;
use crate::unit::Step;
use std::time::Instant;

/// Losses of all domains row by row, and the seconds that their measurement took.
pub(super) type HeldOut = (Vec<RowLosses>, f64);

impl Engine<'_> {
    /// Measures the held-out losses if `evaluation.every` makes them due at this step, whether or not
    /// the mixture is updated.
    pub(super) fn evaluate_if_due(&mut self) -> Result<(), Break> {
        let step = self.control.step();
        if self.plan.evaluation.every.is_some_and(|every| step.is_multiple_of(every)) {
            self.evaluate()?;
        }
        Ok(())
    }

    /// Measures and reports the held-out losses of this step, once. Returns whether they are known
    /// now, which they are not if a request ended the measurement.
    pub(super) fn evaluate(&mut self) -> Result<bool, Break> {
        if self.progress.loss_of(self.control.step()).is_some() {
            return Ok(true);
        }
        self.evaluate_again()
    }

    /// As [`Engine::evaluate`], but measures again what was measured at this step already.
    pub(super) fn evaluate_again(&mut self) -> Result<bool, Break> {
        self.progress.evaluated = None;
        match self.measure_held_out()? {
            Some(measured) => self.emit_evaluated(measured).map(|()| true),
            None => Ok(false),
        }
    }

    /// `None` where a request waits that ends the run.
    pub(super) fn measure_held_out(&mut self) -> Result<Option<HeldOut>, Break> {
        measure_losses(&mut self.prepared, self.control, None)
    }

    /// Reports the held-out losses of this step and keeps their mean.
    pub(super) fn emit_evaluated(&mut self, (measured, secs): HeldOut) -> Result<(), Break> {
        let step = self.control.step();
        let domains = self.mixer.compared(&measured);
        let sum = domains.iter().map(|eval| eval.loss).sum::<f64>();
        let mean = sum / domains.len() as f64;
        self.progress.evaluated = Some((step, mean));
        let used = match self.needs_held_out() {
            true => self.mixer.used_loss().to_vec(),
            false => domains.iter().map(|eval| eval.loss).collect(),
        };
        self.control.events.emit(Event::Evaluated { step, domains, used, secs })?;
        if step == Step(0) {
            self.write_losses(Measured::Start, step, &measured)?;
        }
        if self.progress.best_loss.is_none_or(|best| mean < best) {
            self.progress.best_loss = Some(mean);
            self.write_losses(Measured::Best, step, &measured)?;
        }
        self.progress.newest = Some((step, measured));
        Ok(())
    }

    /// Writes the newest held-out losses row by row, if any were measured.
    pub(super) fn write_newest_losses(&mut self) -> Result<(), TrainError> {
        match self.progress.newest.take() {
            Some((step, losses)) => self.write_losses(Measured::Last, step, &losses),
            None => Ok(()),
        }
    }

    /// An error, as of a full disk, is reported and does not end the run.
    fn write_losses(
        &mut self,
        which: Measured,
        step: Step,
        losses: &[RowLosses],
    ) -> Result<(), TrainError> {
        if self.is_rehearsal {
            return Ok(());
        }
        let written = self.prepared.held_out_rows.write(self.folder.path(), which, step, losses);
        match written {
            Ok(()) => Ok(()),
            Err(error) => {
                let text = format!("held-out losses were not written row by row: {error}");
                self.control.events.notice(Level::Warning, text)
            }
        }
    }
}

/// ℓ(0) of the untuned model.
pub(super) fn measure_untuned(
    prepared: &mut Prepared,
    control: &mut RunControl,
) -> Result<HeldOut, Break> {
    loop {
        let measured = measure_losses(prepared, control, Some("the untuned model".into()))?;
        control.attend()?;
        if let Some(measured) = measured {
            return Ok(measured);
        }
        // It was given up for a request that turned out not to end the run: try again.
    }
}

fn measure_losses(
    prepared: &mut Prepared,
    control: &mut RunControl,
    detail: Option<String>,
) -> Result<Option<HeldOut>, Break> {
    control.events.enter(Phase::Evaluating, detail)?;
    let begun = Instant::now();
    let Prepared { trainer, held_out, .. } = prepared;
    let evals = trainer.evaluate(held_out, &mut || control.is_urgent())?;
    let reductions = trainer.take_budget_reductions();
    control.events.emit_budget_reductions(control.status.step, reductions)?;
    Ok(evals.map(|evals| (evals, begun.elapsed().as_secs_f64())))
}
