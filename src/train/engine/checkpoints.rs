//! When a checkpoint is written, and what of the engine it holds.

use super::Engine;
use crate::telemetry::{Event, Level, Phase};
use crate::train::checkpoint::{self, Contents, EngineState, Saved};
use crate::train::error::TrainError;
use crate::train::interrupt::Break;
use crate::train::prepare::Prepared;
use crate::unit::Step;
use std::time::{Duration, Instant};

/// What is told of a checkpoint.
pub(super) struct Save {
    pub step: Step,
    pub why: String,
    /// Mean of the held-out losses of its step, nats, where they were measured.
    pub loss: Option<f64>,
}

impl Engine<'_> {
    /// Writes a checkpoint of this step, unless there is one, before training goes on. Commands since then are in
    /// the record, and a resume repeats them. It is ranked only if the held-out losses of this very step are known.
    pub(super) fn save(&mut self, why: &str) -> Result<(), TrainError> {
        self.finish_save()?;
        if self.saved_at == Some(self.control.step()) {
            return Ok(());
        }
        let begun = Instant::now();
        self.prepare_to_save()?;
        self.write_now(self.save_of_now(why), begun)
    }

    pub(super) fn write_now(&mut self, save: Save, begun: Instant) -> Result<(), TrainError> {
        let saved = self.contents()?.write(&self.folder.checkpoints(), &mut |_| Ok(()))?;
        self.report_saved(save, saved, begun.elapsed(), None)
    }

    pub(super) fn prepare_to_save(&mut self) -> Result<(), TrainError> {
        self.tried_at = Some(self.control.step());
        self.report_waiting_update()?;
        self.weights_are_recorded();
        self.control.events.enter(Phase::Saving, None)?;
        self.write_newest_losses()?;
        // A checkpoint refers to the record by an event's number: the record is on disk first.
        Ok(self.hub.sync()?)
    }

    pub(super) fn save_of_now(&self, why: &str) -> Save {
        let step = self.control.step();
        Save { step, why: why.into(), loss: self.progress.loss_of(step) }
    }

    /// What a checkpoint of now holds.
    pub(super) fn contents(&self) -> Result<Contents, TrainError> {
        let Prepared { trainer, corpus, .. } = &self.prepared;
        Contents::of(trainer, corpus.chat_format(), &self.state())
    }

    /// Reports a checkpoint that is on disk, and removes old ones. `stopped`: how long training stood still, where
    /// that is not all of the time.
    pub(super) fn report_saved(
        &mut self,
        save: Save,
        saved: Saved,
        took: Duration,
        stopped: Option<Duration>,
    ) -> Result<(), TrainError> {
        self.saved_at = Some(save.step);
        let keep = self.plan.checkpoint.clone();
        let best = keep.keep_best.then(|| checkpoint::best(self.folder.path()));
        let (best, failed) = match best.transpose() {
            Ok(best) => (best.flatten(), None),
            Err(error) => (None, Some(error)),
        };
        self.control.events.emit(Event::CheckpointSaved {
            step: save.step,
            path: saved.path,
            bytes: saved.bytes,
            secs: took.as_secs_f64(),
            stopped_secs: stopped.map(|stopped| stopped.as_secs_f64()),
            why: save.why,
            loss: save.loss.filter(|loss| loss.is_finite()),
            best,
        })?;
        // This one is on disk, whatever becomes of the others. Without the best, which is to stay, none is removed.
        let pruned = match failed {
            Some(error) => Err(error),
            None => checkpoint::prune(self.folder, keep.keep_last, best.map(|best| best.step)),
        };
        match pruned {
            Ok(removed) => removed
                .into_iter()
                .try_for_each(|path| self.control.events.emit(Event::CheckpointRemoved { path })),
            Err(error) => {
                let text = format!("older checkpoints were not removed: {error}");
                self.control.events.notice(Level::Error, text)
            }
        }
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
        let step = self.control.step();
        let saved = self.save_meanwhile(&format!("every {every} steps"));
        Ok(self.warn_of_no_checkpoint(step, saved)?)
    }

    /// An error, as of a full disk, is reported and does not end the run.
    pub(super) fn warn_of_no_checkpoint(
        &mut self,
        of: Step,
        saved: Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let Err(error) = saved else { return Ok(()) };
        let text = format!("no checkpoint of step {of} was written: {error}; training continues");
        self.control.events.notice(Level::Error, text)
    }

    /// Writes a checkpoint of what was trained before an error ends the run. What fails here is only
    /// reported: it is the first error that the user has to know.
    pub(super) fn save_before_failing(&mut self) {
        // Where the record cannot be written, that is the error which ends the run.
        let _ = self.finish_save();
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
