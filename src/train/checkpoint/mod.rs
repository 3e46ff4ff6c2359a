//! Checkpoints: a folder in HF layout with the engine's state beside the weights.
//!
//! A checkpoint is written into a folder with a temporary name, each file synced and hashed, the
//! marker `complete.json` last, and then renamed: it is there whole or not at all. Where there are
//! several ranks, rank 0 writes it.

mod chat_files;
mod folders;
mod marker;
mod state;

pub use folders::relative;
pub use state::EngineState;

use super::error::TrainError;
use super::folder::{RunFolder, make_in_run, write_atomic};
use super::trainer::Trainer;
use crate::data::ChatFormat;
use crate::disk;
use crate::model::ModelError;
use crate::telemetry::BestCheckpoint;
use crate::unit::{Bytes, Step};
use folders::{all, name_of, remove_dir, replace_dir};
use marker::Marker;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tch::{TchError, Tensor};

/// A checkpoint that was just written.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Relative to the run's folder.
    pub path: String,
    /// All its files together.
    pub bytes: Bytes,
}

/// A checkpoint that was found whole.
pub struct Found {
    /// Its folder.
    pub path: PathBuf,
    /// Its state.
    pub state: EngineState,
}

/// A checkpoint that cannot be used: its path relative to the run's folder, and why.
pub type Skipped = (String, String);

const STATE: &str = "trainer.ron";
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

/// The newest checkpoint whose files are all there with the right sums, and those that were skipped
/// on the way to it.
pub fn newest(folder: &RunFolder) -> Result<(Option<Found>, Vec<Skipped>), TrainError> {
    let mut skipped = Vec::new();
    for path in all(folder.path())?.into_iter().rev() {
        match verify(&path).and_then(|()| read_state(&path)) {
            Ok(state) => return Ok((Some(Found { path, state }), skipped)),
            Err(why) => skipped.push((relative(&path), why)),
        }
    }
    Ok((None, skipped))
}

/// Whether the folder of a run has a checkpoint that was finished.
pub fn exists(run: &Path) -> bool {
    all(run).is_ok_and(|all| all.iter().any(|path| Marker::is_in(path)))
}

/// Puts weights and moments of a checkpoint into a trainer.
pub fn restore(path: &Path, trainer: &mut Trainer) -> Result<(), TrainError> {
    trainer.model.load_from(path)?;
    let file = path.join(OPTIMIZER);
    let tensors = Tensor::read_safetensors(&file).map_err(|error| {
        TrainError::stored(&file, format!("not readable as safetensors ({error})"))
    })?;
    trainer
        .optimizer
        .restore(trainer.model.params(), tensors)
        .map_err(|why| TrainError::stored(&file, why))
}

/// Of the checkpoints that are there, the one of the lowest mean held-out loss of its own step; `None`
/// where none has such a loss. Of equal ones the newest.
pub fn best(folder: &RunFolder) -> Result<Option<BestCheckpoint>, TrainError> {
    let ranked = all(folder.path())?.into_iter().rev().filter_map(|path| {
        let marker = Marker::read(&path).ok()?;
        let loss = marker.mean_loss.filter(|loss| loss.is_finite())?;
        Some(BestCheckpoint { step: marker.step, loss })
    });
    Ok(ranked.min_by(|a, b| a.loss.total_cmp(&b.loss)))
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

/// The system's own error, of which tch leaves the number in a text.
fn not_written(file: &Path, error: &TchError) -> TrainError {
    let text = error.to_string();
    let number = text.split_once("code: ").and_then(|(_, rest)| rest.split(',').next());
    match number.and_then(|number| number.parse().ok()) {
        Some(number) => TrainError::io("write", file, io::Error::from_raw_os_error(number)),
        None => TrainError::stored(file, format!("writing failed ({text})")),
    }
}

fn write_files(
    scratch: &Path,
    trainer: &Trainer,
    format: &ChatFormat,
    state: &EngineState,
) -> Result<u64, TrainError> {
    trainer.model.save(scratch).map_err(|error| match error {
        ModelError::Write { path, source } => TrainError::io("write", &path, source),
        error => error.into(),
    })?;
    chat_files::write(scratch, format)?;
    let file = scratch.join(OPTIMIZER);
    Tensor::write_safetensors(&trainer.optimizer.tensors(trainer.model.params()), &file)
        .map_err(|error| not_written(&file, &error))?;
    // The plan is a text of many lines, and is to stay readable.
    let style = ron::ser::PrettyConfig::new().escape_strings(false);
    let text = ron::ser::to_string_pretty(state, style)
        .map_err(|error| TrainError::stored(&scratch.join(STATE), error.to_string()))?;
    write_atomic(&scratch.join(STATE), text.as_bytes())?;
    Marker::write(scratch, state.step, state.mean_loss)
}

fn verify(path: &Path) -> Result<(), String> {
    Marker::read(path)?.verify(path)
}

fn read_state(path: &Path) -> Result<EngineState, String> {
    let text = fs::read_to_string(path.join(STATE)).map_err(|error| format!("{STATE}: {error}"))?;
    ron::from_str(&text).map_err(|error| format!("{STATE}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let best = best(&folder).unwrap().unwrap();
        assert_eq!((best.step, best.loss), (Step(20), 1.5));
        let removed = prune(&folder, 1, Some(best.step)).unwrap();
        assert_eq!(removed, ["checkpoints/step-000010", "checkpoints/step-000030"]);
    }

    #[test]
    fn without_a_usable_loss_none_is_the_best() {
        let (_dir, folder) = checkpoints(&[(10, None), (20, Some(f64::NAN))]);
        assert_eq!(best(&folder).unwrap(), None);
        assert_eq!(prune(&folder, 1, None).unwrap(), ["checkpoints/step-000010"]);
        // Of equal ones the newest, which was trained longer.
        let (_dir, folder) = checkpoints(&[(10, Some(1.0)), (20, Some(1.0))]);
        assert_eq!(best(&folder).unwrap().map(|best| best.step), Some(Step(20)));
    }
}
