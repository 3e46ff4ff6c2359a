use super::error::TrainError;
use crate::config::{PLAN_FILE, RunPlan};
use crate::disk;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The folder of a run, locked for as long as this value lives.
pub struct RunFolder {
    path: PathBuf,
    _lock: File,
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

    /// The newest run of that name that has a checkpoint, so that a start that failed does not hide a
    /// run that got further; if none has one, the newest.
    pub fn latest(runs_dir: &Path, name: &str) -> Result<Self, TrainError> {
        let runs: Vec<PathBuf> = (1u64..)
            .map(|n| numbered(runs_dir, name, n))
            .take_while(|path| path.is_dir())
            .collect();
        let saved = runs.iter().rev().find(|path| path.join("checkpoints").is_dir());
        match saved.or(runs.last()) {
            Some(path) => Self::lock(path.clone()),
            None => Err(TrainError::NoRun { path: runs_dir.join(name) }),
        }
    }

    /// An existing run's folder.
    ///
    /// # Errors
    /// There is none, or another process holds it.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        if path.is_dir() {
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
        self.path.join("checkpoints")
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

    fn lock(path: PathBuf) -> Result<Self, TrainError> {
        let lock_path = path.join("run.lock");
        let failed = |error| TrainError::io("lock the run folder", &lock_path, error);
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .read(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&lock_path).unwrap_or_default();
                return Err(TrainError::InUse { path, holder: holder.trim().into() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        lock.set_len(0).map_err(failed)?;
        writeln!(lock, "process {}", std::process::id()).map_err(failed)?;
        Ok(RunFolder { path, _lock: lock })
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
pub fn make_dir(path: &Path) -> Result<(), TrainError> {
    fs::create_dir_all(path).map_err(|error| TrainError::io("create the folder", path, error))
}

/// Writes a file of the run, whole or not at all, for its owner only.
pub fn write_atomic(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    disk::write_atomic(path, content, disk::OWNER_ONLY)
        .map_err(|error| TrainError::io("write", path, error))
}
