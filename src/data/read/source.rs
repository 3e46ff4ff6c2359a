//! The bytes of a text file, unpacked, and a count of what was read from disk.

use super::signature::Signature;
use crate::data::error::{DataError, RowPlace};
use crate::disk;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Unpacked text.
pub(super) type Text<'a> = BufReader<Box<dyn Read + 'a>>;

const BUFFER_BYTES: usize = 1 << 16;

/// How a text file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    pub const ALL: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];

    /// The compression by a file's name in lower case, and the name without that ending.
    pub fn split_name(name: &str) -> (&str, Compression) {
        let endings =
            [(".gz", Compression::Gzip), (".zst", Compression::Zstd), (".zstd", Compression::Zstd)];
        let found = endings.iter().find_map(|(end, known)| Some((name.strip_suffix(end)?, *known)));
        found.unwrap_or((name, Compression::None))
    }

    /// The first bytes of such files.
    pub fn signature(self) -> Option<Signature> {
        match self {
            Compression::None => None,
            Compression::Gzip => Some(Signature { bytes: &[0x1f, 0x8b], name: "gzip" }),
            Compression::Zstd => Some(Signature { bytes: &[0x28, 0xb5, 0x2f, 0xfd], name: "zstd" }),
        }
    }
}

/// Opens a text file. `read_bytes` grows by what is read of the file itself.
///
/// # Errors
/// The file cannot be opened.
pub(super) fn open<'a>(
    path: &Path,
    compression: Compression,
    read_bytes: &'a AtomicU64,
) -> Result<Text<'a>, DataError> {
    let file = disk::open(path).map_err(DataError::io("read", path))?;
    let counted = BufReader::with_capacity(BUFFER_BYTES, Counted { inner: file, read_bytes });
    let unpacked: Box<dyn Read + 'a> = match compression {
        Compression::None => Box::new(counted),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
        Compression::Zstd => Box::new(
            zstd::stream::read::Decoder::with_buffer(counted)
                .map_err(DataError::io("read", path))?,
        ),
    };
    Ok(BufReader::with_capacity(BUFFER_BYTES, unpacked))
}

/// The error of a read that failed at `place` or behind it.
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

/// Counts the bytes that are read through it.
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

/// The first character that is no white space, without taking it; skips a byte-order mark.
pub(super) fn first_character(text: &mut Text) -> io::Result<Option<u8>> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let start = text.fill_buf()?;
    let skipped = if start.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let first = start[skipped..].iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    text.consume(skipped);
    Ok(first)
}

/// Reads up to and including the next line feed, at most `limit` bytes; `false` at the end.
pub(super) fn read_line(text: &mut Text, line: &mut Vec<u8>, limit: u64) -> io::Result<bool> {
    line.clear();
    Ok(text.by_ref().take(limit).read_until(b'\n', line)? > 0)
}
