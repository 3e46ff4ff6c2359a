//! The folders of checkpoints: listed, put in place, removed.

use crate::disk;
use crate::train::error::TrainError;
use crate::train::folder::RunFolder;
use crate::unit::Step;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Begins the name of a folder that is being written.
const SCRATCH: &str = ".writing-";

/// Name of a step's checkpoint: `step-000400`.
pub fn name_of(step: Step) -> String {
    format!("step-{:06}", step.0)
}

/// The temporary name under which a checkpoint is written.
pub fn scratch_name(name: &str) -> String {
    format!("{SCRATCH}{name}")
}

/// A checkpoint's path as events name it: relative to the run's folder.
pub fn relative(path: &Path) -> String {
    format!("checkpoints/{}", file_name(path))
}

/// Folders of checkpoints, oldest step first. Leftovers of an interrupted save are removed.
pub fn all(folder: &RunFolder) -> Result<Vec<PathBuf>, TrainError> {
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

/// Puts a finished folder in place; if one of that name exists the two change places in one
/// operation, so that a whole checkpoint is there at every moment.
pub fn replace_dir(from: &Path, to: &Path) -> Result<(), TrainError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let failed = |error: io::Error| TrainError::io("put in place", to, error);
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
