//! Tokens on disk, found by the fingerprint of what they were made of, so that they are made once.
//!
//! A domain's folder is written under another name and renamed as a whole when it is complete and
//! durable, so that a process that is killed, or two at once, leave no incomplete folder behind.

use super::access::CacheFolder;
use super::progress::Reporter;
use super::store::Store;
use super::tally::Tally;
use crate::data::error::DataError;
use crate::disk::{self, hex};
use sha2::{Digest, Sha256};
use std::fs::{File, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Written last; its first line is the checksum of the rest.
const MARKER: &str = "complete.json";

/// A domain's tokens, opened and checked.
#[derive(Debug)]
pub(super) struct DomainTokens {
    pub tally: Tally,
    pub train: Store,
    pub held_out: Store,
    /// Whether they were found, and not made now.
    pub cached: bool,
    /// What was wrong with the cached tokens that were replaced.
    pub damage: Option<String>,
}

/// The cache's folder for the tokens with one fingerprint.
pub(super) struct CacheEntry<'a> {
    pub cache: CacheFolder<'a>,
    pub fingerprint: &'a str,
}

impl CacheEntry<'_> {
    /// Opens the tokens, or has them made by `build`, which writes the stores into a folder. Complete
    /// tokens are read without the lock, which a cache that is read-only cannot give.
    ///
    /// # Errors
    /// `build` failed, or the cache folder cannot be used.
    pub fn open_or_build(
        &self,
        reporter: &mut Reporter,
        build: &mut dyn FnMut(&Path, &mut Reporter) -> Result<Tally, DataError>,
    ) -> Result<DomainTokens, DataError> {
        self.cache.require_own_entry(&self.folder())?;
        if let Ok(Some(tokens)) = self.open() {
            return Ok(tokens);
        }
        let lock = self.lock(reporter)?;
        let damage = match self.open() {
            Ok(Some(tokens)) => return Ok(tokens),
            Ok(None) => None,
            Err(damage) => Some(damage),
        };
        if lock.is_some() {
            self.sweep();
        }
        self.make(reporter, build)?;
        match self.open() {
            Ok(Some(tokens)) => Ok(DomainTokens { cached: false, damage, ..tokens }),
            Ok(None) => Err(self.unusable("the folder is gone again")),
            Err(damage) => Err(self.unusable(&damage)),
        }
    }

    fn folder(&self) -> PathBuf {
        self.cache.path.join(self.fingerprint)
    }

    /// The tokens, if the folder exists. The error is what is wrong with it.
    fn open(&self) -> Result<Option<DomainTokens>, String> {
        let folder = self.folder();
        if !folder.exists() {
            return Ok(None);
        }
        let marker = std::fs::read_to_string(folder.join(MARKER))
            .map_err(|error| format!("{MARKER}: {error}"))?;
        let (checksum, text) = marker.split_once('\n').unwrap_or_default();
        if checksum != hex(Sha256::new_with_prefix(text)) {
            return Err(format!("{MARKER} does not have its checksum"));
        }
        let tally: Tally =
            serde_json::from_str(text).map_err(|error| format!("{MARKER}: {error}"))?;
        Ok(Some(DomainTokens {
            train: Store::open(&folder, "train", &tally.train)?,
            held_out: Store::open(&folder, "held_out", &tally.held_out)?,
            tally,
            cached: true,
            damage: None,
        }))
    }

    /// Lets `build` make the tokens in a temporary folder, and renames the folder.
    fn make(
        &self,
        reporter: &mut Reporter,
        build: &mut dyn FnMut(&Path, &mut Reporter) -> Result<Tally, DataError>,
    ) -> Result<(), DataError> {
        let making = tempfile::Builder::new()
            .prefix(&self.prefix())
            .permissions(Permissions::from_mode(disk::OWNER_ONLY_FOLDER))
            .tempdir_in(self.cache.path)
            .map_err(DataError::io("write to the cache folder", self.cache.path))?;
        let tally = build(making.path(), reporter)?;
        let write = || -> io::Result<()> {
            let text = serde_json::to_string_pretty(&tally)?;
            let marker = making.path().join(MARKER);
            let mut file = disk::create_new(&marker)?;
            write!(file, "{}\n{text}", hex(Sha256::new_with_prefix(&text)))?;
            file.sync_all()?;
            self.cache.share(making.path())?;
            disk::sync_folder(making.path())?;
            self.install(making.path())?;
            disk::sync_folder(self.cache.path)
        };
        write().map_err(DataError::io("write to the cache folder", self.cache.path))
    }

    /// Renames the folder, unless another process was faster and its folder is complete.
    fn install(&self, made: &Path) -> io::Result<()> {
        if matches!(self.open(), Ok(Some(_))) {
            return Ok(());
        }
        match std::fs::remove_dir_all(self.folder()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        std::fs::rename(made, self.folder())
    }

    /// Waits while another process makes the same tokens. A file system without locks costs only
    /// that both make them.
    fn lock(&self, reporter: &mut Reporter) -> Result<Option<File>, DataError> {
        let path = self.cache.path.join(format!("{}.lock", self.fingerprint));
        let file = disk::open_or_create(&path).map_err(DataError::io("lock", &path))?;
        if self.cache.trusted {
            // Fails where the lock is another's, who has done it already.
            let _ = disk::share(&path, self.cache.path);
        }
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::Error(_)) => return Ok(None),
                Err(TryLockError::WouldBlock) => {
                    reporter.report(
                        "waiting for another process that prepares the same data",
                        0,
                        None,
                    )?;
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn prefix(&self) -> String {
        format!(".{}-", self.fingerprint)
    }

    /// Removes what killed processes left of these tokens; while we hold the lock no other process
    /// makes them.
    fn sweep(&self) {
        let entries = std::fs::read_dir(self.cache.path).into_iter().flatten().flatten();
        for entry in entries {
            if entry.file_name().to_string_lossy().starts_with(&self.prefix()) {
                // What cannot be removed does no harm.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    fn unusable(&self, damage: &str) -> DataError {
        DataError::Io {
            doing: "use the tokens just written to",
            path: self.folder(),
            source: io::Error::other(damage.to_owned()),
        }
    }
}
