//! JSON: one array of objects, read element by element, or one object a line.

use super::format::{DataFile, FileFormat, OnRow, QUIET_BYTES};
use super::lines::read_lines;
use super::row::{RawRow, RowContent};
use super::source::{self, Text};
use crate::data::error::{DataError, RowPlace};
use crate::data::json::error_without_line;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// `.json` files: one array, or lines where the file does not begin with `[`.
pub(super) struct Json;

impl FileFormat for Json {
    fn endings(&self) -> &'static [&'static str] {
        &[".json"]
    }

    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
        let mut text = file.text()?;
        match source::first_character(&mut text).map_err(DataError::io("read", file.path))? {
            Some(b'[') => read_array(file.path, text, on_row),
            _ => read_lines(file.path, text, on_row),
        }
    }
}

/// An error in the JSON itself ends the reading: where the next element begins is not known then.
fn read_array(path: &Path, text: Text, on_row: OnRow<'_>) -> Result<(), DataError> {
    let line = Cell::new(1);
    let rows = Rows { on_row: RefCell::new(on_row), stopped: RefCell::new(None) };
    let counter = LineCounter { text, line: &line, rows: &rows, quiet: 0 };
    let mut json = serde_json::Deserializer::from_reader(counter);
    let outcome =
        json.deserialize_seq(Elements { line: &line, rows: &rows }).and_then(|()| json.end());
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
}

impl Rows<'_> {
    /// Hands a row on, or that there is none; `false` where the reading is to end.
    fn take(&self, row: Option<RawRow>) -> bool {
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
    line: &'b Cell<u64>,
    rows: &'b Rows<'b>,
    /// Bytes since somebody last looked for a request to stop.
    quiet: usize,
}

impl Read for LineCounter<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // After an error the parser reads on, to the end of the array.
        if self.rows.stopped.borrow().is_some() {
            return Err(io::Error::other("stopped"));
        }
        let read = self.text.read(buffer)?;
        let feeds = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + feeds as u64);
        self.quiet += read;
        if self.quiet >= QUIET_BYTES {
            self.quiet = 0;
            if !self.rows.take(None) {
                return Err(io::Error::other("stopped"));
            }
        }
        Ok(read)
    }
}

/// Hands each element of the array on as soon as it is parsed.
struct Elements<'a> {
    line: &'a Cell<u64>,
    rows: &'a Rows<'a>,
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some((place, value)) = elements.next_element_seed(Element { line: self.line })? {
            if !self.rows.take(Some(RawRow { place, content: RowContent::Json(value) })) {
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
    type Value = (RowPlace, Value);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        let place = RowPlace::Line(self.line.get());
        Ok((place, serde::Deserialize::deserialize(json)?))
    }
}
