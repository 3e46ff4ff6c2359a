use super::cell::TableRow;
use crate::data::error::{RowError, RowPlace};
use crate::data::json::{error_without_line, kind_of};
use serde_json::{Map, Value};

/// One row as it is in a file. What its fields mean is decided elsewhere.
#[derive(Clone, Debug)]
pub(in crate::data) struct RawRow {
    /// Where it is in its file.
    pub place: RowPlace,
    pub content: RowContent,
}

/// The reader neither parses lines nor turns columns into fields, so that this work can be spread over
/// threads.
#[derive(Clone, Debug)]
pub(in crate::data) enum RowContent {
    /// Bytes that should be JSON.
    Line(Vec<u8>),
    /// JSON that the reader had to parse to find the row's end.
    Json(Value),
    /// A row of columns.
    Table(TableRow),
}

impl RawRow {
    /// Bytes that it takes in memory, roughly.
    pub fn size(&self) -> usize {
        match &self.content {
            RowContent::Line(bytes) => bytes.len(),
            RowContent::Json(value) => size(value),
            RowContent::Table(row) => row.size(),
        }
    }

    /// The fields of the row.
    ///
    /// # Errors
    /// It is not JSON, or not an object.
    pub fn fields(self) -> Result<Map<String, Value>, RowError> {
        let value = match self.content {
            RowContent::Json(value) => value,
            RowContent::Line(bytes) => parse(&bytes)?,
            RowContent::Table(row) => return Ok(row.fields()),
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

fn parse(line: &[u8]) -> Result<Value, RowError> {
    let text = std::str::from_utf8(line).map_err(|error| {
        RowError(format!("byte {} of the line is not UTF-8", error.valid_up_to() + 1))
    })?;
    serde_json::from_str(text)
        .map_err(|error| RowError(format!("not JSON: {}", error_without_line(&error))))
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
