//! The bytes of a text file, unpacked, and a count of what was read from disk.

use super::kind::Packing;
use crate::data::error::{DataError, RowPlace};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Unpacked text.
pub(super) type Text<'a> = BufReader<Box<dyn Read + 'a>>;

const BUFFER_BYTES: usize = 1 << 16;

pub(super) fn open<'a>(
    path: &Path,
    packing: Packing,
    read_bytes: &'a AtomicU64,
) -> Result<Text<'a>, DataError> {
    let file = File::open(path).map_err(DataError::io("read", path))?;
    let counted = BufReader::with_capacity(BUFFER_BYTES, Counted { inner: file, read_bytes });
    let unpacked: Box<dyn Read + 'a> = match packing {
        Packing::Plain => Box::new(counted),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
        Packing::Zstd => Box::new(
            zstd::stream::read::Decoder::with_buffer(counted)
                .map_err(DataError::io("read", path))?,
        ),
    };
    Ok(BufReader::with_capacity(BUFFER_BYTES, unpacked))
}

/// The error of a read that failed behind `place`.
pub(super) fn broken(path: &Path, place: RowPlace, error: &io::Error) -> DataError {
    let problem = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the file breaks off in the middle of its compressed data; fetch or copy it again"
                .into()
        }
        _ => format!("the file cannot be read on from here: {error}; fetch or copy it again"),
    };
    DataError::Broken { path: path.to_owned(), place, problem }
}

struct Counted<'a, R> {
    inner: R,
    read_bytes: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read_bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Reads up to and including the next line feed, at most `limit` bytes; `false` at the end.
pub(super) fn read_line(text: &mut Text, line: &mut Vec<u8>, limit: u64) -> io::Result<bool> {
    line.clear();
    Ok(text.by_ref().take(limit).read_until(b'\n', line)? > 0)
}
