//! Goes through files once: rows are read in order, worked on in parallel, and handed on in order.

use super::progress::Reporter;
use crate::data::plan::{FieldIs, RowFormat};
use crate::data::error::{DataError, RowPlace, RowError};
use crate::data::formats;
use crate::data::read::{Row, read_rows};
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows, and their bytes, that are worked on at once: what bounds the memory, and how long a wish
/// to stop waits.
const CHUNK_ROWS: usize = 1024;
const CHUNK_BYTES: usize = 4 << 20;

/// A row of the domain, as a worker sees it.
pub(super) struct Entry<'a> {
    /// Number of the row among all rows of the files, from 0.
    pub ordinal: u64,
    pub fields: &'a Map<String, Value>,
    /// Never `Auto`.
    pub format: &'a RowFormat,
}

/// What came of a row.
pub(super) enum Found<T> {
    /// What the worker made of it.
    Row(T),
    /// The row belongs to another domain; the value of the field that says so.
    Elsewhere(String),
    /// The row is bad.
    Bad(RowError),
}

/// Takes what came of each row, with the row's file and place.
pub(super) type Sink<'a, T> = &'a mut dyn FnMut(&Path, RowPlace, Found<T>) -> Result<(), DataError>;

/// One pass over files.
pub(super) struct Scan<'a> {
    pub files: &'a [PathBuf],
    pub format: &'a RowFormat,
    pub only: Option<&'a FieldIs>,
    /// For people: what this pass does.
    pub what: String,
    /// Asked once a file, when its format is known.
    pub on_format: &'a (dyn Fn(&RowFormat) -> Result<(), DataError> + Sync),
}

impl Scan<'_> {
    /// `work` runs on many threads; `sink` gets its results one by one, in the order of the rows.
    pub fn run<T: Send>(
        &self,
        reporter: &mut Reporter,
        work: &(dyn Fn(Entry) -> Result<T, RowError> + Sync),
        sink: Sink<T>,
    ) -> Result<(), DataError> {
        let mut total = 0;
        for path in self.files {
            total += path.metadata().map_err(DataError::io("read", path))?.len();
        }
        let read_bytes = AtomicU64::new(0);
        let mut ordinal = 0;
        for path in self.files {
            let mut format = None;
            let mut chunk = Vec::new();
            let mut chunk_bytes = 0;
            let mut work_off = |rows: Vec<(u64, Row)>| -> Result<(), DataError> {
                self.know_format(path, &rows, &mut format)?;
                let found: Vec<(RowPlace, Found<T>)> = rows
                    .into_par_iter()
                    .map(|(ordinal, row)| (row.place, self.found(ordinal, row, &format, work)))
                    .collect();
                for (place, found) in found {
                    sink(path, place, found)?;
                }
                reporter.tell(&self.what, read_bytes.load(Ordering::Relaxed), Some(total))
            };
            read_rows(path, &read_bytes, &mut |row| {
                chunk_bytes += row.size();
                chunk.push((ordinal, row));
                ordinal += 1;
                if chunk.len() < CHUNK_ROWS && chunk_bytes < CHUNK_BYTES {
                    return Ok(());
                }
                chunk_bytes = 0;
                work_off(std::mem::take(&mut chunk))
            })?;
            work_off(chunk)?;
        }
        Ok(())
    }

    /// `Auto` is decided by the first row of the file that is an object.
    fn know_format(
        &self,
        path: &Path,
        rows: &[(u64, Row)],
        known: &mut Option<RowFormat>,
    ) -> Result<(), DataError> {
        if known.is_some() {
            return Ok(());
        }
        let format = if *self.format == RowFormat::Auto {
            let mut objects =
                rows.iter().filter_map(|(_, row)| Some((row.place, row.clone().fields().ok()?)));
            let Some((place, fields)) = objects.next() else { return Ok(()) };
            formats::recognise(&fields).ok_or_else(|| DataError::UnknownFields {
                path: path.to_owned(),
                place,
                found: formats::names_of(&fields),
            })?
        } else {
            self.format.clone()
        };
        (self.on_format)(&format)?;
        *known = Some(format);
        Ok(())
    }

    fn found<T>(
        &self,
        ordinal: u64,
        row: Row,
        format: &Option<RowFormat>,
        work: &(dyn Fn(Entry) -> Result<T, RowError> + Sync),
    ) -> Found<T> {
        let attempt = || {
            let fields = row.fields()?;
            if let Some(elsewhere) = self.elsewhere(&fields)? {
                return Ok(Found::Elsewhere(elsewhere));
            }
            // Without a format no row of the file so far was an object, and neither is this one.
            let format = format.as_ref().unwrap_or(self.format);
            work(Entry { ordinal, fields: &fields, format }).map(Found::Row)
        };
        attempt().unwrap_or_else(Found::Bad)
    }

    /// The value of the field by which the row belongs to another domain.
    fn elsewhere(&self, fields: &Map<String, Value>) -> Result<Option<String>, RowError> {
        let Some(FieldIs { field, is }) = self.only else { return Ok(None) };
        let value = match fields.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => return Err(formats::missing(fields, field)),
        };
        Ok((value != *is).then_some(value))
    }
}
