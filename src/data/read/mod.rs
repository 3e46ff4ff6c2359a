//! Data files → rows, one at a time: JSON, JSONL, CSV and TSV (plain or compressed), Parquet and Arrow.
//!
//! ```text
//!  path ─▶ registry: name and first bytes ─▶ a FileFormat ─▶ RawRow, RawRow, … ─▶ the caller
//!                                            json (lines, wrapper) · csv · table, arrow (columns)
//! ```
//!
//! A further format is a file here with its [`FileFormat`](format::FileFormat), and its name in
//! `registry::FORMATS`.

mod arrow;
mod cell;
mod columns;
mod csv;
mod format;
mod gzip;
mod json;
mod lines;
mod registry;
mod row;
mod signature;
mod source;
mod table;
mod wrapper;

pub use registry::is_data_file;
pub(super) use registry::{KNOWN, family};
pub(super) use row::RawRow;

use super::error::DataError;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// Calls `on_row` with every row of `path` in order, until the end or its first error; with `None`
/// between them where a file goes on for long without one, so that a request to stop is seen.
/// `used` are the fields that the rows' format may use. `read_bytes` follows how much of the file on disk has been read.
pub(super) fn read_rows(
    path: &Path,
    used: &[&str],
    read_bytes: &AtomicU64,
    on_row: &mut dyn FnMut(Option<RawRow>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let (format, compression) = registry::detect(path)?;
    format.read(&format::DataFile { path, compression, used, read_bytes }, on_row)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod table_tests;
