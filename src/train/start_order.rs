//! `order.ron` in a run's folder: the config's name of the run, and its place among the starts in the
//! folder of runs. It lies with the run, so that it stays true where runs are moved or removed, and it
//! counts instead of telling the time, as clocks jump.

use super::error::TrainError;
use super::folder::write_atomic;
use super::lock::wait_for_turn;
use crate::disk;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

const FILE: &str = "order.ron";

/// The content of `order.ron`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartOrder {
    /// The run's name in its config; the folder's may have a number behind it.
    pub name: String,
    /// Which start it was, from 1, of all runs beside this one; a resume counts as one.
    pub start: u64,
    /// Whether all of its steps were done at the end of the newest process.
    pub complete: bool,
}

impl StartOrder {
    /// That of the run in this folder; `None` where it has none that can be read.
    pub fn read(run: &Path) -> Option<Self> {
        ron::from_str(&fs::read_to_string(run.join(FILE)).ok()?).ok()
    }

    /// Records that a process starts to work on the run, after all starts before.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record_start(run: &Path, name: &str) -> Result<(), TrainError> {
        // `.` has no parent by its name.
        let run = &fs::canonicalize(run).map_err(|error| TrainError::io("find", run, error))?;
        let runs_dir = disk::parent(run);
        // Where folders have no locks two processes may get the same number.
        let _turn = wait_for_turn(runs_dir);
        let starts = folders(runs_dir).iter().filter_map(|run| Some(Self::read(run)?.start)).max();
        let name = Self::read(run).map_or_else(|| name.to_owned(), |before| before.name);
        StartOrder { name, start: starts.unwrap_or(0) + 1, complete: false }.write(run)
    }

    /// Records that all of the run's steps were done.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record_end(run: &Path) -> Result<(), TrainError> {
        match Self::read(run) {
            Some(order) => StartOrder { complete: true, ..order }.write(run),
            None => Ok(()),
        }
    }

    fn write(&self, run: &Path) -> Result<(), TrainError> {
        let path = run.join(FILE);
        let text = ron::to_string(self).map_err(|e| TrainError::stored(&path, e.to_string()))?;
        write_atomic(&path, format!("{text}\n").as_bytes())
    }
}

/// The folders in a folder, sorted; none where it cannot be read.
pub fn folders(runs_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(runs_dir).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|one| one.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_counted_over_all_runs_of_a_folder_and_resumes_count_too() {
        let runs = tempfile::tempdir().unwrap();
        let at = |name: &str| runs.path().join(name);
        let start = |name: &str| StartOrder::read(&at(name)).unwrap().start;
        for name in ["a", "b"] {
            fs::create_dir(at(name)).unwrap();
            StartOrder::record_start(&at(name), name).unwrap();
        }
        assert_eq!((start("a"), start("b")), (1, 2));
        StartOrder::record_end(&at("a")).unwrap();
        assert!(StartOrder::read(&at("a")).unwrap().complete);
        StartOrder::record_start(&at("a").join("."), "another name").unwrap();
        let again = StartOrder { name: "a".into(), start: 3, complete: false };
        assert_eq!(StartOrder::read(&at("a")), Some(again));
    }
}
