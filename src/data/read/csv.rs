//! CSV and TSV: the first line names the fields, each further record is a row.

use super::format::{DataFile, FileFormat, LONGEST_ROW_BYTES, OnRow, QUIET_BYTES, wrong_format};
use super::lines::without_mark;
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
        let (since_row, feeds, quotes) = (Cell::new(0), LineFeeds::default(), Quotes::default());
        let (text, read) = (file.text()?, 0);
        let input = Bounded { text, read, since_row: &since_row, feeds: &feeds, quotes: &quotes };
        let mut reader =
            ReaderBuilder::new().delimiter(self.separator).flexible(true).from_reader(input);
        let broken = |line: u64, error: &csv::Error| {
            let error = io::Error::other(error.to_string());
            source::broken(file.path, RowPlace::Line(line), &error)
        };
        let header = reader.headers().map_err(|error| broken(1, &error))?;
        let mut names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        name_index(&mut names);
        require_names(file, &names)?;
        let mut record = ByteRecord::new();
        let (mut quiet, mut last) = (0, None);
        loop {
            let begin = reader.position().byte();
            let line = feeds.line_at(begin);
            let more = reader.read_byte_record(&mut record);
            if !more.map_err(|error| broken(line, &error))? {
                return match last.filter(|last: &LastRow| last.spans_lines && quotes.are_open()) {
                    None => Ok(()),
                    Some(last) => Err(broken(last.line, &io::Error::other(UNCLOSED).into())),
                };
            }
            quotes.forget_before(begin);
            last = Some(LastRow {
                line,
                spans_lines: record.iter().next_back().is_some_and(|cell| cell.contains(&b'\n')),
            });
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

/// What is said of a quote that swallows the rest of the file.
const UNCLOSED: &str = "a quote of the row that begins here is never closed, so that all rows behind it are in one \
                        cell; close the quote, or double it where it is meant as a character";

/// The newest row.
struct LastRow {
    line: u64,
    spans_lines: bool,
}

/// The name under which pandas reads a first column without one.
const INDEX: &str = "Unnamed: 0";

/// Gives a first column without a name, the index of a table of pandas, the name that pandas reads it under.
fn name_index(names: &mut [String]) {
    if let [first, _, ..] = names
        && first.is_empty()
    {
        *first = INDEX.into();
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
    if names.iter().zip(record).all(|(name, cell)| {
        let cell = without_mark(cell).trim_ascii();
        name.as_bytes() == cell || cell.is_empty() && name == INDEX
    }) {
        return RowContent::Bad(RowError(
            "the row repeats the names of the fields, as where files were put together; remove it"
                .into(),
        ));
    }
    let mut fields = Map::new();
    for (name, cell) in names.iter().zip(record) {
        match std::str::from_utf8(cell) {
            Ok("") => drop(fields.insert(name.clone(), Value::Null)),
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

/// Where quotes are, from the newest row on.
#[derive(Default)]
struct Quotes {
    offsets: RefCell<VecDeque<u64>>,
}

impl Quotes {
    fn forget_before(&self, byte: u64) {
        let mut offsets = self.offsets.borrow_mut();
        while offsets.pop_front_if(|offset| *offset < byte).is_some() {}
    }

    /// Whether one of them has no other that closes it.
    fn are_open(&self) -> bool {
        self.offsets.borrow().len() % 2 == 1
    }
}

/// Ends the reading of a row that is none, as behind a quote that is never closed.
struct Bounded<'a> {
    text: Text<'a>,
    read: u64,
    since_row: &'a Cell<u64>,
    feeds: &'a LineFeeds,
    quotes: &'a Quotes,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        let are = |wanted: u8| {
            let found =
                (self.read..).zip(&buffer[..read]).filter(move |(_, byte)| **byte == wanted);
            found.map(|(offset, _)| offset)
        };
        self.feeds.offsets.borrow_mut().extend(are(b'\n'));
        self.quotes.offsets.borrow_mut().extend(are(b'"'));
        self.read += read as u64;
        self.since_row.set(self.since_row.get() + read as u64);
        if self.since_row.get() > LONGEST_ROW_BYTES {
            let problem = "the row is longer than 256 MiB; is a quote not closed?";
            return Err(io::Error::other(problem));
        }
        Ok(read)
    }
}
