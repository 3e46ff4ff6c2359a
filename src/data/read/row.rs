use super::cell::TableRow;
use crate::data::error::{RowError, RowPlace};
use crate::data::json::{error_without_line, kind_of};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

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
    /// Bytes that should be one JSON object.
    Json(Vec<u8>),
    /// Fields that the reader had to take apart to find the row's end.
    Fields(Map<String, Value>),
    /// It is known already that it is no row.
    Bad(RowError),
    /// A row of columns, and the names of those that are not read.
    Table(TableRow, Arc<[String]>),
}

impl RawRow {
    /// Bytes that it takes in memory, roughly.
    pub fn size(&self) -> usize {
        match &self.content {
            RowContent::Json(bytes) => bytes.len(),
            RowContent::Fields(fields) => fields
                .iter()
                .map(|(name, cell)| name.len() + cell.as_str().map_or(0, str::len))
                .sum(),
            RowContent::Bad(_) => 0,
            RowContent::Table(row, _) => row.size(),
        }
    }

    /// Names of the columns of its table that are not read.
    pub fn unread(&self) -> Option<Arc<[String]>> {
        match &self.content {
            RowContent::Table(_, unread) => Some(unread.clone()),
            RowContent::Json(_) | RowContent::Fields(_) | RowContent::Bad(_) => None,
        }
    }

    /// The fields of the row.
    ///
    /// # Errors
    /// It is not JSON, or not an object.
    pub fn fields(self) -> Result<Map<String, Value>, RowError> {
        let value = match self.content {
            RowContent::Json(bytes) => parse(&bytes)?,
            RowContent::Fields(fields) => return Ok(fields),
            RowContent::Bad(error) => return Err(error),
            RowContent::Table(row, _) => return Ok(row.fields()),
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
        RowError(format!("byte {} of the row is not UTF-8", error.valid_up_to() + 1))
    })?;
    let not_json =
        |error: serde_json::Error| RowError(format!("not JSON: {}", error_without_line(&error)));
    let value: Value = serde_json::from_str(text).map_err(not_json)?;
    if !value.is_object() {
        return Ok(value);
    }
    match serde_json::from_str::<Names>(text).map_err(not_json)?.twice {
        None => Ok(value),
        Some(name) => Err(RowError(format!(
            "'{}' is there twice, and only one of them could be used; remove one",
            name.escape_debug()
        ))),
    }
}

/// The names of an object's fields, of which a parsed one has each once.
struct Names {
    /// One that is there twice.
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let (mut seen, mut twice) = (BTreeSet::new(), None);
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if !seen.insert(name.clone()) {
                twice = Some(name);
            }
        }
        Ok(Names { twice })
    }
}
