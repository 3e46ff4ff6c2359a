//! Whose a token cache is. Who can write to it decides what the model is trained on, and who can read
//! it reads the data.

use crate::data::error::DataError;
use crate::disk;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The folder of a token cache, once it may be used.
#[derive(Clone, Copy)]
pub(super) struct CacheFolder<'a> {
    pub path: &'a Path,
    /// Whether the config trusts those who can write to it.
    pub trusted: bool,
}

impl<'a> CacheFolder<'a> {
    /// Makes the folder where there is none, and takes the permissions of others from one that is not
    /// trusted. What the user should know of it comes with it.
    ///
    /// # Errors
    /// The folder cannot be made, or is another user's.
    pub fn open(path: &'a Path, trusted: bool) -> Result<(Self, Option<String>), DataError> {
        disk::make_folder(path).map_err(DataError::io("create the cache folder", path))?;
        let folder = CacheFolder { path, trusted };
        if trusted {
            return Ok((folder, None));
        }
        folder.require_own(path)?;
        let notice = match disk::narrow(path) {
            Ok(None) => None,
            Ok(Some(mode)) => Some(format!(
                "the token cache {} was open to other users (mode {mode:o}); it is its owner's only \
                 now. To share it, open it again and set data.trust_cache: true",
                path.display()
            )),
            Err(error) => Some(format!(
                "other users can use the token cache {}, and that cannot be changed ({error}); name a \
                 folder of your own in data.cache_dir",
                path.display()
            )),
        };
        Ok((folder, notice))
    }

    /// Requires that an entry, with the files in it, was made by this user, unless the cache is trusted.
    ///
    /// # Errors
    /// It was not, or its files cannot be looked at.
    pub fn require_own_entry(&self, entry: &Path) -> Result<(), DataError> {
        if self.trusted || fs::symlink_metadata(entry).is_err() {
            return Ok(());
        }
        self.require_own(entry)?;
        let failed = || DataError::io("read", entry);
        for file in fs::read_dir(entry).map_err(failed())? {
            self.require_own(&file.map_err(failed())?.path())?;
        }
        Ok(())
    }

    /// A link is another's where it is, not where it leads.
    fn require_own(&self, path: &Path) -> Result<(), DataError> {
        let failed = || DataError::io("read", path);
        let found = match path == self.path {
            true => fs::metadata(path).map_err(failed())?,
            false => fs::symlink_metadata(path).map_err(failed())?,
        };
        match found.uid() {
            uid if uid == disk::own_uid() => Ok(()),
            uid => {
                Err(DataError::ForeignCache { path: path.to_owned(), uid, own: disk::own_uid() })
            }
        }
    }

    /// Lets the other users of a trusted cache use an entry that was made for its owner only.
    ///
    /// # Errors
    /// The system's.
    pub fn share(&self, entry: &Path) -> std::io::Result<()> {
        if !self.trusted {
            return Ok(());
        }
        let files = fs::read_dir(entry)?.map(|file| Ok(file?.path()));
        for file in files.collect::<std::io::Result<Vec<PathBuf>>>()? {
            disk::share(&file, self.path)?;
        }
        disk::share(entry, self.path)
    }
}
