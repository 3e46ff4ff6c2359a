use super::super::{Event, Record};
use super::{RECORD_FILE, RecordError};
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Reads `events.jsonl` record by record. A last line without a line feed is left out (the process was
/// killed while it wrote); anything else that is wrong is an error that names file and line, and ends
/// the reading.
#[derive(Debug)]
pub struct RecordReader {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
    seq: u64,
    /// Bytes up to the end of the last whole line.
    whole_bytes: u64,
    ended: bool,
    /// Version of the program that wrote the newest lines, once it is known.
    version: Option<String>,
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
                version: None,
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
        let record: Record =
            serde_json::from_slice(&line).map_err(|error| self.unreadable(&line, &error))?;
        if let Event::RunStarted { version, .. } = &record.event {
            self.version = Some(version.clone());
        }
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

    /// Why a line cannot be read: where another version of the program wrote it, that is the reason.
    fn unreadable(&self, line: &[u8], error: &serde_json::Error) -> RecordError {
        const OURS: &str = env!("CARGO_PKG_VERSION");
        let (path, reason) = (self.path.clone(), error.to_string());
        let version = serde_json::from_slice::<FirstEvent>(line).ok().map(|event| event.version);
        match version.or_else(|| self.version.clone()) {
            Some(theirs) if theirs != OURS => {
                RecordError::OtherVersion { path, line: self.line, reason, theirs, ours: OURS }
            }
            _ => RecordError::Damaged { path, line: self.line, reason },
        }
    }

    /// Bytes up to the end of the last whole line that was read.
    pub(in crate::telemetry) fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }
}

/// The part of a process's first event that every version writes.
#[derive(Deserialize)]
struct FirstEvent {
    version: String,
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
