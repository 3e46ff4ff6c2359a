//! `run.lock`: one process works on a run at a time, and names itself in the file.

use super::error::TrainError;
use crate::disk::{Holder, LOCK_FILE};
use rustix::fs::OFlags;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The lock on a run's folder, held for as long as this value lives.
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// Another process has it: the error names that process and its host. The file is a link, or cannot
    /// be made.
    pub fn take(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(LOCK_FILE);
        let failed = |error| TrainError::io("lock the run folder", &path, error);
        // One process at a time tries the lock and writes its name: who finds the lock taken finds the
        // name too. Where folders have no locks, only that name is at stake.
        let _turn = wait_for_turn(folder);
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let (path, holder) = (folder.to_owned(), holder(&path));
                return Err(TrainError::InUse { path, holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", Holder::this()).map_err(failed)?;
        Ok(RunLock { _file: file })
    }
}

/// A lock on a folder, waited for: its holders have it for a moment only. `None` where folders have no
/// locks.
pub fn wait_for_turn(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok().map(|()| folder)
}

/// The process that the lock file names. Anybody may have written it: it is shown as plain text.
fn holder(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let plain: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    if plain.is_empty() { "a process that does not name itself".into() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    /// Eight at once: the name is there from the moment at which the lock is taken.
    #[test]
    fn whoever_finds_the_lock_taken_finds_process_and_host() {
        let host = sysinfo::System::host_name().unwrap();
        let expected = format!("in use by process {} on host {host}", std::process::id());
        for _ in 0..50 {
            let dir = tempfile::tempdir().unwrap();
            let (start, end) = (Barrier::new(8), Barrier::new(8));
            let take = || {
                start.wait();
                let taken = RunLock::take(dir.path());
                end.wait();
                taken.map(drop).map_err(|error| error.to_string())
            };
            let taken: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let refused: Vec<_> = taken.into_iter().filter_map(Result::err).collect();
            assert_eq!(refused.len(), 7);
            assert!(refused.iter().all(|why| why.contains(&expected)), "{refused:?}");
        }
    }

    #[test]
    fn a_link_in_place_of_the_lock_is_refused_and_its_target_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("thesis.tex");
        fs::write(&target, "years of work").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("run.lock")).unwrap();
        let error = RunLock::take(dir.path()).err().unwrap().to_string();
        assert!(error.contains("run.lock") && error.contains("it is a link"), "{error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "years of work");
    }

    #[test]
    fn what_a_dead_process_left_is_replaced_and_what_others_write_is_shown_plainly() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.lock");
        fs::write(&path, "process 1 on host of-the-dead-with-a-long-name\n").unwrap();
        let lock = RunLock::take(dir.path()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("process {} on host ", std::process::id())), "{text}");
        assert_eq!(text.lines().count(), 1);
        fs::write(&path, "\u{1b}[2Jboo\n").unwrap();
        let error = RunLock::take(dir.path()).err().unwrap().to_string();
        assert!(error.contains("in use by [2Jboo;"), "{error}");
        drop(lock);
        RunLock::take(dir.path()).unwrap();
    }
}
