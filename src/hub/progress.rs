//! How far a download is, from its thread to the one that waits.

use super::error::FetchError;
use super::snapshot::Snapshot;
use std::cell::Cell;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// What happens while files are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetching {
    /// Bytes that have come, of all; also sent a few times a second when none have come.
    Bytes {
        /// Bytes that are here.
        done: u64,
        /// Bytes in all, once known.
        total: Option<u64>,
    },
    /// A warning or a fallback, as a sentence for the user.
    Notice(String),
}

/// More frequent reports would only cost time.
const PERIOD: Duration = Duration::from_millis(100);

/// From the downloading thread to the waiting one; unbounded, closed when the download is over.
pub(super) enum Report {
    /// Bytes of all files that are wanted.
    Total(u64),
    /// Bytes in the cache so far.
    Bytes(u64),
    Done(Result<Snapshot, FetchError>),
}

/// Counts the bytes of all files together.
pub(super) struct Progress {
    sender: Sender<Report>,
    bytes: Cell<u64>,
    reported: Cell<Option<Instant>>,
}

impl Progress {
    pub fn new(sender: Sender<Report>) -> Self {
        Progress { sender, bytes: Cell::new(0), reported: Cell::new(None) }
    }

    /// # Errors
    /// [`FetchError::Stopped`] if the waiting thread has given up.
    pub fn add(&self, bytes: u64) -> Result<(), FetchError> {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        if self.reported.get().is_some_and(|reported| reported.elapsed() < PERIOD) {
            return Ok(());
        }
        self.report()
    }

    /// Subtracts bytes that are fetched a second time.
    pub fn take_back(&self, bytes: u64) {
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
    }

    /// Reports at once, whenever the last report was.
    pub fn report(&self) -> Result<(), FetchError> {
        self.reported.set(Some(Instant::now()));
        self.send(Report::Bytes(self.bytes.get()))
    }

    pub fn send(&self, report: Report) -> Result<(), FetchError> {
        self.sender.send(report).map_err(|_| FetchError::Stopped)
    }
}
