//! Which process works in a run's folder: `process 28704 on host gpu-7`, in a file that it holds a lock on.

use super::read_text;
use std::fmt;
use std::fs::{File, TryLockError};
use std::path::Path;

/// Name of that file in a run's folder.
pub const LOCK_FILE: &str = "run.lock";

/// Bytes of that file that are looked at.
const LARGEST: u64 = 4096;

/// Name of this machine.
pub fn host_name() -> String {
    sysinfo::System::host_name().unwrap_or_else(|_| "unknown".into())
}

/// A process that works, or has worked, in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its machine.
    pub host: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on host {}", self.pid, self.host)
    }
}

impl Holder {
    /// This process.
    pub fn this() -> Self {
        Holder { pid: std::process::id(), host: host_name() }
    }

    /// The one that the folder's file names; `None` where it names none.
    pub fn of(folder: &Path) -> Option<Self> {
        Self::parse(&read_text(&folder.join(LOCK_FILE), LARGEST).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (pid, host) = text.trim().strip_prefix("process ")?.split_once(" on host ")?;
        let is_name = |host: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            !host.is_empty() && host.len() <= 253 && host.chars().all(is_plain)
        };
        Some(Holder { pid: pid.parse().ok()?, host: host.into() }).filter(|_| is_name(host))
    }

    /// Whether it is on another machine.
    pub fn is_elsewhere(&self) -> bool {
        self.host != host_name()
    }
}

/// Whether a process of this machine holds the folder's lock now; over some network file systems one of another
/// machine too.
pub fn is_held(folder: &Path) -> bool {
    let file = File::open(folder.join(LOCK_FILE));
    // A lock that is shared and let go at once is in nobody's way.
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_read_as_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Holder::of(dir.path()), None);
        let other = Holder { pid: 28_704, host: "gpu-7.cluster".into() };
        std::fs::write(dir.path().join(LOCK_FILE), format!("{other}\n")).unwrap();
        assert_eq!(Holder::of(dir.path()), Some(other.clone()));
        assert!(other.is_elsewhere() && !Holder::this().is_elsewhere());
        for bad in
            ["", "process x on host y", "process 1 on host ", "process 1 on host a\u{1b}[2J", "boo"]
        {
            assert_eq!(Holder::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_lock_is_seen_while_it_is_held() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_held(dir.path()));
        let file = File::create(dir.path().join(LOCK_FILE)).unwrap();
        assert!(!is_held(dir.path()));
        file.lock().unwrap();
        assert!(is_held(dir.path()));
        file.unlock().unwrap();
        assert!(!is_held(dir.path()));
    }
}
