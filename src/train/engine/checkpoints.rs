//! When a checkpoint is written, and what of the engine it holds.

use super::Engine;
use crate::telemetry::{Event, Level, Phase};
use crate::train::checkpoint::{self, EngineState};
use crate::train::error::TrainError;
use crate::train::interrupt::Break;
use crate::train::prepare::Prepared;
use crate::unit::Step;
use std::time::Instant;

impl Engine<'_> {
    /// Writes a checkpoint of this step, unless there is one. Commands since then are in the record,
    /// and a resume repeats them. It is ranked only if the held-out losses of this very step are known.
    pub(super) fn save(&mut self, why: &str) -> Result<(), TrainError> {
        let step = self.control.step();
        if self.saved_at == Some(step) {
            return Ok(());
        }
        self.tried_at = Some(step);
        self.report_waiting_update()?;
        self.weights_are_recorded();
        self.control.events.enter(Phase::Saving, None)?;
        let begun = Instant::now();
        self.write_newest_losses()?;
        let state = self.state();
        // A checkpoint refers to the record by an event's number: the record is on disk first.
        self.hub.sync()?;
        let Prepared { trainer, corpus, .. } = &self.prepared;
        let saved = checkpoint::save(self.folder, trainer, corpus.chat_format(), &state)?;
        self.saved_at = Some(step);
        let keep = &self.plan.checkpoint;
        let best = if keep.keep_best { checkpoint::best(self.folder.path())? } else { None };
        self.control.events.emit(Event::CheckpointSaved {
            step,
            path: saved.path,
            bytes: saved.bytes,
            secs: begun.elapsed().as_secs_f64(),
            why: why.into(),
            loss: state.mean_loss.filter(|loss| loss.is_finite()),
            best,
        })?;
        for path in checkpoint::prune(self.folder, keep.keep_last, best.map(|best| best.step))? {
            self.control.events.emit(Event::CheckpointRemoved { path })?;
        }
        Ok(())
    }

    /// Writes a checkpoint if `checkpoint.every` makes one due at this step. Where the best is kept, its
    /// held-out losses are measured first, so that it is ranked by what it is and not by an earlier
    /// model (but not for a strategy that needs none, for which nothing is measured in between); where a request ends the run meanwhile, it stays without a rank.
    pub(super) fn save_if_due(&mut self) -> Result<(), Break> {
        let step = self.control.step();
        let every = self.control.status.live.intervals.checkpoint_every;
        let Some(every) = every.filter(|&every| step.is_multiple_of(every)) else {
            return Ok(());
        };
        if self.plan.checkpoint.keep_best && self.needs_held_out() {
            self.evaluate()?;
        }
        self.save_or_warn(&format!("every {every} steps"))
    }

    /// Writes a checkpoint; an error, as of a full disk, is reported and does not end the run.
    pub(super) fn save_or_warn(&mut self, why: &str) -> Result<(), Break> {
        if let Err(error) = self.save(why) {
            self.control.events.notice(
                Level::Error,
                format!("no checkpoint was written: {error}; training continues"),
            )?;
        }
        Ok(())
    }

    /// Writes a checkpoint of what was trained before an error ends the run. What fails here is only
    /// reported: it is the first error that the user has to know.
    pub(super) fn save_before_failing(&mut self) {
        let step = self.control.step();
        if step == Step(0) || self.tried_at == Some(step) || self.is_rehearsal {
            return;
        }
        let problem = if self.prepared.trainer.is_torn() {
            "the error came while the weights were being changed".to_owned()
        } else if let Err(error) = self.save("before the run fails") {
            error.to_string()
        } else {
            return;
        };
        let text = format!("no checkpoint of this step was written: {problem}");
        // Where the record cannot be written, that is the error which ends the run.
        let _ = self.control.events.notice(Level::Error, text);
    }

    /// Says so where no checkpoint but the last can be the best one.
    pub(super) fn warn_of_unranked_checkpoints(&mut self) -> Result<(), TrainError> {
        let is_ranked = self.needs_held_out() || self.plan.evaluation.every.is_some();
        if is_ranked || !self.plan.checkpoint.keep_best {
            return Ok(());
        }
        let text = format!(
            "{} measures no held-out losses between start and end, so that `checkpoint.keep_best` \
             has nothing to choose by until then; `evaluation.every` measures them",
            self.plan.mixing.strategy.name()
        );
        self.control.events.notice(Level::Info, text)
    }

    fn state(&self) -> EngineState {
        EngineState {
            step: self.control.step(),
            seq: self.hub.last_seq(),
            answered: self.control.answered(),
            scheduled: self.control.scheduled,
            plan: self.plan.clone(),
            data: self.prepared.corpus.fingerprint(),
            live: self.control.status.live.clone(),
            mixer: self.mixer.state(),
            sampler: self.sampler.state(),
            update_pending: self.progress.update_pending,
            skipped_in_a_row: self.progress.skipped_in_a_row,
            standstill: self.progress.standstill.clone(),
            mean_loss: self.progress.loss_of(self.control.step()),
            best_loss: self.progress.best_loss,
            measured_rows: self.prepared.measured_rows,
            budgets: self.prepared.trainer.budgets,
            rules: self.control.rules.watches(),
            pending: self.control.pending_replay(),
        }
    }
}
