//! When a checkpoint is written, and what of the engine it holds.

use crate::train::checkpoint::{self, TrainerState};
use super::Engine;
use crate::train::error::{Break, TrainError};
use crate::telemetry::{Event, Level, Phase};
use std::time::Instant;

impl Engine<'_> {
    /// Writes a checkpoint of this step, unless there is one: commands given since then are in the
    /// record, and a resume gives them again.
    pub(super) fn save(&mut self, why: &str) -> Result<(), TrainError> {
        if self.saved_at == Some(self.desk.step) {
            return Ok(());
        }
        self.desk.enter(Phase::Saving, None)?;
        let begun = Instant::now();
        let state = self.state();
        self.desk.hub.sync()?;
        let saved = checkpoint::save(self.folder, &self.prepared.trainer, &state)?;
        self.saved_at = Some(self.desk.step);
        self.desk.emit(Event::CheckpointSaved {
            step: self.desk.step,
            path: saved.path,
            bytes: saved.bytes,
            secs: begun.elapsed().as_secs_f64(),
            why: why.into(),
        })?;
        let keep = &self.plan.checkpoint;
        for path in checkpoint::prune(self.folder, keep.keep_last, keep.keep_best)? {
            self.desk.emit(Event::CheckpointRemoved { path })?;
        }
        Ok(())
    }

    /// A checkpoint that fails in the middle of a run (a full disk, say) must not end it.
    pub(super) fn save_or_warn(&mut self, why: &str) -> Result<(), Break> {
        if let Err(error) = self.save(why) {
            self.desk.notice(
                Level::Error,
                format!("no checkpoint was written: {error}; training goes on"),
            )?;
        }
        Ok(())
    }

    fn state(&self) -> TrainerState {
        TrainerState {
            step: self.desk.step,
            seq: self.desk.hub.last_seq(),
            answered: self.desk.answered(),
            plan: self.plan.clone(),
            data: self.prepared.corpus.fingerprint(),
            live: self.desk.live.clone(),
            mixer: self.mixer.state(),
            sampler: self.sampler.state(),
            update_pending: self.update_pending,
            skipped_in_a_row: self.skipped_in_a_row,
            mean_loss: self.mean_loss,
            budgets: self.prepared.trainer.budgets,
            pending: self.desk.replays.pending(),
        }
    }
}
