//! Parquet. The reader's thread decodes the file batch by batch; turning a row into fields is left to
//! the threads that work on rows.

use super::columns::Columns;
use super::format::{DataFile, FileFormat, OnRow, wrong_format};
use super::signature::Signature;
use crate::data::error::{DataError, RowPlace};
use crate::disk;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use std::fs::File;
use std::sync::atomic::Ordering;

const ROWS_AT_ONCE: usize = 256;

fn read(file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
    let DataFile { path, read_bytes, .. } = *file;
    let opened = disk::open(path).map_err(DataError::io("read", path))?;
    let bytes = opened.metadata().map_err(DataError::io("read", path))?.len();
    let broken = |row: u64, error: &dyn std::fmt::Display| DataError::Broken {
        path: path.to_owned(),
        place: RowPlace::Row(row),
        problem: format!("cannot be read as Parquet: {error}"),
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|e| broken(1, &e))?;
    let columns = Columns::choose(file, builder.schema())?;
    let chosen = ProjectionMask::roots(builder.parquet_schema(), columns.read.iter().copied());
    if let Some(name) = in_lzo(&builder, &chosen) {
        let problem = format!(
            "column '{name}' is compressed with LZO, which is not read; write the file with another codec, such \
             as zstd or snappy"
        );
        return Err(wrong_format(path, problem));
    }
    let builder = builder.with_projection(chosen);
    let rows = builder.metadata().file_metadata().num_rows().max(1) as u64;
    let batches = builder.with_batch_size(ROWS_AT_ONCE).build().map_err(|e| broken(1, &e))?;
    let before = read_bytes.load(Ordering::Relaxed);
    let mut number = 0;
    for batch in batches {
        let batch = batch.map_err(|e| broken(number + 1, &e))?;
        for row in columns.rows(batch, number + 1) {
            number += 1;
            on_row(Some(row))?;
        }
        // Positions in the file are not known: they are estimated from the rows.
        let read = u128::from(bytes) * u128::from(number) / u128::from(rows);
        read_bytes.store(before + read.min(u128::from(bytes)) as u64, Ordering::Relaxed);
    }
    read_bytes.store(before + bytes, Ordering::Relaxed);
    Ok(())
}

/// Name of a chosen column in the one codec of Parquet that nothing here reads.
fn in_lzo(file: &ParquetRecordBatchReaderBuilder<File>, chosen: &ProjectionMask) -> Option<String> {
    let columns = file.metadata().row_groups().iter().flat_map(|group| {
        group.columns().iter().enumerate().filter(|(leaf, _)| chosen.leaf_included(*leaf))
    });
    let mut columns = columns.map(|(_, column)| column);
    let found = columns.find(|column| column.compression() == Compression::LZO)?;
    Some(found.column_path().string())
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
