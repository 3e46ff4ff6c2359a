use crate::telemetry::RecordError;
use std::io;
use std::path::PathBuf;

/// Why a run is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file of somebody else would be overwritten.
    #[error(
        "{} is there and is no export of this kind; remove it, or name another file",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// TensorBoard would draw two runs as one.
    #[error(
        "{} has other events for TensorBoard ({found}), which would be drawn as the same run; name another \
         folder",
        folder.display()
    )]
    Mixed {
        /// The folder.
        folder: PathBuf,
        /// An event file in it.
        found: String,
    },
    /// The export could not be written.
    #[error("cannot write {}: {source}; free some space, or name another place", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}
