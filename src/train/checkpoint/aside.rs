//! Checkpoints of a way that a rollback left: they are none of the run any more, and are kept.

use super::folders::{all, file_name};
use super::state::EngineState;
use crate::train::error::TrainError;
use crate::train::folder::{RunFolder, make_in_run};
use crate::train::held_out_file;
use crate::unit::Step;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the folder of abandoned ways in a run's folder: `abandoned/1`, `abandoned/2` and so on.
const ABANDONED: &str = "abandoned";

/// Moves the checkpoints that are left to `abandoned/<n>`, and where the run just went back to a step, the
/// held-out losses of later ones. Returns what there is to say about it.
pub fn set_aside(
    folder: &RunFolder,
    went_back_to: Option<Step>,
    is_left: impl Fn(&EngineState) -> bool,
) -> Result<Option<String>, TrainError> {
    let run = folder.path();
    let is_left = |path: &PathBuf| EngineState::read(path).is_ok_and(|state| is_left(&state));
    let left: Vec<PathBuf> = all(run)?.into_iter().filter(is_left).collect();
    let losses = went_back_to.map(|step| held_out_file::of_steps_after(run, step));
    let losses = losses.unwrap_or_default();
    if left.is_empty() && losses.is_empty() {
        return Ok(None);
    }
    let to = next_folder(run)?;
    for path in left.iter().chain(&losses) {
        let target = to.join(file_name(path));
        fs::rename(path, &target).map_err(|error| TrainError::io("move", path, error))?;
    }
    let names: Vec<String> = left.iter().chain(&losses).map(|path| file_name(path)).collect();
    let place = to.strip_prefix(run).unwrap_or(&to).display().to_string();
    Ok(Some(format!(
        "{} of the way that was left, now in {place}; remove that folder once you need it no more",
        names.join(", ")
    )))
}

/// Makes the first folder of a number that is free.
fn next_folder(run: &Path) -> Result<PathBuf, TrainError> {
    let all = run.join(ABANDONED);
    make_in_run(&all)?;
    let mut n = 1u64;
    while all.join(n.to_string()).exists() {
        n += 1;
    }
    let free = all.join(n.to_string());
    make_in_run(&free)?;
    Ok(free)
}
