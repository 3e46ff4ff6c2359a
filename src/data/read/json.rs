//! JSON: an array of objects, one object a line, or objects one after the other; also as the list `data`
//! of one object. Where an object ends is found here; it is parsed by the threads that work on rows.

use super::format::{DataFile, FileFormat, LONGEST_ROW_BYTES, OnRow, QUIET_BYTES, wrong_format};
use super::lines::read_lines;
use super::row::{RawRow, RowContent};
use super::source::{self, Text};
use super::wrapper;
use crate::data::error::{DataError, RowPlace};
use crate::data::json::error_without_line;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::de::IoRead;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

/// `.json` files.
pub(super) struct Json;

impl FileFormat for Json {
    fn endings(&self) -> &'static [&'static str] {
        &[".json"]
    }

    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
        let mut text = file.text()?;
        match source::first_character(&mut text).map_err(DataError::io("read", file.path))? {
            Some(b'[') => read_array(file.path, text, on_row),
            _ => read_objects(file.path, text, on_row),
        }
    }
}

/// Files of one object a line.
pub(super) struct JsonLines;

impl FileFormat for JsonLines {
    fn endings(&self) -> &'static [&'static str] {
        &[".jsonl", ".ndjson"]
    }

    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
        let mut text = file.text()?;
        match source::first_character(&mut text).map_err(DataError::io("read", file.path))? {
            Some(b'[') => Err(wrong_format(
                file.path,
                "its name says one object a line, but it begins with '['; \
                 if it is one JSON array, name it .json",
            )),
            // A first line that is no object is a bad row like any other.
            _ => read_objects(file.path, text, on_row),
        }
    }
}

/// Reads objects: one a line, unless the first two lines look otherwise.
fn read_objects(path: &Path, mut text: Text<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
    let failed = |error: io::Error| source::broken(path, RowPlace::Line(1), &error);
    let (mut head, mut line, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    // Many empty lines are left to the reading of lines, which can be stopped.
    while lines.len() < 2
        && head.len() < QUIET_BYTES
        && source::read_line(&mut text, &mut line, LONGEST_ROW_BYTES).map_err(failed)?
    {
        head.extend_from_slice(&line);
        if !line.trim_ascii().is_empty() {
            lines.push(line.clone());
        }
    }
    let is_one_a_line = !is_printed_over_lines(&lines) && !lines.iter().any(|l| wrapper::is_one(l));
    let whole: Box<dyn Read + '_> = Box::new(Cursor::new(head).chain(text));
    let text = BufReader::new(whole);
    if is_one_a_line { read_lines(path, text, on_row) } else { read_values(path, text, on_row) }
}

/// Whether the first line begins an object without its end, and the second is none by itself: a row
/// that was cut off would be followed by a whole one.
fn is_printed_over_lines(lines: &[Vec<u8>]) -> bool {
    let [first, second] = lines else { return false };
    let parsed = [first, second].map(|line| serde_json::from_slice::<&RawValue>(line));
    matches!(parsed, [Err(begun), Err(_)] if begun.is_eof())
}

fn read_array(path: &Path, text: Text<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
    read_json(path, text, on_row, |json, line, rows| {
        json.deserialize_seq(Elements { line, rows }).and_then(|()| json.end())
    })
}

/// Values one after the other, on as many lines as they take.
fn read_values(path: &Path, text: Text<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
    read_json(path, text, on_row, |json, line, rows| {
        while json.end().is_err() {
            let value = Box::<RawValue>::deserialize(&mut *json)?;
            let feeds = value.get().matches('\n').count() as u64;
            for (place, row) in wrapper::rows_of(value.get(), line.get() - feeds) {
                if !rows.take(Some(raw_row(place, row))) {
                    return Err(serde_json::Error::custom("stopped"));
                }
            }
        }
        Ok(())
    })
}

fn raw_row(line: u64, json: &str) -> RawRow {
    RawRow { place: RowPlace::Line(line), content: RowContent::Json(json.as_bytes().to_vec()) }
}

type Parser<'a, 'b> = serde_json::Deserializer<IoRead<LineCounter<'a, 'b>>>;

/// An error in the JSON itself ends the reading: where the next row begins is not known then.
fn read_json(
    path: &Path,
    text: Text<'_>,
    on_row: OnRow<'_>,
    read: impl FnOnce(&mut Parser<'_, '_>, &Cell<u64>, &Rows<'_>) -> serde_json::Result<()>,
) -> Result<(), DataError> {
    let line = Cell::new(1);
    let rows =
        Rows { on_row: RefCell::new(on_row), stopped: RefCell::new(None), bytes: Cell::new(0) };
    let counter =
        LineCounter { text, path, line: &line, rows: &rows, quiet: 0, marks: Marks::default() };
    let mut json = serde_json::Deserializer::from_reader(counter);
    let outcome = read(&mut json, &line, &rows);
    if let Some(error) = rows.stopped.take() {
        return Err(error);
    }
    outcome.map_err(|error| {
        let place = RowPlace::Line(line.get());
        match error.io_error_kind() {
            Some(kind) => source::broken(path, place, &io::Error::new(kind, error.to_string())),
            None => DataError::Broken {
                path: path.to_owned(),
                place,
                problem: format!(
                    "not JSON: {}; the rows behind it cannot be read. \
                     Mend the file, or write one object a line",
                    error_without_line(&error)
                ),
            },
        }
    })
}

/// Who takes the rows, for the parser and for the bytes below it, which take turns.
struct Rows<'a> {
    on_row: RefCell<OnRow<'a>>,
    /// The error of `on_row`, which the errors of serde and of readers cannot carry.
    stopped: RefCell<Option<DataError>>,
    /// Bytes since the last row.
    bytes: Cell<u64>,
}

impl Rows<'_> {
    /// Hands a row on, or that there is none; `false` where the reading is to end.
    fn take(&self, row: Option<RawRow>) -> bool {
        if row.is_some() {
            self.bytes.set(0);
        }
        match (self.on_row.borrow_mut())(row) {
            Ok(()) => true,
            Err(error) => {
                self.stopped.replace(Some(error));
                false
            }
        }
    }
}

/// Counts line feeds as the parser takes its bytes, one by one.
struct LineCounter<'a, 'b> {
    text: Text<'a>,
    path: &'b Path,
    line: &'b Cell<u64>,
    rows: &'b Rows<'b>,
    /// Bytes since somebody last looked for a request to stop.
    quiet: usize,
    marks: Marks,
}

/// Files that were put together have a byte-order mark where each begins.
#[derive(Default)]
struct Marks {
    in_string: bool,
    is_escaped: bool,
}

impl Marks {
    /// Replaces the marks by spaces. Outside of strings JSON has no other bytes like theirs.
    fn blank(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            match (self.in_string, *byte) {
                (true, _) if self.is_escaped => self.is_escaped = false,
                (true, b'\\') => self.is_escaped = true,
                (_, b'"') => self.in_string = !self.in_string,
                (false, 0xef | 0xbb | 0xbf) => *byte = b' ',
                _ => {}
            }
        }
    }
}

impl Read for LineCounter<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stopped = || Err(io::Error::other("stopped"));
        // After an error the parser reads on, to the end of the array.
        if self.rows.stopped.borrow().is_some() {
            return stopped();
        }
        let read = self.text.read(buffer)?;
        self.marks.blank(&mut buffer[..read]);
        let feeds = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + feeds as u64);
        let blank = buffer[..read].trim_ascii().is_empty();
        self.rows.bytes.set(self.rows.bytes.get() + if blank { 0 } else { read as u64 });
        if self.rows.bytes.get() > LONGEST_ROW_BYTES {
            let place = RowPlace::Line(self.line.get());
            let problem =
                "the row is longer than 256 MiB; split it, or write one row a line".into();
            let error = DataError::Broken { path: self.path.to_owned(), place, problem };
            self.rows.stopped.replace(Some(error));
            return stopped();
        }
        self.quiet += read;
        if self.quiet >= QUIET_BYTES {
            self.quiet = 0;
            if !self.rows.take(None) {
                return stopped();
            }
        }
        Ok(read)
    }
}

/// Hands each element of the array on as soon as its end is found.
struct Elements<'a, 'b> {
    line: &'a Cell<u64>,
    rows: &'a Rows<'b>,
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some((line, value)) = elements.next_element_seed(Element { line: self.line })? {
            if !self.rows.take(Some(raw_row(line, value.get()))) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// An element, and the line on which it begins: the parser has seen its first byte and no more.
struct Element<'a> {
    line: &'a Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = (u64, Box<RawValue>);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        let line = self.line.get();
        Ok((line, Deserialize::deserialize(json)?))
    }
}
