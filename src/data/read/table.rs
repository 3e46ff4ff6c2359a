//! Parquet. The reader's thread decodes the file batch by batch; turning a row into fields is left to
//! the threads that work on rows.

use super::cell::{TableRow, unknown_type};
use super::format::{DataFile, FileFormat, OnRow, wrong_format};
use super::row::{RawRow, RowContent};
use super::signature::Signature;
use crate::data::error::{DataError, RowPlace};
use crate::disk;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::sync::atomic::Ordering;

const ROWS_AT_ONCE: usize = 256;

fn read(file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
    let DataFile { path, used, read_bytes, .. } = *file;
    let file = disk::open(path).map_err(DataError::io("read", path))?;
    let bytes = file.metadata().map_err(DataError::io("read", path))?.len();
    let broken = |row: u64, error: &dyn std::fmt::Display| DataError::Broken {
        path: path.to_owned(),
        place: RowPlace::Row(row),
        problem: format!("cannot be read as Parquet: {error}"),
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(1, &e))?;
    let mut readable = Vec::new();
    for (i, column) in builder.schema().fields().iter().enumerate() {
        match unknown_type(column.data_type()) {
            None => readable.push(i),
            Some(unknown) if used.contains(&column.name().as_str()) => {
                let problem = format!(
                    "column '{}' holds values of type {unknown}, which are not read; leave it out, or \
                     store it as text",
                    column.name()
                );
                return Err(wrong_format(path, problem));
            }
            Some(_) => {}
        }
    }
    let readable = ProjectionMask::roots(builder.parquet_schema(), readable);
    let builder = builder.with_projection(readable);
    let rows = builder.metadata().file_metadata().num_rows().max(1) as u64;
    let batches = builder.with_batch_size(ROWS_AT_ONCE).build().map_err(|e| broken(1, &e))?;
    let before = read_bytes.load(Ordering::Relaxed);
    let mut number = 0;
    for batch in batches {
        let batch = batch.map_err(|e| broken(number + 1, &e))?;
        for row in TableRow::all_of(batch) {
            number += 1;
            on_row(Some(RawRow { place: RowPlace::Row(number), content: RowContent::Table(row) }))?;
        }
        // Positions in the file are not known: they are estimated from the rows.
        let read = u128::from(bytes) * u128::from(number) / u128::from(rows);
        read_bytes.store(before + read.min(u128::from(bytes)) as u64, Ordering::Relaxed);
    }
    read_bytes.store(before + bytes, Ordering::Relaxed);
    Ok(())
}

/// Files of Apache Parquet, which compresses its columns itself.
pub(super) struct Parquet;

impl FileFormat for Parquet {
    fn endings(&self) -> &'static [&'static str] {
        &[".parquet", ".pq"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn signature(&self) -> Option<Signature> {
        Some(Signature { bytes: b"PAR1", name: "Parquet" })
    }

    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
        read(file, on_row)
    }
}
