//! Rows out of files, one at a time: JSON, JSONL (plain, gzip, zstd) and Parquet.
//!
//! A file is read as a stream, whatever its size. What a row means is not known here.

mod array;
mod kind;
mod lines;
mod source;
mod table;

use super::error::{DataError, RowPlace, RowError};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// One row as it came out of a file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it stands.
    pub place: RowPlace,
    /// What stands there.
    pub body: Body,
}

/// Lines are parsed by whoever needs them, so that parsing can be spread over threads.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// A line of bytes, said to be JSON.
    Line(Vec<u8>),
    /// Parsed.
    Json(Value),
}

impl Row {
    /// Bytes that it takes in memory, roughly.
    pub fn size(&self) -> usize {
        match &self.body {
            Body::Line(bytes) => bytes.len(),
            Body::Json(value) => size(value),
        }
    }

    /// The fields of the row.
    pub fn fields(self) -> Result<Map<String, Value>, RowError> {
        let value = match self.body {
            Body::Json(value) => value,
            Body::Line(bytes) => parse(&bytes)?,
        };
        match value {
            Value::Object(fields) => Ok(fields),
            other => Err(RowError(format!(
                "the row is {}; a row is an object such as {{\"prompt\": …, \"completion\": …}}",
                kind_of(&other)
            ))),
        }
    }
}

/// Calls `on_row` with every row of `path` in order, until the end or its first error.
/// `read_bytes` follows how much of the file on disk has been read.
pub(super) fn read_rows(
    path: &Path,
    read_bytes: &AtomicU64,
    on_row: &mut dyn FnMut(Row) -> Result<(), DataError>,
) -> Result<(), DataError> {
    match kind::of(path)? {
        kind::Kind::Table => table::read(path, read_bytes, on_row),
        kind::Kind::Text { packing, content } => {
            let mut text = source::open(path, packing, read_bytes)?;
            match kind::layout(path, content, &mut text)? {
                kind::Layout::Array => array::read(path, text, on_row),
                kind::Layout::Lines => lines::read(path, text, on_row),
            }
        }
    }
}

fn parse(line: &[u8]) -> Result<Value, RowError> {
    let text = std::str::from_utf8(line).map_err(|error| {
        RowError(format!("byte {} of the line is not UTF-8", error.valid_up_to() + 1))
    })?;
    serde_json::from_str(text)
        .map_err(|error| RowError(format!("not JSON: {}", json_fault(&error))))
}

/// The error without its own line number, which counts from the wrong place.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

/// A JSON value's kind, with its article.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| key.len() + size(value)).sum()
            }
        }
}

#[cfg(test)]
mod tests;
