use super::message::VERSION;
use std::io;
use std::path::PathBuf;

/// Why a run cannot be reached through its socket.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nobody listens.
    #[error(
        "no run listens on {}: its process has ended, or runs on another host; `versatune attach` shows the \
         record of such a run, read-only",
        path.display()
    )]
    NoRun {
        /// The socket.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The socket.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The run's process speaks other lines.
    #[error(
        "the run's process speaks version {found} of the lines on its socket, and this program {VERSION}; use the \
         program that runs it"
    )]
    Version {
        /// Its version.
        found: u32,
    },
    /// The run's process refuses the client.
    #[error("the run's process refuses: {0}")]
    Refused(String),
    /// The connection ended, or what came was no message.
    #[error("the connection to the run is lost: {0}")]
    Lost(String),
}

impl RemoteError {
    /// For `map_err`.
    pub(super) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| RemoteError::Io { what, path, error }
    }
}
