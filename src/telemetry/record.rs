use super::{Event, Record, RunState};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Name of the record in a run's folder.
pub const RECORD_FILE: &str = "events.jsonl";

/// How many samples may wait in memory before they are handed to the system. Lifecycle events never
/// wait.
const SAMPLES_HELD_BACK: usize = 8;

/// What can go wrong with `events.jsonl`.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried (`write`, `read`).
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is a record where a new one was to begin.
    #[error(
        "{} exists: a run lies here already; go on with it by --resume, or choose another name",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A line that is no record.
    #[error(
        "{} line {line} is not an event: {reason}; restore the file, or cut it before that line",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Lines are missing, doubled or out of order.
    #[error(
        "{} line {line} is event {found}, but event {expected} belongs there; restore the file",
        path.display()
    )]
    Numbering {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The number that stands there.
        found: u64,
        /// The number that should.
        expected: u64,
    },
    /// The record ends before the checkpoint that it is to be continued from.
    #[error(
        "{} ends at event {last}, but the checkpoint was written at event {wanted}; restore the \
         file, or resume from an older checkpoint",
        path.display()
    )]
    Behind {
        /// The file.
        path: PathBuf,
        /// Its last event.
        last: u64,
        /// The checkpoint's event.
        wanted: u64,
    },
}

/// Writes `events.jsonl`, one JSON object a line.
///
/// Lifecycle events go to the system at once, samples in small groups; checkpoints and the end of a
/// run are forced to disk. What a full disk refused stays in memory, so that the next call goes on
/// at the very byte: a record never has a torn line in its middle.
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

    /// Goes on with the record in `run_dir`, behind its last whole line; a line that a kill tore is
    /// cut off. Returns the state that the record adds up to, with which the hub has to begin.
    /// `from_seq` is the event number of the checkpoint that the run resumes from (0: none).
    ///
    /// # Errors
    /// As [`RecordReader`]; [`RecordError::Behind`] if the record ends before `from_seq`.
    pub fn append(run_dir: &Path, from_seq: u64) -> Result<(Self, RunState), RecordError> {
        let mut reader = RecordReader::open(run_dir)?;
        let state = fold(&mut reader)?;
        let path = run_dir.join(RECORD_FILE);
        if state.seq < from_seq {
            return Err(RecordError::Behind { path, last: state.seq, wanted: from_seq });
        }
        let opened = OpenOptions::new().append(true).open(&path);
        let file = opened.and_then(|file| file.set_len(reader.whole_bytes).map(|()| file));
        match file {
            Ok(file) => Ok((Self::over(path, file), state)),
            Err(source) => Err(RecordError::Io { doing: "write", path, source }),
        }
    }

    pub(super) fn over(path: PathBuf, file: File) -> Self {
        RecordWriter { path, file, pending: Vec::new(), pending_samples: 0 }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`RecordError::Io`], naming the file, if the system refuses (a full disk, say). The record
    /// is kept and tried again with the next call.
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
            event if !event.is_sample() => self.flush(),
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

/// Reads `events.jsonl` record by record. A last line without its line feed (a process was killed
/// while it wrote) is left out; any other fault is an error that names file and line, and ends the
/// reading.
#[derive(Debug)]
pub struct RecordReader {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
    seq: u64,
    /// Bytes up to the end of the last whole line.
    whole_bytes: u64,
    ended: bool,
}

impl RecordReader {
    /// Opens the record of a run; a live run may go on writing it.
    ///
    /// # Errors
    /// [`RecordError::Io`] if there is none.
    pub fn open(run_dir: &Path) -> Result<Self, RecordError> {
        let path = run_dir.join(RECORD_FILE);
        match File::open(&path) {
            Ok(file) => Ok(RecordReader {
                path,
                lines: BufReader::new(file),
                line: 0,
                seq: 0,
                whole_bytes: 0,
                ended: false,
            }),
            Err(source) => Err(RecordError::Io { doing: "read", path, source }),
        }
    }

    fn read_line(&mut self) -> Result<Option<Record>, RecordError> {
        let mut line = Vec::new();
        let read = self.lines.read_until(b'\n', &mut line);
        read.map_err(|source| RecordError::Io { doing: "read", path: self.path.clone(), source })?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        self.line += 1;
        let record: Record = serde_json::from_slice(&line).map_err(|e| RecordError::Damaged {
            path: self.path.clone(),
            line: self.line,
            reason: e.to_string(),
        })?;
        if record.seq != self.seq + 1 {
            return Err(RecordError::Numbering {
                path: self.path.clone(),
                line: self.line,
                found: record.seq,
                expected: self.seq + 1,
            });
        }
        self.seq = record.seq;
        self.whole_bytes += line.len() as u64;
        Ok(Some(record))
    }
}

impl Iterator for RecordReader {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.read_line().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// The state that the record in `run_dir` adds up to.
///
/// # Errors
/// As [`RecordReader`].
pub fn replay(run_dir: &Path) -> Result<RunState, RecordError> {
    fold(&mut RecordReader::open(run_dir)?)
}

fn fold(reader: &mut RecordReader) -> Result<RunState, RecordError> {
    let mut state = RunState::default();
    for record in reader {
        state.apply(&record?);
    }
    Ok(state)
}
