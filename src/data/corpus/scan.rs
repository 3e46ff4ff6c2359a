//! One pass over files: rows are read in order, worked on in parallel, and passed on in order.

use super::fields::{Shape, Shapes};
use super::progress::Reporter;
use crate::data::error::{DataError, RowError, RowPlace};
use crate::data::plan::{FieldIs, RowFormat};
use crate::data::read::{RawRow, read_rows};
use crate::data::row_format::{self, Fields, Rules};
use rayon::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows, and their bytes, that are worked on at once. They limit the memory, and the time until a
/// request to stop is seen.
const CHUNK_ROWS: usize = 1024;
const CHUNK_BYTES: usize = 4 << 20;

/// A row of the domain, as a worker sees it.
pub(super) struct DomainRow<'a> {
    /// Number of the row among all rows of the files, from 0.
    pub ordinal: u64,
    pub fields: &'a Fields,
    /// Never `Auto`.
    pub format: &'a RowFormat,
}

/// A row of a file that was worked on.
pub(super) struct ScannedRow<T> {
    pub place: RowPlace,
    pub result: Scanned<T>,
    /// Its fields; `None` where its format is not known, or it belongs to another domain.
    pub shape: Option<Arc<Shape>>,
}

/// The result of a worker for a row.
pub(super) enum Scanned<T> {
    /// What the worker returned.
    Row(T),
    /// The row belongs to another domain. The value of the field that decides it.
    OtherDomain(String),
    /// The row is bad.
    Bad(RowError),
}

/// Works on a row; called on many threads at once.
pub(super) type Work<'a, T> = &'a (dyn Fn(DomainRow) -> Result<T, RowError> + Sync);

/// Rows of a file that were worked on together.
pub(super) type ScannedRows<T> = Vec<ScannedRow<T>>;

/// Takes the results of the rows of a file, as many at a time as are worked on together.
pub(super) type Sink<'a, T> = &'a mut dyn FnMut(&Path, ScannedRows<T>) -> Result<(), DataError>;

/// One pass over files.
pub(super) struct Scan<'a> {
    pub files: &'a [PathBuf],
    pub format: &'a RowFormat,
    pub only: Option<&'a FieldIs>,
    pub rules: &'a Rules,
    /// What this pass does, as progress shows it.
    pub what: String,
}

/// Rows that are worked on together, each with its number among all rows of the files.
#[derive(Default)]
struct Chunk {
    rows: Vec<(u64, RawRow)>,
    bytes: usize,
}

impl Chunk {
    fn push(&mut self, ordinal: u64, row: RawRow) {
        self.bytes += row.size();
        self.rows.push((ordinal, row));
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }
}

impl Scan<'_> {
    /// `work` runs on many threads; `sink` gets its results in the order of the rows.
    pub fn run<T: Send>(
        &self,
        reporter: &mut Reporter,
        work: Work<T>,
        sink: Sink<T>,
    ) -> Result<(), DataError> {
        let total = self.total_bytes()?;
        let read_bytes = AtomicU64::new(0);
        let mut ordinal = 0;
        let condition = self.only.map(|only| only.field.as_str());
        let used: Vec<&str> =
            row_format::names_in(self.format, self.rules).into_iter().chain(condition).collect();
        let shapes = Shapes::new(self.rules, self.only);
        for path in self.files {
            let mut chunk = Chunk::default();
            let mut finish = |chunk: Chunk| {
                sink(path, self.work_on(chunk, &shapes, work))?;
                reporter.report(&self.what, read_bytes.load(Ordering::Relaxed), Some(total))
            };
            read_rows(path, &used, &read_bytes, &mut |row| {
                let Some(row) = row else { return finish(std::mem::take(&mut chunk)) };
                chunk.push(ordinal, row);
                ordinal += 1;
                if chunk.is_full() { finish(std::mem::take(&mut chunk)) } else { Ok(()) }
            })?;
            finish(chunk)?;
        }
        Ok(())
    }

    fn total_bytes(&self) -> Result<u64, DataError> {
        let mut total = 0;
        for path in self.files {
            total += path.metadata().map_err(DataError::io("read", path))?.len();
        }
        Ok(total)
    }

    fn work_on<T: Send>(&self, chunk: Chunk, shapes: &Shapes, work: Work<T>) -> ScannedRows<T> {
        let rows = chunk.rows.into_par_iter();
        rows.map(|(ordinal, row)| {
            let (place, unread, mut shape) = (row.place, row.unread(), None);
            let result = self.scanned(ordinal, row, work, |fields, format| {
                let unread = unread.as_deref().unwrap_or_default();
                shape = Some(shapes.of(fields, unread, format));
            });
            ScannedRow { place, result, shape }
        })
        .collect()
    }

    fn scanned<T>(
        &self,
        ordinal: u64,
        row: RawRow,
        work: Work<T>,
        look: impl FnOnce(&Fields, &RowFormat),
    ) -> Scanned<T> {
        let attempt = || {
            let fields = row.fields()?;
            if let Some(name) = self.other_domain(&fields)? {
                return Ok(Scanned::OtherDomain(name));
            }
            let recognized = match self.format {
                RowFormat::Auto => Some(row_format::recognize(&fields)?),
                _ => None,
            };
            let format = recognized.as_ref().unwrap_or(self.format);
            look(&fields, format);
            work(DomainRow { ordinal, fields: &fields, format }).map(Scanned::Row)
        };
        attempt().unwrap_or_else(Scanned::Bad)
    }

    /// The value of the field by which the row belongs to another domain.
    fn other_domain(&self, fields: &Fields) -> Result<Option<String>, RowError> {
        let Some(FieldIs { field, is }) = self.only else { return Ok(None) };
        let value = match fields.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => return Err(row_format::missing(fields, field)),
        };
        Ok((value != *is).then_some(value))
    }
}
