use super::message::VERSION;
use crate::disk::{self, Holder};
use std::io;
use std::path::{Path, PathBuf};

/// Why a run cannot be reached through its socket.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nobody listens.
    #[error(
        "no run listens on {}: {}; `versatune attach` shows its record, read-only",
        path.display(),
        whereabouts.words()
    )]
    NoRun {
        /// The socket.
        path: PathBuf,
        /// Where the run's process is.
        whereabouts: Whereabouts,
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

/// Where the process of a run is whose socket nobody listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It has ended.
    Ended,
    /// It is on this machine, and has no socket: the file system has none.
    WithoutSocket(Holder),
    /// The last one was on another machine, and may still be there.
    Elsewhere(Holder),
}

impl Whereabouts {
    /// Of the run in this folder.
    pub(super) fn of(folder: &Path) -> Self {
        match Holder::of(folder) {
            Some(holder) if holder.is_elsewhere() => Whereabouts::Elsewhere(holder),
            Some(holder) if disk::is_held(folder) => Whereabouts::WithoutSocket(holder),
            _ => Whereabouts::Ended,
        }
    }

    /// Where it is, and what reaches it there.
    pub fn words(&self) -> String {
        match self {
            Whereabouts::Ended => "its process has ended".into(),
            Whereabouts::WithoutSocket(holder) => format!(
                "{holder} works on it without a socket, which its file system does not have; signals reach it \
                 (`kill -USR1 {}` saves a checkpoint)",
                holder.pid
            ),
            Whereabouts::Elsewhere(holder) => format!(
                "{holder} was the last to work on it, and commands are given on that host: `ssh {} versatune ctl …`",
                holder.host
            ),
        }
    }
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
