use super::row::RawRow;
use super::signature::Signature;
use super::source::{self, Compression, Text};
use crate::data::error::DataError;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// Takes the rows of a file, one by one, in their order, and `None` now and then where much is read
/// that is no row; an error ends the reading.
pub(super) type OnRow<'a> = &'a mut dyn FnMut(Option<RawRow>) -> Result<(), DataError>;

/// Most bytes that are read without a call of [`OnRow`].
pub(super) const QUIET_BYTES: usize = 16 << 20;

/// A longer row, in bytes, is taken for a file that is not made of rows.
pub(super) const LONGEST_ROW_BYTES: u64 = 256 << 20;

/// A format of data files: how its files are recognized and their rows read.
pub(super) trait FileFormat: Sync {
    /// Endings of the names of its files, in lower case.
    fn endings(&self) -> &'static [&'static str];

    /// Whether its files may be compressed as a whole, with another ending behind their own.
    fn is_text(&self) -> bool {
        true
    }

    /// The first bytes of every file of the format, if they are always the same.
    fn signature(&self) -> Option<Signature> {
        None
    }

    /// Reads a file as a stream, whatever its size.
    ///
    /// # Errors
    /// The file is damaged or of another format, or `on_row` failed. A bad row is an error only when its
    /// fields are read.
    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError>;
}

/// A file that is to be read.
pub(super) struct DataFile<'a> {
    pub path: &'a Path,
    pub compression: Compression,
    /// Fields that the rows' format may use: a column of any other name may hold what cannot be read.
    pub used: &'a [&'a str],
    /// Follows how much of the file on disk has been read.
    pub read_bytes: &'a AtomicU64,
}

impl<'a> DataFile<'a> {
    /// The content of a text file, unpacked.
    pub fn text(&self) -> Result<Text<'a>, DataError> {
        source::open(self.path, self.compression, self.read_bytes)
    }
}

/// The error of a file whose content does not fit its name.
pub(super) fn wrong_format(path: &Path, problem: impl Into<String>) -> DataError {
    DataError::Format { path: path.to_owned(), problem: problem.into() }
}
