//! Checkpoints: a folder in HF layout with the trainer's state beside the weights.
//!
//! A checkpoint is written into a folder with a temporary name, each file synced and hashed, the
//! marker `complete.json` last, and then renamed: it is there whole or not at all.

use super::error::TrainError;
use super::folder::{RunFolder, make_dir, write_atomic};
use super::mixer::MixerState;
use super::trainer::{Budgets, Trainer};
use crate::config::RunPlan;
use crate::control::{CommandOutcome, LiveValues};
use crate::data::SamplerState;
use crate::disk;
use crate::model::ModelError;
use crate::unit::{Bytes, Step};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tch::{TchError, Tensor};

/// Everything besides tensors that decides how a run goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainerState {
    /// Optimizer steps done.
    pub step: Step,
    /// Number of the last event before the checkpoint.
    pub seq: u64,
    /// Requests answered.
    pub answered: u64,
    /// The plan in force.
    pub plan: RunPlan,
    /// Fingerprint of the tokenized data.
    pub data: String,
    /// Values that the operator can change.
    pub live: LiveValues,
    /// The mixture.
    pub mixer: MixerState,
    /// The data cursors.
    pub sampler: SamplerState,
    /// Whether the mixture update of this step is still to be made.
    pub update_pending: bool,
    /// Skipped steps in a row.
    pub skipped_in_a_row: u64,
    /// Mean of the newest held-out losses: by it the best checkpoint is chosen.
    pub mean_loss: Option<f64>,
    /// Smaller than the plan's after running out of memory.
    pub budgets: Budgets,
    /// Commands of earlier processes that are still to be given again.
    #[serde(default)]
    pub pending: Vec<CommandOutcome>,
}

/// The marker file: a checkpoint without it is incomplete.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    step: Step,
    mean_loss: Option<f64>,
    files: BTreeMap<String, FileSum>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct FileSum {
    bytes: u64,
    sha256: String,
}

/// A checkpoint that was just written.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Relative to the run's folder.
    pub path: String,
    /// All its files.
    pub bytes: Bytes,
}

/// A checkpoint that was found.
pub struct Found {
    /// Its folder.
    pub path: PathBuf,
    /// Its state.
    pub state: TrainerState,
}

/// A checkpoint that cannot be used: its path relative to the run's folder, and why.
pub type PassedOver = (String, String);

const MARKER: &str = "complete.json";
const STATE: &str = "trainer.ron";
const OPTIMIZER: &str = "optimizer.safetensors";
const SCRATCH: &str = ".writing-";

/// Writes `checkpoints/step-000400`.
pub fn save(
    folder: &RunFolder,
    trainer: &Trainer,
    state: &TrainerState,
) -> Result<Saved, TrainError> {
    let checkpoints = folder.checkpoints();
    make_dir(&checkpoints)?;
    let name = format!("step-{:06}", state.step.0);
    let scratch = checkpoints.join(format!("{SCRATCH}{name}"));
    remove_dir(&scratch)?;
    make_dir(&scratch)?;
    let written = write_files(&scratch, trainer, state);
    let bytes = match written {
        Ok(bytes) => bytes,
        Err(error) => {
            // The half-written folder is of no use; the error that matters is the first one.
            let _ = fs::remove_dir_all(&scratch);
            return Err(error);
        }
    };
    let target = checkpoints.join(&name);
    replace_dir(&scratch, &target)?;
    Ok(Saved { path: format!("checkpoints/{name}"), bytes: Bytes(bytes) })
}

/// The newest checkpoint whose files are all there with the right sums, and those that were passed
/// over on the way to it. Leftovers of an interrupted save are removed.
pub fn newest(folder: &RunFolder) -> Result<(Option<Found>, Vec<PassedOver>), TrainError> {
    let mut skipped = Vec::new();
    for path in all(folder)?.into_iter().rev() {
        match check(&path).and_then(|()| read_state(&path)) {
            Ok(state) => return Ok((Some(Found { path, state }), skipped)),
            Err(why) => skipped.push((relative(&path), why)),
        }
    }
    Ok((None, skipped))
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

/// Removes checkpoints but the last `keep_last` and, if asked, the one of the lowest mean held-out
/// loss. Returns what was removed.
pub fn prune(
    folder: &RunFolder,
    keep_last: usize,
    keep_best: bool,
) -> Result<Vec<String>, TrainError> {
    let all = all(folder)?;
    let best = keep_best.then(|| best_of(&all)).flatten();
    let old = &all[..all.len().saturating_sub(keep_last.max(1))];
    let mut removed = Vec::new();
    for path in old.iter().filter(|path| Some(*path) != best.as_ref()) {
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

fn write_files(scratch: &Path, trainer: &Trainer, state: &TrainerState) -> Result<u64, TrainError> {
    trainer.model.save(scratch).map_err(|error| match error {
        ModelError::Write { path, source } => TrainError::io("write", &path, source),
        error => error.into(),
    })?;
    let file = scratch.join(OPTIMIZER);
    Tensor::write_safetensors(&trainer.optimizer.tensors(trainer.model.params()), &file)
        .map_err(|error| not_written(&file, &error))?;
    // The plan is a text of many lines, and is to stay readable.
    let style = ron::ser::PrettyConfig::new().escape_strings(false);
    let text = ron::ser::to_string_pretty(state, style)
        .map_err(|error| TrainError::stored(&scratch.join(STATE), error.to_string()))?;
    write_atomic(&scratch.join(STATE), text.as_bytes())?;

    let mut files = BTreeMap::new();
    for path in entries(scratch)? {
        let sum = sum_of(&path).map_err(|error| TrainError::io("read back", &path, error))?;
        files.insert(file_name(&path), sum);
    }
    let bytes = files.values().map(|sum| sum.bytes).sum();
    let marker = Marker { step: state.step, mean_loss: state.mean_loss, files };
    let text = serde_json::to_string_pretty(&marker)
        .map_err(|error| TrainError::stored(&scratch.join(MARKER), error.to_string()))?;
    write_atomic(&scratch.join(MARKER), text.as_bytes())?;
    Ok(bytes)
}

fn check(path: &Path) -> Result<(), String> {
    let marker = read_marker(path)?;
    for (name, expected) in &marker.files {
        let file = path.join(name);
        match sum_of(&file) {
            Ok(found) if found == *expected => {}
            Ok(found) if found.bytes != expected.bytes => {
                return Err(format!(
                    "{name} has {} bytes instead of {}",
                    found.bytes, expected.bytes
                ));
            }
            Ok(_) => return Err(format!("{name} does not have its checksum: it was damaged")),
            Err(error) => return Err(format!("{name} cannot be read: {error}")),
        }
    }
    Ok(())
}

fn read_marker(path: &Path) -> Result<Marker, String> {
    let text = fs::read_to_string(path.join(MARKER))
        .map_err(|_| format!("it has no {MARKER}: it was not finished"))?;
    serde_json::from_str(&text).map_err(|error| format!("{MARKER}: {error}"))
}

fn read_state(path: &Path) -> Result<TrainerState, String> {
    let text = fs::read_to_string(path.join(STATE)).map_err(|error| format!("{STATE}: {error}"))?;
    ron::from_str(&text).map_err(|error| format!("{STATE}: {error}"))
}

/// Folders `step-…`, oldest step first.
fn all(folder: &RunFolder) -> Result<Vec<PathBuf>, TrainError> {
    let checkpoints = folder.checkpoints();
    if !checkpoints.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for path in entries(&checkpoints)? {
        let name = file_name(&path);
        if name.starts_with(SCRATCH) {
            remove_dir(&path)?;
        } else if let Some(step) =
            name.strip_prefix("step-").and_then(|step| step.parse::<u64>().ok())
        {
            found.push((step, path));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn best_of(paths: &[PathBuf]) -> Option<PathBuf> {
    paths
        .iter()
        .filter_map(|path| Some((read_marker(path).ok()?.mean_loss?, path)))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, path)| path.clone())
}

/// Length and checksum of a file, after its content has reached the disk.
fn sum_of(path: &Path) -> std::io::Result<FileSum> {
    let mut file = File::open(path)?;
    file.sync_all()?;
    let mut bytes = 0;
    let sha256 = disk::sha256(&mut file, &mut |read| {
        bytes += read;
        Ok(())
    })?;
    Ok(FileSum { bytes, sha256 })
}

/// Puts a finished folder in place; if one of that name exists the two change places in one
/// operation, so that a whole checkpoint is there at every moment.
fn replace_dir(from: &Path, to: &Path) -> Result<(), TrainError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let failed = |error: std::io::Error| TrainError::io("put in place", to, error);
    if to.exists() {
        renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE)
            .map_err(|error| failed(error.into()))?;
        remove_dir(from)?;
    } else {
        fs::rename(from, to).map_err(failed)?;
    }
    let folder = disk::parent(to);
    disk::sync_folder(folder).map_err(|error| TrainError::io("sync", folder, error))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut paths: Vec<_> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        paths.sort();
        Ok(paths)
    };
    read().map_err(|error| TrainError::io("list", folder, error))
}

fn remove_dir(path: &Path) -> Result<(), TrainError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A checkpoint's path as events name it: relative to the run's folder.
pub fn relative(path: &Path) -> String {
    format!("checkpoints/{}", file_name(path))
}
