use super::super::{Event, Record, RecordedRun, RunView, Snapshot, SourceError};
use super::{RECORD_FILE, RecordError};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many droppable events may wait in memory before they are written. Other events never wait.
const SAMPLES_HELD_BACK: usize = 8;

/// Writes `events.jsonl`, one JSON object a line.
///
/// Droppable events are written in small groups, others at once; checkpoints and the end of a run are
/// forced to disk. What could not be written (a full disk) stays in memory, and the next call goes on at
/// the same byte, so that a record never has a torn line in its middle.
#[derive(Debug)]
pub struct RecordWriter {
    path: PathBuf,
    file: File,
    pending: Vec<u8>,
    pending_samples: usize,
}

impl RecordWriter {
    /// Begins a record in `run_dir`, which must not hold one.
    ///
    /// # Errors
    /// [`RecordError::Exists`]; [`RecordError::Io`] if the folder does not take the file.
    pub fn create(run_dir: &Path) -> Result<Self, RecordError> {
        let path = run_dir.join(RECORD_FILE);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self::over(path, file)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(RecordError::Exists { path }),
            Err(source) => Err(RecordError::Io { doing: "create", path, source }),
        }
    }

    /// Goes on with the record in `run_dir`, after its last whole line; a torn last line is cut off.
    /// Returns the fold of the record, which the hub has to begin with.
    /// `from_seq` is the event number of the checkpoint that the run resumes from (0: none).
    ///
    /// # Errors
    /// As [`RecordReader`](super::RecordReader); [`RecordError::Behind`] if the record ends before
    /// `from_seq`.
    pub fn append(run_dir: &Path, from_seq: u64) -> Result<(Self, Snapshot), SourceError> {
        let (record, run) = RunView::open(RecordedRun::open(run_dir)?)?.finish()?;
        let path = run_dir.join(RECORD_FILE);
        if run.state.seq < from_seq {
            return Err(RecordError::Behind { path, last: run.state.seq, wanted: from_seq }.into());
        }
        let opened = OpenOptions::new().append(true).open(&path);
        match opened.and_then(|file| file.set_len(record.whole_bytes()).map(|()| file)) {
            Ok(file) => Ok((Self::over(path, file), run)),
            Err(source) => Err(RecordError::Io { doing: "write", path, source }.into()),
        }
    }

    pub(in crate::telemetry) fn over(path: PathBuf, file: File) -> Self {
        RecordWriter { path, file, pending: Vec::new(), pending_samples: 0 }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`RecordError::Io`], naming the file, if it cannot be written (a full disk, say). The record is
    /// kept and written with the next call.
    pub fn write(&mut self, record: &Record) -> Result<(), RecordError> {
        let before = self.pending.len();
        if let Err(e) = serde_json::to_writer(&mut self.pending, record) {
            self.pending.truncate(before);
            return Err(self.io(e.into()));
        }
        self.pending.push(b'\n');
        match &record.event {
            Event::CheckpointSaved { .. }
            | Event::Resumed { .. }
            | Event::Finished { .. }
            | Event::Failed { .. } => self.sync(),
            event if !event.is_droppable() => self.flush(),
            _ => {
                self.pending_samples += 1;
                if self.pending_samples < SAMPLES_HELD_BACK { Ok(()) } else { self.flush() }
            }
        }
    }

    /// Hands everything to the system: it then survives the death of this process.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn flush(&mut self) -> Result<(), RecordError> {
        while !self.pending.is_empty() {
            match self.file.write(&self.pending) {
                Ok(0) => return Err(self.io(io::ErrorKind::WriteZero.into())),
                Ok(written) => drop(self.pending.drain(..written)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.io(e)),
            }
        }
        self.pending_samples = 0;
        Ok(())
    }

    /// Forces everything to disk: it then survives the death of the machine.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn sync(&mut self) -> Result<(), RecordError> {
        self.flush()?;
        self.file.sync_data().map_err(|e| self.io(e))
    }

    fn io(&self, source: io::Error) -> RecordError {
        RecordError::Io { doing: "write", path: self.path.clone(), source }
    }
}

impl Drop for RecordWriter {
    fn drop(&mut self) {
        if let Err(e) = self.flush() {
            tracing::error!("{e}");
        }
    }
}
