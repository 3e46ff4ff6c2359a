//! The cache on disk, laid out as Python's huggingface_hub lays it out:
//!
//! ```text
//! models--owner--name/blobs/<checksum>                  content
//! models--owner--name/refs/<branch or tag>              the commit that it was last
//! models--owner--name/snapshots/<commit>/<file>         link to ../../blobs/<checksum>
//! models--owner--name/versatune/<commit>-<scope>.json   what the Hub lists, see `stored`
//! .locks/models--owner--name/<checksum>.lock            held while a blob is fetched
//! ```
//!
//! Data sets lie in `datasets--owner--name`, and their files may lie in folders of the snapshot.
//!
//! Every part of such a path is checked before it becomes one, and no link that lies in a file's or a
//! folder's place is followed: nothing outside the cache is written, whatever a Hub answers and
//! whoever shares the cache. Two folders may be links, since caches and single repositories are moved to
//! larger disks that way: the cache itself and `models--owner--name`.
//!
//! A file that exists is replaced only by content that has its checksum.
//!
//! What is made in a cache can be used by those who can use the cache's own folder, since clusters share
//! one; a cache that is made here is its owner's only.

use super::checksum::Checksum;
use super::error::FetchError;
use super::progress::Progress;
use super::remote::{Commit, RemoteFile};
use super::repo::Repo;
use crate::disk;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time between two tries to take a lock.
const LOCK_TICK: Duration = Duration::from_millis(100);

/// What lies in a snapshot under a file's name.
pub(super) enum Cached {
    /// A file of the right size.
    Whole,
    /// Nothing, or a link to a blob that is not whole.
    Wanting,
}

/// The part of the cache that belongs to one repository, and what is wanted of it.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: PathBuf,
    /// `models--owner--name`.
    folder: String,
    revision: String,
}

impl Cache {
    /// # Errors
    /// What is no id, or no revision: it would name another place.
    pub fn new(root: &Path, repo: &Repo) -> Result<Self, FetchError> {
        repo.check().map_err(FetchError::Known)?;
        let (folder, revision) = (repo.folder(), repo.revision_or_main().to_owned());
        Ok(Cache { root: root.to_owned(), folder, revision })
    }

    pub fn snapshot(&self, commit: &Commit) -> PathBuf {
        self.repository().join("snapshots").join(commit.digits())
    }

    pub fn blob(&self, checksum: &Checksum) -> PathBuf {
        self.repository().join("blobs").join(checksum.digits())
    }

    /// Where a blob's content lies until it is whole.
    pub fn incomplete(&self, checksum: &Checksum) -> PathBuf {
        self.repository().join("blobs").join(format!("{}.incomplete", checksum.digits()))
    }

    /// Everything of the repository but its locks.
    pub fn repository(&self) -> PathBuf {
        self.root.join(&self.folder)
    }

    /// The commit that the revision names by itself, or was when it was last fetched.
    pub fn commit(&self) -> Option<Commit> {
        self.pinned().or_else(|| Commit::parse(fs::read_to_string(self.reference()).ok()?.trim()))
    }

    /// Remembers which commit the revision is.
    pub fn remember(&self, commit: &Commit) -> Result<(), FetchError> {
        if self.commit().as_ref() == Some(commit) {
            return Ok(());
        }
        self.write(&self.reference(), commit.digits().as_bytes())
    }

    /// Writes a small file of the repository, whole or not at all.
    pub fn write(&self, path: &Path, content: &[u8]) -> Result<(), FetchError> {
        self.make_folder(disk::parent(path))?;
        disk::write_atomic(path, content, disk::OWNER_ONLY)
            .and_then(|()| disk::share(path, &self.root))
            .map_err(FetchError::io("write", path))
    }

    /// The commit that the revision names by itself.
    pub fn pinned(&self) -> Option<Commit> {
        Commit::parse(&self.revision)
    }

    fn reference(&self) -> PathBuf {
        self.repository().join("refs").join(&self.revision)
    }

    /// Makes a folder below the root.
    ///
    /// # Errors
    /// The system's; a link on the way there.
    pub fn make_folder(&self, folder: &Path) -> Result<(), FetchError> {
        let below_root = folder.ancestors().take_while(|part| *part != self.root);
        for part in below_root.filter(|part| *part != self.repository()) {
            if fs::symlink_metadata(part).is_ok_and(|found| found.is_symlink()) {
                return Err(FetchError::Known(format!(
                    "{} is a link, through which nothing is written; put a folder in its place",
                    part.display()
                )));
            }
        }
        self.make_folders(folder).map_err(FetchError::io("make", folder))
    }

    fn make_folders(&self, folder: &Path) -> io::Result<()> {
        disk::make_folder(&self.root)?;
        let below: Vec<&Path> = folder.ancestors().take_while(|part| *part != self.root).collect();
        for part in below.into_iter().rev() {
            match DirBuilder::new().mode(disk::OWNER_ONLY_FOLDER).create(part) {
                Ok(()) => disk::share(part, &self.root)?,
                Err(_) if part.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Opens a file of the cache for reading and writing, and makes it where there is none.
    ///
    /// # Errors
    /// The system's; a link, a pipe or a device of that name.
    fn open_own(&self, path: &Path) -> Result<File, FetchError> {
        let is_new = !path.exists();
        let file = disk::open_or_create(path).map_err(FetchError::io("write", path))?;
        if is_new {
            disk::share(path, &self.root).map_err(FetchError::io("share", path))?;
        }
        Ok(file)
    }

    /// # Errors
    /// The name is taken by a file that is not the one that the Hub lists. It is kept: it may be the
    /// right one.
    pub fn look(&self, commit: &Commit, file: &RemoteFile) -> Result<Cached, FetchError> {
        let link = self.snapshot(commit).join(&file.name);
        let Ok(found) = fs::metadata(&link) else {
            return match fs::symlink_metadata(&link) {
                Ok(other) if !other.is_symlink() => Err(taken(&link, file)),
                Ok(_) | Err(_) => Ok(Cached::Wanting),
            };
        };
        if found.is_file() && found.len() == file.size {
            return Ok(Cached::Whole);
        }
        match fs::read_link(&link) {
            Ok(target) if target == target_of_link(file) => Ok(Cached::Wanting),
            Ok(_) | Err(_) => Err(taken(&link, file)),
        }
    }

    /// Puts a link to its blob into the snapshot; see [`Cache::look`] for what it may replace.
    pub fn link(&self, commit: &Commit, file: &RemoteFile) -> Result<(), FetchError> {
        let (link, target) = (self.snapshot(commit).join(&file.name), target_of_link(file));
        let folder = disk::parent(&link);
        self.make_folder(folder)?;
        let failed = FetchError::io("link", &link);
        let linked = tempfile::Builder::new()
            .make_in(folder, |path| symlink(&target, path))
            .and_then(|scratch| scratch.into_temp_path().persist(&link).map_err(|e| e.error));
        linked.map_err(failed)
    }

    /// Waits for the lock on a blob, as long as the process that holds it makes headway. Dropping
    /// the file releases the lock.
    ///
    /// # Errors
    /// Another process has held it for `patience` without fetching a byte.
    pub async fn lock(
        &self,
        checksum: &Checksum,
        patience: Duration,
        progress: &Progress,
    ) -> Result<File, FetchError> {
        let folder = self.root.join(".locks").join(&self.folder);
        self.make_folder(&folder)?;
        let path = folder.join(format!("{}.lock", checksum.digits()));
        let file = self.open_own(&path)?;
        let (mut since, mut seen) = (Instant::now(), None);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => {
                    return Err(FetchError::io("lock", &path)(error));
                }
                Err(TryLockError::WouldBlock) => {}
            }
            let size = size_of(&self.incomplete(checksum));
            if size != seen {
                (since, seen) = (Instant::now(), size);
                progress.report()?; // its bytes count as a sign of life, as our own do
            }
            if since.elapsed() > patience {
                return Err(FetchError::Known(format!(
                    "another process is fetching it (it holds {}); try again when it is done",
                    path.display()
                )));
            }
            tokio::time::sleep(LOCK_TICK).await;
        }
    }

    /// Opens what has come of a blob, for reading and appending.
    pub fn open_incomplete(&self, checksum: &Checksum) -> Result<File, FetchError> {
        let path = self.incomplete(checksum);
        let file = self.open_own(&path)?;
        if file.metadata().map_err(FetchError::io("read", &path))?.nlink() <= 1 {
            return Ok(file);
        }
        // The content has a second name elsewhere, under which it must not change.
        fs::remove_file(&path).map_err(FetchError::io("remove", &path))?;
        self.open_own(&path)
    }
}

/// Bytes of the file at `path`, if there is one.
pub(super) fn size_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len())
}

/// From the folder of the link up to that of the repository, and to the blob.
fn target_of_link(file: &RemoteFile) -> PathBuf {
    let up = "../".repeat(file.name.matches('/').count());
    Path::new(&up).join("../../blobs").join(file.checksum.digits())
}

fn taken(link: &Path, file: &RemoteFile) -> FetchError {
    FetchError::Known(format!(
        "{} is not the file of {} bytes that the Hub lists; move it away to have that one fetched",
        link.display(),
        file.size
    ))
}
