//! One object a line.

use super::format::{LONGEST_ROW_BYTES, OnRow, QUIET_BYTES};
use super::row::{RawRow, RowContent};
use super::source::{self, Text};
use crate::data::error::{DataError, RowPlace};
use std::path::Path;

/// Reads every line as a row; empty lines are none.
pub(super) fn read_lines(path: &Path, mut text: Text, on_row: OnRow<'_>) -> Result<(), DataError> {
    let mut line = Vec::new();
    let mut quiet = 0;
    for number in 1.. {
        let place = RowPlace::Line(number);
        match source::read_line(&mut text, &mut line, LONGEST_ROW_BYTES) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(source::broken(path, place, &error)),
        }
        if line.len() as u64 == LONGEST_ROW_BYTES {
            let problem = "the line is longer than 256 MiB; write one row a line".to_owned();
            return Err(DataError::Broken { path: path.to_owned(), place, problem });
        }
        let bytes = without_mark(line.trim_ascii());
        quiet += line.len();
        if !bytes.is_empty() {
            on_row(Some(RawRow { place, content: RowContent::Json(bytes.to_vec()) }))?;
            quiet = 0;
        } else if quiet >= QUIET_BYTES {
            on_row(None)?;
            quiet = 0;
        }
    }
    Ok(())
}

/// Files that were put together have a byte-order mark where each begins, some of them two.
pub(super) fn without_mark(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b"\xef\xbb\xbf") {
        line = rest.trim_ascii_start();
    }
    line
}
