//! JSON: one array of objects, read element by element, or one object a line.

use super::format::{DataFile, FileFormat, OnRow};
use super::lines::read_lines;
use super::row::{RawRow, RowContent};
use super::source::{self, Text};
use crate::data::error::{DataError, RowPlace};
use crate::data::json::error_without_line;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::Value;
use std::cell::Cell;
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
    let mut json = serde_json::Deserializer::from_reader(LineCounter { text, line: &line });
    let mut stopped = None;
    let elements = Elements { line: &line, on_row, stopped: &mut stopped };
    let outcome = json.deserialize_seq(elements).and_then(|()| json.end());
    if let Some(error) = stopped {
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

/// Counts line feeds as the parser takes its bytes, one by one.
struct LineCounter<'a, 'b> {
    text: Text<'a>,
    line: &'b Cell<u64>,
}

impl Read for LineCounter<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        let feeds = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + feeds as u64);
        Ok(read)
    }
}

/// Hands each element of the array on as soon as it is parsed.
struct Elements<'a> {
    line: &'a Cell<u64>,
    on_row: OnRow<'a>,
    /// The error of `on_row`, which serde's own error type cannot carry.
    stopped: &'a mut Option<DataError>,
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some((place, value)) = elements.next_element_seed(Element { line: self.line })? {
            if let Err(error) = (self.on_row)(RawRow { place, content: RowContent::Json(value) }) {
                *self.stopped = Some(error);
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
