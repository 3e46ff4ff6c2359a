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
    /// The file was moved or removed while a process wrote it, as with its folder.
    #[error(
        "{} is no longer there: the run's folder was moved or removed while the run went on, which \
         ends it. Move it back and go on with --resume, or resume it where it is now",
        path.display()
    )]
    Gone {
        /// Where the file was.
        path: PathBuf,
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
}
