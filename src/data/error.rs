use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why data cannot be had. Each names the thing, what was found, what is allowed, and the fix.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as in "cannot …".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A data file whose name or content is none of the known kinds.
    #[error("{}: {problem}", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A data file that breaks off or is damaged, so that nothing behind the place can be read.
    #[error("{}, {place}: {problem}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// How far it could be read.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// A bad row, under `on_bad_row: Stop`.
    #[error(
        "{}, {place}: {fault}. Mend the row, or let bad rows be skipped and counted with \
         on_bad_row: Skip(limit)", path.display()
    )]
    BadRow {
        /// The file.
        path: PathBuf,
        /// The row's place.
        place: Place,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// One bad row more than `on_bad_row: Skip(limit)` allows.
    #[error(
        "domain '{domain}' has more than {limit} bad rows, the limit of on_bad_row: Skip({limit}); \
         the one too many is {}, {place}: {fault}", path.display()
    )]
    TooManyBadRows {
        /// The domain.
        domain: String,
        /// How many may be skipped.
        limit: u64,
        /// File of the row that was too many.
        path: PathBuf,
        /// Its place.
        place: Place,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// `format: Auto` knows no format with these fields.
    #[error(
        "{}, {place}: no known format has the fields {found}; known are messages · conversations · \
         instruction, output · prompt, completion · text. Name the domain's format and its fields \
         in the config", path.display()
    )]
    UnknownFields {
        /// The file.
        path: PathBuf,
        /// The row that was looked at.
        place: Place,
        /// Its fields.
        found: String,
    },
    /// The tokenizer cannot be used.
    #[error("tokenizer {}: {problem}", path.display())]
    Tokenizer {
        /// File or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The chat template cannot be used.
    #[error("chat template {name}: {problem}")]
    Template {
        /// Name of a built-in, or file.
        name: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A domain without rows on one side.
    #[error("domain '{domain}' has no {side} rows: {why}")]
    NoRows {
        /// The domain.
        domain: String,
        /// `training` or `held-out`.
        side: &'static str,
        /// Where they went, and the fix.
        why: String,
    },
    /// The caller asked to stop; nothing half-made stays behind.
    #[error("stopped while the data were being prepared")]
    Stopped,
}

impl DataError {
    /// For `map_err`: the system's answer to an attempt on `path`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
        move |source| DataError::Io { doing, path: path.to_owned(), source }
    }
}

/// Where a row stands in its file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a text file.
    Line(u64),
    /// A row of a table.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// What is wrong with one row, in words: what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RowFault(pub String);
