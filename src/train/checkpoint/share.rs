//! A checkpoint of one run in the folder of another.

use super::folders::{entries, file_name, replace_dir};
use crate::disk;
use crate::train::error::TrainError;
use crate::train::folder::{RunFolder, make_in_run};
use std::path::Path;

/// Puts a checkpoint into the folder of another run as well. Files are shared where the file system can,
/// which is safe: they are never written again, and what one run removes stays with the other.
pub fn share(checkpoint: &Path, folder: &RunFolder) -> Result<(), TrainError> {
    let checkpoints = folder.checkpoints();
    make_in_run(&checkpoints)?;
    let scratch = disk::temporary_folder(&checkpoints)
        .map_err(|error| TrainError::io("write to the folder", &checkpoints, error))?;
    share_files(checkpoint, scratch.path())?;
    replace_dir(scratch, &checkpoints.join(file_name(checkpoint)))
}

/// The files of a folder and of those in it.
fn share_files(from: &Path, to: &Path) -> Result<(), TrainError> {
    for path in entries(from)? {
        let target = to.join(file_name(&path));
        match path.is_dir() {
            true => {
                make_in_run(&target)?;
                share_files(&path, &target)?;
            }
            false => disk::link_or_copy(&path, &target)
                .map_err(|error| TrainError::io("copy", &path, error))?,
        }
    }
    Ok(())
}
