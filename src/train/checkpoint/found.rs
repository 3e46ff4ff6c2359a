//! Checkpoints that are there.

use super::folders::{all, relative};
use super::marker::Marker;
use super::state::EngineState;
use crate::telemetry::BestCheckpoint;
use crate::train::error::TrainError;
use crate::train::folder::RunFolder;
use std::path::{Path, PathBuf};

/// A checkpoint that was found whole.
pub struct Found {
    /// Its folder.
    pub path: PathBuf,
    /// Its state.
    pub state: EngineState,
}

impl Found {
    /// The checkpoint in a folder; `Err` is what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, String> {
        Marker::read(path)?.verify(path)?;
        Ok(Found { path: path.into(), state: EngineState::read(path)? })
    }
}

/// A checkpoint that cannot be used: its path relative to the run's folder, and why.
pub type Skipped = (String, String);

/// The newest checkpoint whose files are all there with the right sums, and those that were skipped
/// on the way to it.
pub fn newest(folder: &RunFolder) -> Result<(Option<Found>, Vec<Skipped>), TrainError> {
    let mut skipped = Vec::new();
    for path in all(folder.path())?.into_iter().rev() {
        match Found::open(&path) {
            Ok(found) => return Ok((Some(found), skipped)),
            Err(why) => skipped.push((relative(&path), why)),
        }
    }
    Ok((None, skipped))
}

/// Whether the folder of a run has a checkpoint that was finished.
pub fn exists(run: &Path) -> bool {
    all(run).is_ok_and(|all| all.iter().any(|path| Marker::is_in(path)))
}

/// Of the checkpoints that are there, the one of the lowest mean held-out loss of its own step; `None`
/// where none has such a loss. Of equal ones the newest.
pub fn best(run: &Path) -> Result<Option<BestCheckpoint>, TrainError> {
    let ranked = all(run)?.into_iter().rev().filter_map(|path| {
        let marker = Marker::read(&path).ok()?;
        let loss = marker.mean_loss.filter(|loss| loss.is_finite())?;
        Some(BestCheckpoint { step: marker.step, loss })
    });
    Ok(ranked.min_by(|a, b| a.loss.total_cmp(&b.loss)))
}
