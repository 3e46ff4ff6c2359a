//! Checkpoints: a folder in HF layout with the engine's state beside the weights.
//!
//! A checkpoint is written into a folder with a temporary name, each file synced and hashed, the
//! marker `complete.json` last, and then renamed: it is there whole or not at all. Where there are
//! several ranks, rank 0 writes it.

mod aside;
mod chat_files;
mod choice;
mod folders;
mod found;
mod marker;
mod share;
mod state;

pub use aside::set_aside;
pub use choice::chosen;
pub use folders::relative;
pub use found::{Found, best, exists, newest};
pub use share::share;
pub use state::EngineState;

use super::error::TrainError;
use super::folder::{RunFolder, make_in_run, write_atomic};
use super::trainer::Trainer;
use crate::data::ChatFormat;
use crate::disk;
use crate::model::{ModelError, TensorFile, write_tensors};
use crate::unit::{Bytes, Step};
use folders::{all, name_of, remove_dir, replace_dir};
use marker::Marker;
use state::STATE;
use std::path::Path;

/// A checkpoint that was just written.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Relative to the run's folder.
    pub path: String,
    /// All its files together.
    pub bytes: Bytes,
}

const OPTIMIZER: &str = "optimizer.safetensors";

/// Writes `checkpoints/step-000400`.
pub fn save(
    folder: &RunFolder,
    trainer: &Trainer,
    format: &ChatFormat,
    state: &EngineState,
) -> Result<Saved, TrainError> {
    let checkpoints = folder.checkpoints();
    make_in_run(&checkpoints)?;
    let scratch = disk::temporary_folder(&checkpoints)
        .map_err(|error| TrainError::io("write to the folder", &checkpoints, error))?;
    let bytes = write_files(scratch.path(), trainer, format, state)?;
    let target = checkpoints.join(name_of(state.step));
    replace_dir(scratch, &target)?;
    Ok(Saved { path: relative(&target), bytes: Bytes(bytes) })
}

/// Puts weights and moments of a checkpoint into a trainer.
pub fn restore(path: &Path, trainer: &mut Trainer) -> Result<(), TrainError> {
    trainer.model.load_from(path)?;
    restore_moments(path, trainer)
}

/// Puts the moments of a checkpoint into a trainer that has its weights.
pub fn restore_moments(path: &Path, trainer: &mut Trainer) -> Result<(), TrainError> {
    let file = TensorFile::open(path.join(OPTIMIZER))?;
    Ok(trainer.optimizer.restore(trainer.model.params(), &file)?)
}

/// Removes checkpoints but the last `keep_last` and that of the step `keep`. Returns what was removed.
pub fn prune(
    folder: &RunFolder,
    keep_last: usize,
    keep: Option<Step>,
) -> Result<Vec<String>, TrainError> {
    let all = all(folder.path())?;
    let kept = keep.map(|step| folder.checkpoints().join(name_of(step)));
    let old = &all[..all.len().saturating_sub(keep_last.max(1))];
    let mut removed = Vec::new();
    for path in old.iter().filter(|path| Some(*path) != kept.as_ref()) {
        remove_dir(path)?;
        removed.push(relative(path));
    }
    Ok(removed)
}

fn not_written(error: ModelError) -> TrainError {
    match error {
        ModelError::Write { path, source } => TrainError::io("write", &path, source),
        error => error.into(),
    }
}

fn write_files(
    scratch: &Path,
    trainer: &Trainer,
    format: &ChatFormat,
    state: &EngineState,
) -> Result<u64, TrainError> {
    trainer.model.save(scratch).map_err(not_written)?;
    chat_files::write(scratch, format)?;
    let moments = trainer.optimizer.tensors(trainer.model.params());
    write_tensors(&scratch.join(OPTIMIZER), &moments).map_err(not_written)?;
    // The plan is a text of many lines, and is to stay readable.
    let style = ron::ser::PrettyConfig::new().escape_strings(false);
    let text = ron::ser::to_string_pretty(state, style)
        .map_err(|error| TrainError::stored(&scratch.join(STATE), error.to_string()))?;
    write_atomic(&scratch.join(STATE), text.as_bytes())?;
    Marker::write(scratch, state.step, state.mean_loss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A run's folder with the markers of checkpoints of these steps and losses.
    fn checkpoints(losses: &[(u64, Option<f64>)]) -> (tempfile::TempDir, RunFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), "run").unwrap();
        for (step, loss) in losses {
            let path = folder.checkpoints().join(name_of(Step(*step)));
            fs::create_dir_all(&path).unwrap();
            Marker::write(&path, Step(*step), *loss).unwrap();
        }
        (dir, folder)
    }

    #[test]
    fn the_best_is_the_lowest_loss_of_a_checkpoint_of_its_own_step() {
        let losses = [(10, Some(2.0)), (20, Some(1.5)), (30, None), (40, Some(1.75))];
        let (_dir, folder) = checkpoints(&losses);
        let best = best(folder.path()).unwrap().unwrap();
        assert_eq!((best.step, best.loss), (Step(20), 1.5));
        let removed = prune(&folder, 1, Some(best.step)).unwrap();
        assert_eq!(removed, ["checkpoints/step-000010", "checkpoints/step-000030"]);
    }

    #[test]
    fn without_a_usable_loss_none_is_the_best() {
        let (_dir, folder) = checkpoints(&[(10, None), (20, Some(f64::NAN))]);
        assert_eq!(best(folder.path()).unwrap(), None);
        assert_eq!(prune(&folder, 1, None).unwrap(), ["checkpoints/step-000010"]);
        // Of equal ones the newest, which was trained longer.
        let (_dir, folder) = checkpoints(&[(10, Some(1.0)), (20, Some(1.0))]);
        assert_eq!(best(folder.path()).unwrap().map(|best| best.step), Some(Step(20)));
    }
}
