//! A new run that begins at a checkpoint of another one, with its history up to there.

use super::checkpoint::{self, Found};
use super::error::TrainError;
use super::folder::{HELD_OUT, RunFolder, make_in_run};
use super::{Measurement, data_files, held_out_file};
use crate::config::{self, RunPlan};
use crate::control::CheckpointChoice;
use crate::disk;
use crate::telemetry::{Event, Record, copy_beginning, now_ms};
use crate::unit::Step;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a run is to begin: a checkpoint of another one, whole and with the right sums.
pub struct BranchPoint {
    run: PathBuf,
    found: Found,
}

impl BranchPoint {
    /// The checkpoint that is meant, of the run in a folder, which may go on.
    ///
    /// # Errors
    /// There is none, with the nearest; it is damaged.
    pub fn find(run: &Path, at: CheckpointChoice) -> Result<Self, TrainError> {
        let found = checkpoint::chosen(run, at, Step(u64::MAX))?;
        let found = found.map_err(|why| TrainError::NoCheckpoint { run: run.into(), why })?;
        let run = fs::canonicalize(run).map_err(|error| TrainError::io("find", run, error))?;
        Ok(BranchPoint { run, found })
    }

    /// The plan that was in force when the checkpoint was written.
    pub fn plan(&self) -> &RunPlan {
        &self.found.state.plan
    }

    /// Makes the folder of the new run, which a resume goes on with. `plan` is the checkpoint's with what is
    /// to be another way.
    ///
    /// # Errors
    /// The plan changes what a resume keeps; a file cannot be read or written.
    pub fn begin(&self, plan: &RunPlan) -> Result<PathBuf, TrainError> {
        self.require_same(plan)?;
        let folder = RunFolder::create(&plan.runs_dir, &plan.name)?;
        let path = folder.path().to_owned();
        self.fill(&folder).inspect_err(|_| {
            // What is half there would be taken for a run. The first error is the one to know.
            let _ = fs::remove_dir_all(&path);
        })?;
        Ok(path)
    }

    fn require_same(&self, plan: &RunPlan) -> Result<(), TrainError> {
        let changes = config::diff(self.plan(), plan);
        let kept: Vec<String> =
            changes.iter().filter(|change| !change.obeyed).map(ToString::to_string).collect();
        match kept.is_empty() {
            true => Ok(()),
            false => Err(TrainError::KeptInBranch { changes: kept.join("; ") }),
        }
    }

    fn fill(&self, folder: &RunFolder) -> Result<(), TrainError> {
        let (run, state, to) = (&self.run, &self.found.state, folder.path());
        checkpoint::share(&self.found.path, folder)?;
        let stored = [Measurement::Detection, Measurement::ReferenceLosses].map(Measurement::file);
        for file in stored.into_iter().chain([data_files::FILE]) {
            share_if_there(&run.join(file), &to.join(file))?;
        }
        let losses = held_out_file::of_steps_until(run, state.step);
        if !losses.is_empty() {
            make_in_run(&to.join(HELD_OUT))?;
        }
        for path in losses {
            let name = path.file_name().unwrap_or_default();
            share_if_there(&path, &to.join(HELD_OUT).join(name))?;
        }
        let (mut record, seq) = copy_beginning(run, to, state.seq, state.step)?;
        let from = self.run.display().to_string();
        let event = Event::Branched { from, step: state.step, to_seq: state.seq };
        record.write(&Record { seq: seq + 1, unix_ms: now_ms(), event })?;
        Ok(record.sync()?)
    }
}

fn share_if_there(from: &Path, to: &Path) -> Result<(), TrainError> {
    match from.exists() {
        true => disk::link_or_copy(from, to).map_err(|error| TrainError::io("copy", from, error)),
        false => Ok(()),
    }
}
