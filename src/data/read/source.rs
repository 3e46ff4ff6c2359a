//! The bytes of a text file, unpacked and as UTF-8, and a count of what was read from disk.

use super::gzip::GzipMembers;
use super::signature::Signature;
use crate::data::error::{DataError, RowPlace};
use crate::disk;
use encoding_rs_io::DecodeReaderBytesBuilder;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Unpacked text.
pub(super) type Text<'a> = BufReader<Box<dyn Read + 'a>>;

const BUFFER_BYTES: usize = 1 << 16;

/// The largest window of a zstd file, as a power of two: that of `zstd --long=31`, its largest.
const ZSTD_WINDOW: u32 = 31;

/// How a text file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    pub const ALL: [Compression; 5] = [
        Compression::None,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Xz,
        Compression::Bzip2,
    ];

    /// The compression by a file's name in lower case, and the name without that ending.
    pub fn split_name(name: &str) -> (&str, Compression) {
        let endings = [
            (".gz", Compression::Gzip),
            (".zst", Compression::Zstd),
            (".zstd", Compression::Zstd),
            (".xz", Compression::Xz),
            (".bz2", Compression::Bzip2),
        ];
        let found = endings.iter().find_map(|(end, known)| Some((name.strip_suffix(end)?, *known)));
        found.unwrap_or((name, Compression::None))
    }

    /// The first bytes of such files.
    pub fn signature(self) -> Option<Signature> {
        match self {
            Compression::None => None,
            Compression::Gzip => Some(Signature { bytes: &[0x1f, 0x8b], name: "gzip" }),
            Compression::Zstd => Some(Signature { bytes: &[0x28, 0xb5, 0x2f, 0xfd], name: "zstd" }),
            Compression::Xz => Some(Signature { bytes: b"\xfd7zX", name: "xz" }),
            Compression::Bzip2 => Some(Signature { bytes: b"BZh", name: "bzip2" }),
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
    let counted = counted(path, read_bytes).map_err(DataError::io("read", path))?;
    let counted = BufReader::with_capacity(BUFFER_BYTES, counted);
    let unpacked: Box<dyn Read + 'a> = match compression {
        Compression::None => Box::new(counted),
        Compression::Gzip => Box::new(GzipMembers::new(counted)),
        Compression::Zstd => Box::new(zstd_decoder(counted).map_err(DataError::io("read", path))?),
        Compression::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(counted)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(counted)),
    };
    let unpacked: Box<dyn Read + 'a> = match compression {
        Compression::None => unpacked,
        _ => Box::new(Bounded::new(unpacked, read_bytes)),
    };
    // UTF-8 passes as it is, so that a row which is none is a bad row.
    let decoded = DecodeReaderBytesBuilder::new()
        .bom_sniffing(true)
        .strip_bom(true)
        .utf8_passthru(true)
        .build(unpacked);
    Ok(BufReader::with_capacity(BUFFER_BYTES, Box::new(decoded)))
}

/// Opens a file. `read_bytes` grows by what is read of it.
pub(super) fn counted<'a>(
    path: &Path,
    read_bytes: &'a AtomicU64,
) -> io::Result<impl Read + use<'a>> {
    Ok(Counted { inner: disk::open(path)?, read_bytes })
}

fn zstd_decoder<R: BufRead>(file: R) -> io::Result<zstd::stream::read::Decoder<'static, R>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
    decoder.window_log_max(ZSTD_WINDOW)?;
    Ok(decoder)
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

/// A file may unpack to so much, whatever its own size.
const UNPACKED_FREE: u64 = 1 << 30;

/// Beyond that, at most so many times what was read of it: gzip cannot do more than 1,032.
const MOST_EXPANSION: u64 = 2_000;

/// Ends a file that unpacks to too much.
struct Bounded<'a, R> {
    inner: R,
    read_bytes: &'a AtomicU64,
    /// Where `read_bytes` began.
    begin: u64,
    unpacked: u64,
    free: u64,
}

impl<'a, R> Bounded<'a, R> {
    fn new(inner: R, read_bytes: &'a AtomicU64) -> Self {
        let begin = read_bytes.load(Ordering::Relaxed);
        Bounded { inner, read_bytes, begin, unpacked: 0, free: UNPACKED_FREE }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.unpacked += read as u64;
        let packed = (self.read_bytes.load(Ordering::Relaxed) - self.begin).max(1);
        if self.unpacked > self.free && self.unpacked / packed > MOST_EXPANSION {
            return Err(io::Error::other(format!(
                "it unpacks to more than {MOST_EXPANSION} times its size, as no data do; unpack it yourself if \
                 you trust it"
            )));
        }
        Ok(read)
    }
}

/// The first character that is no white space, without taking it.
pub(super) fn first_character(text: &mut Text) -> io::Result<Option<u8>> {
    let start = text.fill_buf()?;
    Ok(start.iter().find(|byte| !byte.is_ascii_whitespace()).copied())
}

/// Reads up to and including the next line feed, at most `limit` bytes; `false` at the end.
pub(super) fn read_line(text: &mut Text, line: &mut Vec<u8>, limit: u64) -> io::Result<bool> {
    line.clear();
    Ok(text.by_ref().take(limit).read_until(b'\n', line)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_unpacks_to_too_much_ends_there() {
        let packed = AtomicU64::new(7);
        let free = 1 << 20;
        let mut bomb = Bounded { free, ..Bounded::new(io::repeat(b' '), &packed) };
        packed.store(7 + 1000, Ordering::Relaxed);
        let mut unpacked = 0;
        let error = loop {
            match bomb.read(&mut [0; 4096]) {
                Ok(read) => unpacked += read as u64,
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.starts_with("it unpacks to more than 2000 times its size"), "{error}");
        assert!((1_990_000..2_010_000).contains(&unpacked), "{unpacked}");
        let mut few = Bounded { free, ..Bounded::new(io::repeat(b' ').take(1 << 20), &packed) };
        assert_eq!(io::copy(&mut few, &mut io::sink()).unwrap(), 1 << 20);
    }
}
