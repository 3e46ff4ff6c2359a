//! What a checkpoint is written from, and the writing.

use super::Saved;
use super::chat_files;
use super::folders::{name_of, relative, replace_dir};
use super::marker::Marker;
use super::state::{EngineState, STATE};
use crate::data::ChatFormat;
use crate::disk;
use crate::model::{ModelError, ModelFolder, StoredTensor, write_tensors};
use crate::torch::HostMemory;
use crate::train::error::TrainError;
use crate::train::folder::{make_in_run, write_atomic};
use crate::train::trainer::Trainer;
use crate::unit::{Bytes, Step};
use std::io;
use std::path::Path;

/// The moments' file.
pub(super) const OPTIMIZER: &str = "optimizer.safetensors";

/// All that a checkpoint holds. The tensors are the trainer's own, which the next step changes, until they are
/// copied.
pub struct Contents {
    step: Step,
    mean_loss: Option<f64>,
    model: ModelFolder,
    moments: Vec<StoredTensor>,
    format: ChatFormat,
    /// `trainer.ron`.
    state: String,
}

impl Contents {
    /// The checkpoint of a trainer, with the state of the engine around it.
    ///
    /// # Errors
    /// The state cannot be written as text.
    pub fn of(
        trainer: &Trainer,
        format: &ChatFormat,
        state: &EngineState,
    ) -> Result<Self, TrainError> {
        // The plan is a text of many lines, and is to stay readable.
        let style = ron::ser::PrettyConfig::new().escape_strings(false);
        let text = ron::ser::to_string_pretty(state, style)
            .map_err(|error| TrainError::stored(Path::new(STATE), error.to_string()))?;
        let contents = Contents::of_trainer(trainer, state.step);
        Ok(Contents { mean_loss: state.mean_loss, format: format.clone(), state: text, ..contents })
    }

    /// The checkpoint of a trainer alone, from which nothing can be continued.
    pub fn of_trainer(trainer: &Trainer, step: Step) -> Self {
        let moments = trainer.optimizer.tensors(trainer.model.params());
        Contents {
            step,
            mean_loss: None,
            model: trainer.model.contents(),
            moments: moments.iter().map(|(name, of)| StoredTensor::new(name, of)).collect(),
            format: ChatFormat::default(),
            state: String::new(),
        }
    }

    /// The same with copies of the tensors in host memory: it is written as it is now, whatever becomes of the
    /// trainer.
    ///
    /// # Errors
    /// Too little host memory; the device fails.
    pub fn copied(self, memory: &HostMemory) -> Result<Self, TrainError> {
        let moments = self.moments.into_iter().map(|moment| moment.copied(memory));
        let moments = moments.collect::<Result<_, _>>()?;
        Ok(Contents { model: self.model.copied(memory)?, moments, ..self })
    }

    /// Bytes of each of the tensors.
    pub fn tensor_bytes(&self) -> Vec<u64> {
        self.model.tensor_bytes().chain(self.moments.iter().map(StoredTensor::bytes)).collect()
    }

    /// Bytes of the tensors.
    pub fn bytes(&self) -> Bytes {
        Bytes(self.tensor_bytes().iter().sum())
    }

    /// Writes `step-000400` into the folder of a run's checkpoints. `on_block` is called with the number of bytes of
    /// every block of tensors that was written; its error ends the writing, and nothing of it stays.
    ///
    /// # Errors
    /// The system's or `on_block`'s.
    pub fn write(
        &self,
        checkpoints: &Path,
        on_block: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> Result<Saved, TrainError> {
        make_in_run(checkpoints)?;
        let scratch = disk::temporary_folder(checkpoints)
            .map_err(|error| TrainError::io("write to the folder", checkpoints, error))?;
        let bytes = self.write_files(scratch.path(), on_block)?;
        let target = checkpoints.join(name_of(self.step));
        replace_dir(scratch, &target)?;
        Ok(Saved { path: relative(&target), bytes: Bytes(bytes) })
    }

    /// Returns the bytes of all files.
    fn write_files(
        &self,
        folder: &Path,
        on_block: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> Result<u64, TrainError> {
        let mut sums = self.model.write_into(folder, on_block).map_err(not_written)?;
        chat_files::write(folder, &self.format)?;
        let moments = folder.join(OPTIMIZER);
        let sum = write_tensors(&moments, &self.moments, on_block).map_err(not_written)?;
        sums.push((OPTIMIZER.into(), sum));
        write_atomic(&folder.join(STATE), self.state.as_bytes())?;
        Marker::write(folder, self.step, self.mean_loss, sums)
    }
}

fn not_written(error: ModelError) -> TrainError {
    match error {
        ModelError::Write { path, source } => TrainError::io("write", &path, source),
        error => error.into(),
    }
}
