//! Files whose length and checksum are known once they are written.

use super::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Most bytes that are written at a time: a block is hashed while the processor still has it in its cache.
const BLOCK: usize = 1 << 20;

/// Length and checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// A new file that is hashed as it is written, so that it is not read again for its checksum.
pub struct SummedFile<'a> {
    file: File,
    hash: Sha256,
    bytes: u64,
    on_block: &'a mut dyn FnMut(u64) -> io::Result<()>,
}

impl<'a> SummedFile<'a> {
    /// Over a file that is empty. `on_block` is called with the number of bytes of every block that was written; its error
    /// ends the writing.
    pub fn new(file: File, on_block: &'a mut dyn FnMut(u64) -> io::Result<()>) -> Self {
        SummedFile { file, hash: Sha256::new(), bytes: 0, on_block }
    }

    /// As [`SummedFile::new`], of a file that is made.
    ///
    /// # Errors
    /// The system's.
    pub fn create(
        path: &Path,
        on_block: &'a mut dyn FnMut(u64) -> io::Result<()>,
    ) -> io::Result<Self> {
        Ok(Self::new(File::create(path)?, on_block))
    }

    /// Forces the file to disk.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(self) -> io::Result<FileSum> {
        self.file.sync_all()?;
        Ok(FileSum { bytes: self.bytes, sha256: hex(self.hash) })
    }
}

impl Write for SummedFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(&bytes[..bytes.len().min(BLOCK)])?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        (self.on_block)(written as u64)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::sha256;

    #[test]
    fn the_sum_is_that_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights");
        let content: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let mut blocks = Vec::new();
        let mut on_block = |bytes| {
            blocks.push(bytes);
            Ok(())
        };
        let mut file = SummedFile::create(&path, &mut on_block).unwrap();
        file.write_all(&content[..10]).unwrap();
        file.write_all(&content[10..]).unwrap();
        let sum = file.finish().unwrap();
        assert!(std::fs::read(&path).unwrap() == content);
        let read = sha256(File::open(&path).unwrap(), &mut |_| Ok(())).unwrap();
        assert_eq!(sum, FileSum { bytes: 3_000_000, sha256: read });
        assert_eq!(blocks, [10, 1 << 20, 1 << 20, 2_999_990 - (2 << 20)]);
    }

    #[test]
    fn an_error_of_the_caller_ends_the_writing() {
        let dir = tempfile::tempdir().unwrap();
        let mut refuse = |_| Err(io::Error::other("no more"));
        let mut file = SummedFile::create(&dir.path().join("half"), &mut refuse).unwrap();
        assert_eq!(file.write_all(b"words").unwrap_err().to_string(), "no more");
    }
}
