//! Why data cannot be used: of the whole run ([`DataError`]), or of one row ([`RowError`]).

use crate::hub::HubError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the data of a run cannot be prepared or read. Each message names the thing, what was found,
/// what is allowed, and the fix.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was attempted, as the verb behind "cannot".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A token cache, or a part of it, that another user made: the model would be trained on what that
    /// user wants.
    #[error(
        "the token cache {} belongs to user {uid}, and this process to user {own}: its tokens could be \
         anything. Name a folder of your own in data.cache_dir, or set data.trust_cache: true if you \
         trust whoever can write there", path.display()
    )]
    ForeignCache {
        /// The cache's folder, or what lies in it.
        path: PathBuf,
        /// Number of its owner.
        uid: u32,
        /// Number of the user of this process.
        own: u32,
    },
    /// A prompt that tokenizer or template refuse.
    #[error("this cannot be asked: {0}")]
    Question(String),
    /// A data file whose name or content is of no known format.
    #[error("{}: {problem}", path.display())]
    Format {
        /// The data file, its path resolved against the config.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A data file that is cut off or damaged, so that nothing after the place can be read.
    #[error("{}, {place}: {problem}", path.display())]
    Broken {
        /// The data file, its path resolved against the config.
        path: PathBuf,
        /// How far it could be read.
        place: RowPlace,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A bad row, under `on_bad_row: Stop`.
    #[error(
        "{}, {place}: {error}. Mend the row, or let bad rows be skipped and counted with \
         data.on_bad_row: Skip(100)", path.display()
    )]
    BadRow {
        /// The data file, its path resolved against the config.
        path: PathBuf,
        /// Where the row is in it.
        place: RowPlace,
        /// What is wrong with the row.
        error: RowError,
    },
    /// One bad row more than `on_bad_row: Skip(limit)` allows.
    #[error(
        "domain '{domain}' has more than {limit} bad rows, the limit of on_bad_row: Skip({limit}); \
         the one too many is {}, {place}: {error}", path.display()
    )]
    TooManyBadRows {
        /// Name of the domain.
        domain: String,
        /// How many rows may be skipped.
        limit: u64,
        /// File of the row that was too many.
        path: PathBuf,
        /// Where that row is in the file.
        place: RowPlace,
        /// What is wrong with the row.
        error: RowError,
    },
    /// The tokenizer or the chat template cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A domain without rows on one side.
    #[error("domain '{domain}' has no {side} rows: {why}")]
    NoRows {
        /// Name of the domain.
        domain: String,
        /// `training` or `held-out`.
        side: &'static str,
        /// What happened to the domain's rows, and the fix.
        why: String,
    },
    /// Data of the Hub cannot be had.
    #[error(transparent)]
    Hub(HubError),
    /// A data file that two entries of a domain name.
    #[error(
        "domain '{domain}': {} {how}; correct the addresses in its `train` and `held_out`", path.display()
    )]
    FileTwice {
        /// Name of the domain.
        domain: String,
        /// The data file, in the cache.
        path: PathBuf,
        /// Where it is named.
        how: &'static str,
    },
    /// The caller stopped the preparation; no half-written cache stays behind.
    #[error("stopped while the data were being prepared")]
    Stopped,
}

impl DataError {
    /// For `map_err`: turns the system's error into one that names the attempt and the path.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
        move |source| DataError::Io { doing, path: path.to_owned(), source }
    }
}

impl From<HubError> for DataError {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Stopped => DataError::Stopped,
            failed @ HubError::Failed { .. } => DataError::Hub(failed),
        }
    }
}

/// Why the parts that come with a model cannot turn rows into tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Unusable {
    /// The tokenizer cannot be used.
    #[error("tokenizer {}: {problem}", path.display())]
    Tokenizer {
        /// Its file, or its folder where a file is missing.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The chat template cannot be used.
    #[error("chat template {name}: {problem}")]
    Template {
        /// Name of a built-in template, or path of its file.
        name: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl Unusable {
    /// Of the tokenizer in this file or folder.
    pub(super) fn tokenizer(path: &Path, problem: impl Into<String>) -> Self {
        Unusable::Tokenizer { path: path.to_owned(), problem: problem.into() }
    }

    /// Of the chat template with this name.
    pub(super) fn template(name: &str, problem: impl Into<String>) -> Self {
        Unusable::Template { name: name.to_owned(), problem: problem.into() }
    }
}

/// Where a row is in its file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPlace {
    /// The line of a text file on which the row begins.
    Line(u64),
    /// The number of the row in a table, which has no lines.
    Row(u64),
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowPlace::Line(line) => write!(f, "line {line}"),
            RowPlace::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// What is wrong with one row, in words: what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct RowError(pub String);
