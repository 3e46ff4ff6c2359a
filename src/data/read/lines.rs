//! One object a line.

use super::source::{self, Text};
use super::{Body, Row};
use crate::data::error::{DataError, RowPlace};
use std::path::Path;

/// A longer line is taken for a file that is not made of lines.
const LONGEST_LINE_BYTES: u64 = 256 << 20;

/// Empty lines are no rows.
pub(super) fn read(
    path: &Path,
    mut text: Text,
    on_row: &mut dyn FnMut(Row) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut line = Vec::new();
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
        let body = line.trim_ascii();
        if !body.is_empty() {
            on_row(Row { place, body: Body::Line(body.to_vec()) })?;
        }
    }
    Ok(())
}
