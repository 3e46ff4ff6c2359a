//! CSV and TSV: the first line names the fields, each further record is a row.

use super::format::{DataFile, FileFormat, LONGEST_ROW_BYTES, OnRow, QUIET_BYTES, wrong_format};
use super::row::{RawRow, RowContent};
use super::source::{self, Text};
use crate::data::error::{DataError, RowError, RowPlace};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Read};

/// Files of values behind commas, or behind tabs.
pub(super) struct Separated {
    pub endings: &'static [&'static str],
    pub separator: u8,
}

impl FileFormat for Separated {
    fn endings(&self) -> &'static [&'static str] {
        self.endings
    }

    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
        let (since_row, feeds) = (Cell::new(0), LineFeeds::default());
        let input = Bounded { text: file.text()?, read: 0, since_row: &since_row, feeds: &feeds };
        let mut reader =
            ReaderBuilder::new().delimiter(self.separator).flexible(true).from_reader(input);
        let broken = |line: u64, error: &csv::Error| {
            let error = io::Error::other(error.to_string());
            source::broken(file.path, RowPlace::Line(line), &error)
        };
        let header = reader.headers().map_err(|error| broken(1, &error))?;
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        require_names(file, &names)?;
        let mut record = ByteRecord::new();
        let mut quiet = 0;
        loop {
            let line = feeds.line_at(reader.position().byte());
            let more = reader.read_byte_record(&mut record);
            if !more.map_err(|error| broken(line, &error))? {
                return Ok(());
            }
            quiet += since_row.take();
            on_row(Some(RawRow {
                place: RowPlace::Line(line),
                content: content(&names, &record),
            }))?;
            if quiet >= QUIET_BYTES as u64 {
                quiet = 0;
                on_row(None)?;
            }
        }
    }
}

/// # Errors
/// A name is missing or there twice.
fn require_names(file: &DataFile<'_>, names: &[String]) -> Result<(), DataError> {
    let mut known = BTreeSet::new();
    match names.iter().find(|name| name.is_empty() || !known.insert(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let problem = format!(
                "its first line names the fields, and '{name}' is empty or there twice; name each once"
            );
            Err(wrong_format(file.path, problem))
        }
    }
}

/// A cell without text is no value.
fn content(names: &[String], record: &ByteRecord) -> RowContent {
    if record.len() != names.len() {
        return RowContent::Bad(RowError(format!(
            "the row has {} cells, and the first line names {} fields",
            record.len(),
            names.len()
        )));
    }
    let mut fields = Map::new();
    for (name, cell) in names.iter().zip(record) {
        match std::str::from_utf8(cell) {
            Ok("") => {}
            Ok(text) => drop(fields.insert(name.clone(), Value::from(text))),
            Err(_) => return RowContent::Bad(RowError(format!("'{name}' is not UTF-8"))),
        }
    }
    RowContent::Fields(fields)
}

/// Where lines end, as far as they were read and not asked for: the parser counts a line that ends as in
/// Windows only with the next one.
#[derive(Default)]
struct LineFeeds {
    offsets: RefCell<VecDeque<u64>>,
    passed: Cell<u64>,
}

impl LineFeeds {
    /// The line of a byte, from 1; that of a line feed is the next one. Bytes are asked for in their order.
    fn line_at(&self, byte: u64) -> u64 {
        let mut offsets = self.offsets.borrow_mut();
        while offsets.pop_front_if(|offset| *offset <= byte).is_some() {
            self.passed.set(self.passed.get() + 1);
        }
        self.passed.get() + 1
    }
}

/// Ends the reading of a row that is none, as behind a quote that is never closed.
struct Bounded<'a> {
    text: Text<'a>,
    read: u64,
    since_row: &'a Cell<u64>,
    feeds: &'a LineFeeds,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        let feeds = (self.read..).zip(&buffer[..read]).filter(|(_, byte)| **byte == b'\n');
        self.feeds.offsets.borrow_mut().extend(feeds.map(|(offset, _)| offset));
        self.read += read as u64;
        self.since_row.set(self.since_row.get() + read as u64);
        if self.since_row.get() > LONGEST_ROW_BYTES {
            let problem = "the row is longer than 256 MiB; is a quote not closed?";
            return Err(io::Error::other(problem));
        }
        Ok(read)
    }
}
