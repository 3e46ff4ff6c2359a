//! The folders of checkpoints: listed, put in place, removed.

use crate::disk;
use crate::train::error::TrainError;
use crate::train::folder::CHECKPOINTS;
use crate::unit::Step;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Name of a step's checkpoint: `step-000400`.
pub fn name_of(step: Step) -> String {
    format!("step-{:06}", step.0)
}

/// A checkpoint's path as events name it: relative to the run's folder.
pub fn relative(path: &Path) -> String {
    format!("checkpoints/{}", file_name(path))
}

/// The path of a step's checkpoint as events name it.
pub fn path_of(step: Step) -> String {
    format!("checkpoints/{}", name_of(step))
}

/// Folders of checkpoints in the folder of a run, oldest step first.
pub fn all(run: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let checkpoints = run.join(CHECKPOINTS);
    if !checkpoints.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for path in entries(&checkpoints)? {
        let name = file_name(&path);
        let step = name.strip_prefix("step-").and_then(|step| step.parse::<u64>().ok());
        found.extend(step.map(|step| (step, path)));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Puts a finished folder in place; if one of that name exists the two change places in one
/// operation, so that a whole checkpoint is there at every moment.
pub fn replace_dir(from: TempDir, to: &Path) -> Result<(), TrainError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let failed = |error: io::Error| TrainError::io("put in place", to, error);
    if to.exists() {
        renameat_with(CWD, from.path(), CWD, to, RenameFlags::EXCHANGE)
            .map_err(|error| failed(error.into()))?;
        remove_dir(from.path())?;
    } else {
        fs::rename(from.path(), to).map_err(failed)?;
    }
    drop(from.keep()); // under its old name there is nothing to remove any more
    let folder = disk::parent(to);
    disk::sync_folder(folder).map_err(|error| TrainError::io("sync", folder, error))
}

/// Paths in a folder, sorted.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let mut paths: Vec<_> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        paths.sort();
        Ok(paths)
    };
    read().map_err(|error| TrainError::io("list", folder, error))
}

/// Removes a folder with its content, if it exists.
pub fn remove_dir(path: &Path) -> Result<(), TrainError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(TrainError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// The last part of a path.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
