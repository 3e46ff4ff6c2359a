use super::super::{Event, Record};
use super::RecordError;
use super::blocks::Blocks;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::PathBuf;

const OURS: &str = env!("CARGO_PKG_VERSION");

/// A whole line of a record.
#[derive(Debug)]
pub(super) enum Line {
    Record(Box<Record>),
    /// It is none; why not.
    Damaged(String),
}

/// The lines of a record with their numbers, from 1; a last line without a line feed is left out.
#[derive(Debug)]
pub(super) struct LineReader {
    path: PathBuf,
    lines: BufReader<File>,
    number: u64,
    /// Of the whole lines that were read.
    blocks: Blocks,
    /// The next line, where it was looked at already.
    peeked: Option<Line>,
    /// Version of the program that wrote the newest lines, once it is known.
    version: Option<String>,
}

/// A place between two lines, from which they can be read again.
#[derive(Clone, Debug)]
pub(super) struct LinePlace {
    /// Of the lines before it.
    blocks: Blocks,
    number: u64,
    version: Option<String>,
}

impl LinePlace {
    /// Bytes before it.
    pub(super) fn bytes(&self) -> u64 {
        self.blocks.bytes()
    }
}

impl LineReader {
    pub(super) fn new(path: PathBuf, file: File) -> Self {
        let (lines, blocks) = (BufReader::new(file), Blocks::default());
        LineReader { path, lines, number: 0, blocks, peeked: None, version: None }
    }

    /// Goes on behind `lines` lines, which this version of the program wrote or could read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn skip(&mut self, blocks: Blocks, lines: u64) -> Result<(), RecordError> {
        self.go_to(LinePlace { blocks, number: lines, version: Some(OURS.into()) })
    }

    /// Goes on at a place of the same file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn go_to(&mut self, place: LinePlace) -> Result<(), RecordError> {
        let sought = self.lines.seek(SeekFrom::Start(place.blocks.bytes()));
        sought.map_err(|source| self.failed(source))?;
        let LinePlace { blocks, number, version } = place;
        (self.blocks, self.number, self.version, self.peeked) = (blocks, number, version, None);
        Ok(())
    }

    /// Bytes of the whole lines that were read.
    pub(super) fn bytes(&self) -> u64 {
        self.blocks.bytes()
    }

    /// Behind the line that was read last; `None` where the next one was looked at already.
    pub(super) fn place(&self) -> Option<LinePlace> {
        let Self { blocks, number, version, .. } = self;
        let place =
            || LinePlace { blocks: blocks.clone(), number: *number, version: version.clone() };
        self.peeked.is_none().then(place)
    }

    /// How many lines were read, and checksums of the whole ones.
    pub(super) fn into_read(self) -> (u64, Blocks) {
        (self.number, self.blocks)
    }

    /// # Errors
    /// The file cannot be read; another version of the program wrote a line that cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Line)>, RecordError> {
        let line = match self.peeked.take() {
            Some(line) => Some(line),
            None => self.read()?,
        };
        Ok(line.map(|line| {
            self.number += 1;
            (self.number, line)
        }))
    }

    /// Whether the next line is a record of another number than this.
    ///
    /// # Errors
    /// As [`LineReader::next`].
    pub(super) fn next_is_not(&mut self, seq: u64) -> Result<bool, RecordError> {
        if self.peeked.is_none() {
            self.peeked = self.read()?;
        }
        Ok(matches!(&self.peeked, Some(Line::Record(record)) if record.seq != seq))
    }

    fn read(&mut self) -> Result<Option<Line>, RecordError> {
        let mut line = Vec::new();
        let read = self.lines.read_until(b'\n', &mut line);
        read.map_err(|source| self.failed(source))?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        self.blocks.add(&line);
        let record: Record = match serde_json::from_slice(&line) {
            Ok(record) => record,
            Err(error) => return self.unreadable(&line, &error).map(Some),
        };
        if let Event::RunStarted { version, .. } = &record.event {
            self.version = Some(version.clone());
        }
        Ok(Some(Line::Record(Box::new(record))))
    }

    fn failed(&self, source: io::Error) -> RecordError {
        RecordError::Io { doing: "read", path: self.path.clone(), source }
    }

    /// Why a line cannot be read: where another version of the program wrote it, that is the reason.
    fn unreadable(&self, line: &[u8], error: &serde_json::Error) -> Result<Line, RecordError> {
        let reason = error.to_string();
        let version = serde_json::from_slice::<FirstEvent>(line).ok().map(|event| event.version);
        match version.or_else(|| self.version.clone()) {
            Some(theirs) if theirs != OURS => {
                let (path, line) = (self.path.clone(), self.number + 1);
                Err(RecordError::OtherVersion { path, line, reason, theirs, ours: OURS })
            }
            _ => Ok(Line::Damaged(reason)),
        }
    }
}

/// The part of a process's first event that every version writes.
#[derive(Deserialize)]
struct FirstEvent {
    version: String,
}
