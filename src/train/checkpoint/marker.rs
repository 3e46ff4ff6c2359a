//! `complete.json`: the marker of a whole checkpoint, with a checksum of each file.

use super::folders::{entries, file_name};
use crate::disk::{self, FileSum};
use crate::train::error::TrainError;
use crate::train::folder::write_atomic;
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const MARKER: &str = "complete.json";

/// The marker file: a checkpoint without it is incomplete.
#[derive(Debug, Serialize, Deserialize)]
pub struct Marker {
    /// Optimizer steps done.
    pub step: Step,
    /// Mean of the held-out losses of this step, in nats; `None` where none were measured at it.
    pub mean_loss: Option<f64>,
    files: BTreeMap<String, FileSum>,
}

impl Marker {
    /// Writes the marker of the files of `folder` and returns their bytes. `known` are sums of files that are on
    /// disk; the others, which are small, are forced there and read again.
    pub fn write(
        folder: &Path,
        step: Step,
        mean_loss: Option<f64>,
        known: Vec<(String, FileSum)>,
    ) -> Result<u64, TrainError> {
        let mut files: BTreeMap<String, FileSum> = known.into_iter().collect();
        for (name, path) in files_in(folder)? {
            if let Entry::Vacant(unknown) = files.entry(name) {
                let sum = sum_of(&path);
                unknown.insert(sum.map_err(|error| TrainError::io("read back", &path, error))?);
            }
        }
        let bytes = files.values().map(|sum| sum.bytes).sum();
        let marker = Marker { step, mean_loss, files };
        let path = folder.join(MARKER);
        let text = serde_json::to_string_pretty(&marker)
            .map_err(|error| TrainError::stored(&path, error.to_string()))?;
        write_atomic(&path, text.as_bytes())?;
        Ok(bytes)
    }

    /// Whether a folder has a marker; what it says is not looked at.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(MARKER).is_file()
    }

    /// Reads the marker of a checkpoint; `Err` is the reason why it is none.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(folder.join(MARKER))
            .map_err(|_| format!("it has no {MARKER}: it was not finished"))?;
        serde_json::from_str(&text).map_err(|error| format!("{MARKER}: {error}"))
    }

    /// Compares the files of `folder` with their checksums; `Err` names the first that differs.
    pub fn verify(&self, folder: &Path) -> Result<(), String> {
        for (name, expected) in &self.files {
            match sum_of(&folder.join(name)) {
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
}

/// The files of a folder and of those in it, each with its name from there.
fn files_in(folder: &Path) -> Result<Vec<(String, PathBuf)>, TrainError> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        let name = file_name(&path);
        match path.is_dir() {
            false => files.push((name, path)),
            true => files.extend(
                entries(&path)?
                    .into_iter()
                    .map(|path| (format!("{name}/{}", file_name(&path)), path)),
            ),
        }
    }
    Ok(files)
}

/// Length and checksum of a file, after its content has reached the disk.
fn sum_of(path: &Path) -> io::Result<FileSum> {
    let mut file = File::open(path)?;
    file.sync_all()?;
    let mut bytes = 0;
    let sha256 = disk::sha256(&mut file, &mut |read| {
        bytes += read;
        Ok(())
    })?;
    Ok(FileSum { bytes, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chat templates with names of their own lie in a folder of a model's folder.
    #[test]
    fn files_in_folders_have_their_checksums_too() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("additional_chat_templates");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("tool_use.jinja"), "tools").unwrap();
        fs::write(dir.path().join("config.json"), "{}").unwrap();
        assert_eq!(Marker::write(dir.path(), Step(1), None, Vec::new()).unwrap(), 7);
        let marker = Marker::read(dir.path()).unwrap();
        assert_eq!(marker.verify(dir.path()), Ok(()));
        fs::write(inner.join("tool_use.jinja"), "fools").unwrap();
        let why = marker.verify(dir.path()).unwrap_err();
        assert!(why.starts_with("additional_chat_templates/tool_use.jinja does not have"), "{why}");
    }
}
