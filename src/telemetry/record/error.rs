use std::io;
use std::path::PathBuf;

/// What can go wrong with `events.jsonl`.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried (`write`, `read`).
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is a record already where a new one was to begin.
    #[error(
        "{} exists: there is a run here already; go on with it by --resume, or choose another name",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A line that this version of the program cannot read, in a record of another one.
    #[error(
        "{} line {line} cannot be read ({reason}): the run was written by versatune {theirs}, this is \
         {ours}; use that version for this run",
        path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// Version of the program that wrote the line.
        theirs: String,
        /// Version of this program.
        ours: &'static str,
    },
    /// A line that is not a record.
    #[error(
        "{} line {line} is not an event: {reason}; restore the file, or cut it before that line",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Lines are missing, doubled or out of order.
    #[error(
        "{} line {line} is event {found}, but event {expected} belongs there; restore the file",
        path.display()
    )]
    Numbering {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The number that is there.
        found: u64,
        /// The number that belongs there.
        expected: u64,
    },
    /// The record ends before the checkpoint that it is to be continued from.
    #[error(
        "{} ends at event {last}, but the checkpoint was written at event {wanted}; restore the \
         file, or resume from an older checkpoint",
        path.display()
    )]
    Behind {
        /// The file.
        path: PathBuf,
        /// Its last event.
        last: u64,
        /// The checkpoint's event.
        wanted: u64,
    },
}
