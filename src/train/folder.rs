use super::error::TrainError;
use super::lock::RunLock;
use crate::config::{PLAN_FILE, RunPlan};
use crate::disk::{self, LOCK_FILE, Swept};
pub use crate::telemetry::HELD_OUT;
use crate::telemetry::{Level, RECORD_FILE};
use crate::unit::Bytes;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Name of the folder of the checkpoints in a run's folder.
pub const CHECKPOINTS: &str = "checkpoints";

/// Name of the folder of a detection in a run's folder.
pub const DETECTION: &str = "detection";

/// Leftovers of so many bytes and more are worth a notice.
const LARGE_LEFTOVERS: u64 = 1 << 20;

/// The folder of a run, locked for as long as this value lives. What killed processes left in it was
/// removed.
pub struct RunFolder {
    path: PathBuf,
    swept: Swept,
    _lock: RunLock,
}

impl RunFolder {
    /// A new folder `<runs_dir>/<name>`; if that exists, `<name>-2`, `<name>-3` and so on, so that
    /// no earlier run is touched.
    pub fn create(runs_dir: &Path, name: &str) -> Result<Self, TrainError> {
        make_dir(runs_dir)?;
        let mut n = 1;
        loop {
            let path = numbered(runs_dir, name, n);
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Self::lock(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => n += 1,
                Err(error) => return Err(TrainError::io("create the run folder", &path, error)),
            }
        }
    }

    /// An existing run's folder.
    ///
    /// # Errors
    /// There is none, or another process holds it.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        if is_run(path) {
            Self::lock(path.into())
        } else {
            Err(TrainError::NoRun { path: path.into() })
        }
    }

    /// The folder's path, as it was created or opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of the path: the run's name.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The folder of the checkpoints, which may not exist yet.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// Writes `run.ron`: the plan, as a config.
    pub fn write_plan(&self, plan: &RunPlan) -> Result<(), TrainError> {
        let path = self.path.join(PLAN_FILE);
        let text = plan.to_ron().map_err(|error| TrainError::stored(&path, error.to_string()))?;
        write_atomic(&path, text.as_bytes())
    }

    /// The plan of the process before, if one got as far as writing it.
    pub fn read_plan(&self) -> Result<Option<RunPlan>, TrainError> {
        let path = self.path.join(PLAN_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => RunPlan::from_ron(&text)
                .map(Some)
                .map_err(|error| TrainError::stored(&path, error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TrainError::io("read", &path, error)),
        }
    }

    /// What is to be said about the folder as it was found.
    pub fn notices(&self) -> Vec<(Level, String)> {
        let Swept { entries, bytes } = self.swept;
        if bytes < LARGE_LEFTOVERS {
            return Vec::new();
        }
        let size = Bytes(bytes);
        let what = format!("removed {size} that interrupted writes had left ({entries} entries)");
        vec![(Level::Info, what)]
    }

    fn lock(path: PathBuf) -> Result<Self, TrainError> {
        let lock = RunLock::take(&path)?;
        let mut swept = Swept::default();
        for folder in [&path, &path.join(CHECKPOINTS), &path.join(DETECTION), &path.join(HELD_OUT)]
        {
            let more = disk::sweep(folder)
                .map_err(|error| TrainError::io("remove leftovers from", folder, error))?;
            swept.entries += more.entries;
            swept.bytes += more.bytes;
        }
        Ok(RunFolder { path, swept, _lock: lock })
    }
}

/// Folder of the n-th run of a name, from 1.
fn numbered(runs_dir: &Path, name: &str, n: u64) -> PathBuf {
    match n {
        1 => runs_dir.join(name),
        n => runs_dir.join(format!("{name}-{n}")),
    }
}

/// Creates a folder with its parents.
fn make_dir(path: &Path) -> Result<(), TrainError> {
    fs::create_dir_all(path).map_err(|error| TrainError::io("create the folder", path, error))
}

/// Writes a file of the run, whole or not at all, for its owner only.
pub fn write_atomic(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    disk::write_atomic(path, content, disk::OWNER_ONLY)
        .map_err(|error| TrainError::io("write", path, error))
}

/// Whether a folder is one that a run was begun in. The process may have been killed before it wrote
/// anything but the lock, or even that.
fn is_run(path: &Path) -> bool {
    let is_there = |file: &&str| path.join(file).exists();
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    [PLAN_FILE, RECORD_FILE, LOCK_FILE].iter().any(is_there) || is_empty()
}

/// Makes a folder in the run's, which is not made anew where it is gone.
pub fn make_in_run(path: &Path) -> Result<(), TrainError> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(TrainError::io("create the folder", path, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::temporary_folder;

    #[test]
    fn a_run_whose_process_was_killed_at_once_can_be_resumed_and_no_other_folder() {
        let runs = tempfile::tempdir().unwrap();
        let run = runs.path().join("my");
        drop(RunFolder::create(runs.path(), "my").unwrap());
        drop(RunFolder::open(&run).unwrap());
        fs::remove_file(run.join(LOCK_FILE)).unwrap();
        drop(RunFolder::open(&run).unwrap());
        let other = runs.path().join("other");
        assert!(matches!(RunFolder::open(&other), Err(TrainError::NoRun { .. })));
        fs::create_dir(&other).unwrap();
        fs::write(other.join("notes.txt"), "the user's").unwrap();
        assert!(matches!(RunFolder::open(&other), Err(TrainError::NoRun { .. })));
    }

    /// A kill during a save leaves up to a whole model.
    #[test]
    fn what_a_killed_save_left_is_removed_when_the_run_is_opened_again() {
        let runs = tempfile::tempdir().unwrap();
        let run = runs.path().join("my");
        assert_eq!(RunFolder::create(runs.path(), "my").unwrap().notices(), []);
        fs::write(run.join(RECORD_FILE), "").unwrap();
        for part in [CHECKPOINTS, DETECTION] {
            fs::create_dir(run.join(part)).unwrap();
        }
        let left = ["", CHECKPOINTS, DETECTION].map(|part| {
            let left = temporary_folder(&run.join(part)).unwrap().keep();
            fs::write(left.join("model.safetensors"), vec![0; 1 << 19]).unwrap();
            left
        });
        let notices = RunFolder::open(&run).unwrap().notices();
        assert!(left.iter().all(|left| !left.exists()));
        let text = "removed 1.5 MiB that interrupted writes had left (3 entries)".to_owned();
        assert_eq!(notices, [(Level::Info, text)]);
    }
}
