//! JSONL: one object a line.

use super::format::{DataFile, FileFormat, OnRow, QUIET_BYTES, wrong_format};
use super::row::{RawRow, RowContent};
use super::source::{self, Text};
use crate::data::error::{DataError, RowPlace};
use std::path::Path;

/// A longer line is taken for a file that is not made of lines.
const LONGEST_LINE_BYTES: u64 = 256 << 20;

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
            _ => read_lines(file.path, text, on_row),
        }
    }
}

/// Reads every line as a row; empty lines are none.
pub(super) fn read_lines(path: &Path, mut text: Text, on_row: OnRow<'_>) -> Result<(), DataError> {
    let mut line = Vec::new();
    let mut quiet = 0;
    for number in 1.. {
        let place = RowPlace::Line(number);
        match source::read_line(&mut text, &mut line, LONGEST_LINE_BYTES) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(source::broken(path, place, &error)),
        }
        if line.len() as u64 == LONGEST_LINE_BYTES {
            let problem = "the line is longer than 256 MiB; write one row a line".to_owned();
            return Err(DataError::Broken { path: path.to_owned(), place, problem });
        }
        let bytes = line.trim_ascii();
        quiet += line.len();
        if !bytes.is_empty() {
            on_row(Some(RawRow { place, content: RowContent::Line(bytes.to_vec()) }))?;
            quiet = 0;
        } else if quiet >= QUIET_BYTES {
            on_row(None)?;
            quiet = 0;
        }
    }
    Ok(())
}
