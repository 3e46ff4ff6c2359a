use super::super::{Event, PastEvent, Record, Snapshot};
use super::blocks::Blocks;
use super::index::RecordIndex;
use super::line::{Line, LinePlace, LineReader};
use super::{RECORD_FILE, RecordError};
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Reads `events.jsonl` record by record. A last line without a line feed is left out (the process was
/// killed while it wrote). Lines that are no records are left out too: in the place of the events that
/// are missing there is one [`Event::EventsLost`], and [`RecordReader::damage`] says what was wrong.
#[derive(Debug)]
pub struct RecordReader {
    path: PathBuf,
    lines: LineReader,
    /// Number and time of the newest event.
    seq: u64,
    unix_ms: u64,
    /// Records that come before the next line.
    ready: VecDeque<Record>,
    /// Lines in a row that are no records: the first one's number, how many, and what is wrong with it.
    bad: Option<(u64, u64, String)>,
    damage: Vec<String>,
    ended: bool,
}

/// A record up to where its index ends; all of it is still to come where it has none.
pub(in crate::telemetry) struct Indexed {
    /// Behind the index.
    pub reader: RecordReader,
    /// Bytes up to there.
    pub bytes: u64,
    /// The fold up to there.
    pub run: Snapshot,
    /// What a resume has to know of the events up to there.
    pub past: Vec<PastEvent>,
}

/// A place between two records, from which they can be read again.
#[derive(Clone, Debug)]
pub(in crate::telemetry) struct Place {
    lines: LinePlace,
    seq: u64,
    unix_ms: u64,
}

impl Place {
    /// Number of the event before it; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Bytes of the record before it.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }
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
                lines: LineReader::new(path.clone(), file),
                path,
                seq: 0,
                unix_ms: 0,
                ready: VecDeque::new(),
                bad: None,
                damage: Vec::new(),
                ended: false,
            }),
            Err(source) => Err(RecordError::Io { doing: "read", path, source }),
        }
    }

    /// Opens the record of a run behind what its index stands for.
    ///
    /// # Errors
    /// As [`RecordReader::open`].
    pub(in crate::telemetry) fn open_indexed(run_dir: &Path) -> Result<Indexed, RecordError> {
        let mut reader = Self::open(run_dir)?;
        let Some(index) = RecordIndex::read(run_dir) else {
            return Ok(Indexed { reader, bytes: 0, run: Snapshot::default(), past: Vec::new() });
        };
        let RecordIndex { blocks, lines, snapshot: run, past, .. } = index;
        (reader.seq, reader.unix_ms) = (run.state.seq, run.state.unix_ms);
        let bytes = blocks.bytes();
        reader.lines.skip(blocks, lines)?;
        Ok(Indexed { reader, bytes, run, past })
    }

    /// Opens the record of a run at a place of it.
    ///
    /// # Errors
    /// As [`RecordReader::open`].
    pub(in crate::telemetry) fn open_at(
        run_dir: &Path,
        place: &Place,
    ) -> Result<Self, RecordError> {
        let mut reader = Self::open(run_dir)?;
        (reader.seq, reader.unix_ms) = (place.seq, place.unix_ms);
        reader.lines.go_to(place.lines.clone())?;
        Ok(reader)
    }

    /// Goes on behind the last whole line, where the record may have grown since its end was read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(in crate::telemetry) fn read_on(&mut self) -> Result<(), RecordError> {
        if let Some(here) = self.lines.place() {
            self.lines.go_to(here)?;
        }
        self.ended = false;
        Ok(())
    }

    /// Bytes that were read.
    pub(in crate::telemetry) fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// Behind the record that was read last; `None` in the middle of lines that are none.
    pub(in crate::telemetry) fn place(&self) -> Option<Place> {
        let is_between = self.ready.is_empty() && self.bad.is_none() && !self.ended;
        let lines = self.lines.place().filter(|_| is_between)?;
        Some(Place { lines, seq: self.seq, unix_ms: self.unix_ms })
    }

    /// What was wrong with the lines up to now, in sentences.
    pub fn damage(&self) -> &[String] {
        &self.damage
    }

    /// How many lines were read, and checksums of the whole ones.
    pub(super) fn into_read(self) -> (u64, Blocks) {
        self.lines.into_read()
    }

    fn read(&mut self) -> Result<Option<Record>, RecordError> {
        if let Some(record) = self.ready.pop_front() {
            return Ok(Some(record));
        }
        while let Some((number, line)) = self.lines.next()? {
            match line {
                Line::Damaged(why) => self.leave_out(number, why),
                Line::Record(record) if record.seq <= self.seq => {
                    let why = format!("event {} comes again or too late", record.seq);
                    self.leave_out(number, why);
                }
                Line::Record(record) if first_of(&record) == self.seq + 1 => {
                    self.end_damage();
                    (self.seq, self.unix_ms) = (record.seq, record.unix_ms);
                    return Ok(Some(*record));
                }
                // Events are missing before it, unless its number is what is damaged.
                Line::Record(record) if self.lines.next_is_not(record.seq + 1)? => {
                    let why = format!("event {} does not belong there", record.seq);
                    self.leave_out(number, why);
                }
                Line::Record(record) => return Ok(Some(self.after_a_gap(number, *record))),
            }
        }
        Ok(self.lost_at_the_end())
    }

    fn leave_out(&mut self, number: u64, why: String) {
        let (_, lines, _) = self.bad.get_or_insert((number, 0, why));
        *lines += 1;
    }

    /// Ends a row of bad lines and says what they were. `None` where there were none.
    fn end_damage(&mut self) -> Option<String> {
        let (first, lines, why) = self.bad.take()?;
        let path = self.path.display();
        let text = match lines {
            1 => format!("{path} line {first} is damaged ({why})"),
            _ => format!("{path} lines {first} to {} are damaged ({why})", first + lines - 1),
        };
        self.damage.push(text.clone());
        Some(text)
    }

    /// The event that tells of the gap; the record itself is next.
    fn after_a_gap(&mut self, number: u64, record: Record) -> Record {
        let (first, last) = (self.seq + 1, record.seq - 1);
        let why = self.end_damage().unwrap_or_else(|| {
            let text = format!("{} has none of them before line {number}", self.path.display());
            self.damage.push(text.clone());
            text
        });
        let unix_ms = record.unix_ms;
        (self.seq, self.unix_ms) = (record.seq, unix_ms);
        self.ready.push_back(record);
        Record { seq: last, unix_ms, event: Event::EventsLost { first, why } }
    }

    /// Bad lines at the end may have been as many events.
    fn lost_at_the_end(&mut self) -> Option<Record> {
        let (_, lines, _) = *self.bad.as_ref()?;
        let why = self.end_damage()?;
        let first = self.seq + 1;
        self.seq += lines;
        let event = Event::EventsLost { first, why };
        Some(Record { seq: self.seq, unix_ms: self.unix_ms, event })
    }
}

/// The first event number that a record stands for.
fn first_of(record: &Record) -> u64 {
    match record.event {
        Event::EventsLost { first, .. } => first,
        _ => record.seq,
    }
}

impl Iterator for RecordReader {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.read().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}
