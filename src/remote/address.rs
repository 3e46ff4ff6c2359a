//! Where a run's socket is, and how it is reached whatever the length of its path.

use super::error::{RemoteError, Whereabouts};
use crate::disk;
use rustix::fs::{Mode, OFlags};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Name of the socket in a run's folder.
pub const SOCKET_FILE: &str = "control.sock";

/// A socket in a folder.
///
/// The address of a socket has at most 108 bytes, and run folders have longer paths. So the folder is opened,
/// and the socket named through it: `/proc/self/fd/9/control.sock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketAddress {
    folder: PathBuf,
    name: String,
}

impl SocketAddress {
    /// That of the run in this folder.
    pub fn of_run(folder: &Path) -> Self {
        SocketAddress { folder: folder.to_owned(), name: SOCKET_FILE.into() }
    }

    /// The socket's path.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Listens there, for the owner only. What a process that was killed left there is removed.
    ///
    /// # Errors
    /// Another process listens; the file system has no sockets, as some network file systems; the folder is
    /// another user's.
    pub(super) fn listen(&self) -> Result<UnixListener, RemoteError> {
        let path = self.path();
        let failed = RemoteError::io("listen on", &path);
        let listening = || {
            let owner = fs::metadata(&self.folder)?.uid();
            if owner != disk::own_uid() {
                return Err(io::Error::other("its folder is another user's"));
            }
            if UnixStream::connect(self.through_folder()?.path()).is_ok() {
                return Err(io::Error::new(ErrorKind::AddrInUse, "another process listens there"));
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // The umask of this process leaves the socket to its owner from the beginning.
            let listener = UnixListener::bind(self.through_folder()?.path())?;
            fs::set_permissions(&path, fs::Permissions::from_mode(disk::OWNER_ONLY))?;
            Ok(listener)
        };
        listening().map_err(failed)
    }

    /// # Errors
    /// Nobody listens; it is another user's.
    pub(super) fn connect(&self) -> Result<UnixStream, RemoteError> {
        let connected = || {
            let stream = UnixStream::connect(self.through_folder()?.path())?;
            require_own(&stream)?;
            Ok(stream)
        };
        connected().map_err(|error: io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                let whereabouts = Whereabouts::of(&self.folder);
                RemoteError::NoRun { path: self.path(), whereabouts }
            }
            _ => RemoteError::Io { what: "connect to", path: self.path(), error },
        })
    }

    fn through_folder(&self) -> io::Result<ThroughFolder<'_>> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&self.folder, flags, Mode::empty())?;
        Ok(ThroughFolder { folder, name: &self.name })
    }
}

/// A name in a folder that is open.
struct ThroughFolder<'a> {
    folder: rustix::fd::OwnedFd,
    name: &'a str,
}

impl ThroughFolder<'_> {
    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{}", self.folder.as_raw_fd(), self.name))
    }
}

/// # Errors
/// The process at the other end is another user's.
pub(super) fn require_own(stream: &UnixStream) -> io::Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?;
    match peer.uid.as_raw() == disk::own_uid() {
        true => Ok(()),
        false => Err(io::Error::new(ErrorKind::PermissionDenied, "it is another user's")),
    }
}
