//! A checkpoint that a thread of its own writes.

use super::{Contents, Saved};
use crate::sandbox::caught;
use crate::torch;
use crate::train::error::TrainError;
use crate::unit::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Is called on the writing thread with the number of bytes of each block that was written, and may wait there. Its
/// error ends the save.
pub type OnBlock = Arc<dyn Fn(u64) -> io::Result<()> + Send + Sync>;

/// What the saving of checkpoints meets. Tests have a disk that waits, or little memory.
#[derive(Clone)]
pub struct SaveConditions {
    /// Nothing, in a run.
    pub on_block: OnBlock,
    /// Host memory that a copy may take; `None` where the system does not tell.
    pub free_memory: fn() -> Option<Bytes>,
}

impl Default for SaveConditions {
    fn default() -> Self {
        SaveConditions { on_block: Arc::new(|_| Ok(())), free_memory: torch::free_host_memory }
    }
}

/// A checkpoint that is being written. Dropped before it is done it is given up, and nothing of it stays.
pub struct BackgroundSave {
    checkpoints: PathBuf,
    thread: Option<JoinHandle<Written>>,
    is_given_up: Arc<AtomicBool>,
}

/// What came of it, and how long it took from the beginning of the copy on.
type Written = (Result<Saved, TrainError>, Duration);

impl BackgroundSave {
    /// Begins to write contents that are copies into the folder of a run's checkpoints. `begun`: when the copy was
    /// begun.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        contents: Contents,
        checkpoints: &Path,
        on_block: OnBlock,
        begun: Instant,
    ) -> Result<Self, TrainError> {
        let is_given_up = Arc::new(AtomicBool::new(false));
        let (given_up, folder) = (Arc::clone(&is_given_up), checkpoints.to_owned());
        let write_contents = move || {
            let mut on_block = |bytes| match given_up.load(Ordering::Relaxed) {
                true => Err(io::Error::other("it was given up")),
                false => on_block(bytes),
            };
            let saved = contents.write(&folder, &mut on_block);
            // The copies are given back before it counts as done.
            drop(contents);
            (saved, begun.elapsed())
        };
        let path = checkpoints.to_owned();
        let write = move || {
            caught(write_contents).unwrap_or_else(|panic| {
                let why = format!("an internal error while a checkpoint was written: {panic}");
                (Err(TrainError::stored(&path, why)), begun.elapsed())
            })
        };
        let thread = thread::Builder::new().name("checkpoint".into()).spawn(write);
        let thread = thread
            .map_err(|error| TrainError::io("start a thread that writes to", checkpoints, error))?;
        Ok(BackgroundSave {
            checkpoints: checkpoints.to_owned(),
            thread: Some(thread),
            is_given_up,
        })
    }

    /// Whether [`BackgroundSave::wait`] would not have to wait.
    pub fn is_done(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends it before it is written, unless it is; nothing of it stays.
    pub fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    /// Waits until it is written, or could not be.
    pub fn wait(mut self) -> Written {
        let panicked = || {
            let why = "the thread that wrote a checkpoint ended by an internal error";
            (Err(TrainError::stored(&self.checkpoints, why)), Duration::ZERO)
        };
        match self.thread.take() {
            Some(thread) => thread.join().unwrap_or_else(|_| panicked()),
            None => panicked(),
        }
    }
}

impl Drop for BackgroundSave {
    fn drop(&mut self) {
        self.give_up();
        if let Some(thread) = self.thread.take() {
            // What it came to is no matter any more.
            let _ = thread.join();
        }
    }
}
