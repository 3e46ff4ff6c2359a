//! Which columns of a table are read.

use super::cell::{TableRow, unknown_type};
use super::format::{DataFile, wrong_format};
use super::row::{RawRow, RowContent};
use crate::data::error::{DataError, RowPlace};
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use std::sync::Arc;

/// The columns of a table.
pub(super) struct Columns {
    /// Indexes of those that are read.
    pub read: Vec<usize>,
    /// Names of the others.
    unread: Arc<[String]>,
}

impl Columns {
    /// Those that rows of the format may use are read; all where there is none of them, so that the error
    /// names what there is.
    ///
    /// # Errors
    /// One of them holds values that have no form in JSON.
    pub fn choose(file: &DataFile<'_>, schema: &Schema) -> Result<Self, DataError> {
        let named = || schema.fields().iter().enumerate();
        let is_used = |name: &str| file.used.contains(&name);
        for (_, column) in named().filter(|(_, column)| is_used(column.name())) {
            if let Some(unknown) = unknown_type(column.data_type()) {
                let problem = format!(
                    "column '{}' holds values of type {unknown}, which are not read; leave it out, or store it \
                     as text",
                    column.name()
                );
                return Err(wrong_format(file.path, problem));
            }
        }
        let any_used = named().any(|(_, column)| is_used(column.name()));
        let is_read = |column: &arrow_schema::Field| match any_used {
            true => is_used(column.name()),
            false => unknown_type(column.data_type()).is_none(),
        };
        let (read, unread): (Vec<_>, Vec<_>) = named().partition(|(_, column)| is_read(column));
        Ok(Columns {
            read: read.into_iter().map(|(index, _)| index).collect(),
            unread: unread.into_iter().map(|(_, column)| column.name().clone()).collect(),
        })
    }

    /// The rows of a batch of these columns, the first of them number `first` of the file.
    pub fn rows(&self, batch: RecordBatch, first: u64) -> impl Iterator<Item = RawRow> {
        TableRow::all_of(batch).zip(first..).map(|(row, number)| RawRow {
            place: RowPlace::Row(number),
            content: RowContent::Table(row, self.unread.clone()),
        })
    }
}
