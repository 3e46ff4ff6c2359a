//! Checkpoints: a folder in HF layout with the engine's state beside the weights.
//!
//! A checkpoint is written into a folder with a temporary name, each file synced, the tensors hashed on their
//! way, the marker `complete.json` last, and then renamed: it is there whole or not at all. That may be done by a
//! thread of its own, from a copy in host memory, while training goes on. Where there are several ranks, rank 0
//! writes it.

mod aside;
mod background;
mod chat_files;
mod choice;
mod contents;
mod folders;
mod found;
mod marker;
mod share;
mod state;

pub use aside::set_aside;
pub use background::{BackgroundSave, OnBlock, SaveConditions};
pub use choice::chosen;
pub use contents::Contents;
pub use folders::{path_of, relative};
pub use found::{Found, best, exists, newest};
pub use share::share;
pub use state::EngineState;

use super::error::TrainError;
use super::folder::RunFolder;
use super::trainer::Trainer;
use crate::model::TensorFile;
use crate::unit::{Bytes, Step};
use contents::OPTIMIZER;
use folders::{all, name_of, remove_dir};
use std::path::Path;

/// A checkpoint that was just written.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Relative to the run's folder.
    pub path: String,
    /// All its files together.
    pub bytes: Bytes,
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

#[cfg(test)]
mod tests {
    use super::marker::Marker;
    use super::*;
    use std::fs;

    /// A run's folder with the markers of checkpoints of these steps and losses.
    fn checkpoints(losses: &[(u64, Option<f64>)]) -> (tempfile::TempDir, RunFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), "run").unwrap();
        for (step, loss) in losses {
            let path = folder.checkpoints().join(name_of(Step(*step)));
            fs::create_dir_all(&path).unwrap();
            Marker::write(&path, Step(*step), *loss, Vec::new()).unwrap();
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
