//! From the Hub into the cache: each file is written beside its final name and becomes part of the
//! cache once its size and checksum are right.

use super::cache::{Cache, Cached, size_of};
use super::checksum::Hasher;
use super::client::Client;
use super::error::FetchError;
use super::progress::Progress;
use super::remote::{Commit, RemoteFile};
use super::repo::Repo;
use crate::disk;
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{StatusCode, Url};
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILES_AT_ONCE: usize = 8;
const BLOCK_BYTES: usize = 1 << 20;

/// Files of a repository on their way into the cache.
pub(super) struct Download<'a> {
    pub client: &'a Client,
    pub cache: &'a Cache,
    pub repo: &'a Repo,
    pub commit: &'a Commit,
    pub files: &'a [RemoteFile],
    pub progress: &'a Progress,
    /// How long another process that fetches the same file may go without a byte.
    pub lock_patience: Duration,
}

impl Download<'_> {
    /// Fetches the files that the cache lacks.
    ///
    /// # Errors
    /// Of the first file that fails. What has come of the others is kept, and continued next time.
    pub async fn run(&self) -> Result<(), FetchError> {
        let files = self.files.iter().map(|file| self.file(file));
        stream::iter(files).buffer_unordered(FILES_AT_ONCE).try_collect::<()>().await?;
        self.progress.report()
    }

    async fn file(&self, file: &RemoteFile) -> Result<(), FetchError> {
        if let Cached::Whole = self.cache.look(self.commit, file)? {
            return self.progress.add(file.size);
        }
        if self.has_blob(file) {
            self.progress.add(file.size)?;
        } else {
            self.blob(file).await?;
        }
        self.cache.link(self.commit, file)
    }

    fn has_blob(&self, file: &RemoteFile) -> bool {
        size_of(&self.cache.blob(&file.checksum)) == Some(file.size)
    }

    async fn blob(&self, file: &RemoteFile) -> Result<(), FetchError> {
        let blob = self.cache.blob(&file.checksum);
        self.cache.make_folder(disk::parent(&blob))?;
        let _lock = self.cache.lock(&file.checksum, self.lock_patience, self.progress).await?;
        if self.has_blob(file) {
            // Another process has fetched it meanwhile.
            return self.progress.add(file.size);
        }
        let mut part = Part::open(self.cache, file, self.progress)?;
        let is_continued = part.bytes > 0;
        if part.bytes < file.size {
            self.rest(&mut part, file).await?;
        }
        if is_continued && part.is_damaged() {
            // The damage may be in what an earlier download left. The Hub gets one chance to give
            // the whole.
            part.restart()?;
            self.rest(&mut part, file).await?;
        }
        part.finish(&blob)
    }

    /// Requests what is missing, or the whole where the Hub does not give a part.
    async fn rest(&self, part: &mut Part<'_>, file: &RemoteFile) -> Result<(), FetchError> {
        let url = self.url(&file.name);
        let mut response = match self.client.get(&url, part.bytes).await {
            Err(FetchError::NoSuchRange) if part.bytes > 0 => {
                part.restart()?;
                self.client.get(&url, 0).await?
            }
            answer => answer?,
        };
        if part.bytes > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
            part.restart()?;
        }
        while let Some(chunk) = response.chunk().await? {
            part.append(&chunk)?;
        }
        Ok(())
    }

    fn url(&self, name: &str) -> Url {
        let mut segments: Vec<&str> = self.repo.kind.before_id().into_iter().collect();
        segments.extend(self.repo.id.split('/'));
        segments.extend(["resolve", self.commit.digits()]);
        segments.extend(name.split('/'));
        self.client.url(&segments)
    }
}

/// A file that is not whole yet.
struct Part<'a> {
    path: PathBuf,
    file: File,
    wanted: &'a RemoteFile,
    progress: &'a Progress,
    hasher: Hasher,
    bytes: u64,
}

impl<'a> Part<'a> {
    /// Continues what an earlier download left. The name is the checksum of the whole, so that it is
    /// of the same content, whatever revision it was fetched for.
    fn open(
        cache: &Cache,
        wanted: &'a RemoteFile,
        progress: &'a Progress,
    ) -> Result<Self, FetchError> {
        let path = cache.incomplete(&wanted.checksum);
        let file = cache.open_incomplete(&wanted.checksum)?;
        let hasher = wanted.checksum.hasher(wanted.size);
        let mut part = Part { path, file, wanted, progress, hasher, bytes: 0 };
        let here = part.file.metadata().map_err(part.error("read"))?.len();
        if here > wanted.size {
            part.restart()?;
        }
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let read = part.file.read(&mut block).map_err(part.error("read"))?;
            if read == 0 {
                return Ok(part);
            }
            part.count(&block[..read])?;
        }
    }

    fn append(&mut self, chunk: &[u8]) -> Result<(), FetchError> {
        if self.bytes + chunk.len() as u64 > self.wanted.size {
            // The bytes before the surplus are as doubtful.
            self.restart()?;
            return Err(FetchError::Known(format!(
                "{} is longer than the {} bytes that the Hub lists",
                self.wanted.name, self.wanted.size
            )));
        }
        self.file.write_all(chunk).map_err(self.error("write"))?;
        self.count(chunk)
    }

    fn count(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.progress.add(bytes.len() as u64)
    }

    fn restart(&mut self) -> Result<(), FetchError> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(self.error("write"))?;
        self.progress.take_back(self.bytes);
        self.hasher = self.wanted.checksum.hasher(self.wanted.size);
        self.bytes = 0;
        Ok(())
    }

    /// Whether all bytes have come, and they are not those that the Hub lists.
    fn is_damaged(&self) -> bool {
        self.bytes == self.wanted.size && !self.hasher.clone().matches(&self.wanted.checksum)
    }

    /// Makes a file that is whole and right the blob.
    fn finish(self, blob: &Path) -> Result<(), FetchError> {
        let RemoteFile { name, size, checksum } = self.wanted;
        if self.bytes < *size {
            return Err(FetchError::Known(format!(
                "{name} came with {} of {size} bytes; try again",
                self.bytes
            )));
        }
        let failed = self.error("write");
        if !self.hasher.matches(checksum) {
            fs::remove_file(&self.path).map_err(failed)?;
            return Err(FetchError::Known(format!(
                "{name} came damaged: it does not have the checksum that the Hub lists; try again"
            )));
        }
        self.file.sync_all().and_then(|()| fs::rename(&self.path, blob)).map_err(failed)
    }

    fn error(&self, doing: &'static str) -> impl FnOnce(std::io::Error) -> FetchError + use<> {
        FetchError::io(doing, &self.path)
    }
}
