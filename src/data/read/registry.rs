//! The format of a file, by its name. Its first bytes must agree with the name.

use super::arrow::Arrow;
use super::csv::Separated;
use super::format::{FileFormat, wrong_format};
use super::json::{Json, JsonLines};
use super::signature::Signature;
use super::source::Compression;
use super::table::Parquet;
use crate::data::error::DataError;
use crate::disk;
use std::io::Read;
use std::path::Path;

/// Every format that is read.
static FORMATS: [&dyn FileFormat; 6] = [
    &JsonLines,
    &Json,
    &Parquet,
    &Arrow,
    &Separated { endings: &[".csv"], separator: b',' },
    &Separated { endings: &[".tsv"], separator: b'\t' },
];

/// For messages.
pub(in crate::data) const KNOWN: &str = ".jsonl, .ndjson, .json, .csv and .tsv, each also with .gz, .zst, .xz or .bz2 behind it, .parquet, and .arrow (.ipc, .feather)";

/// Bytes at the beginning of a file that are compared with signatures; none is longer.
const HEAD_BYTES: u64 = 4;

/// The format of a file, and how it is compressed.
///
/// # Errors
/// A name of no known format, an empty file, or content that does not fit the name.
pub(super) fn detect(path: &Path) -> Result<(&'static dyn FileFormat, Compression), DataError> {
    let (format, compression) = by_name(path)?;
    let mut head = Vec::new();
    disk::open(path)
        .and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head))
        .map_err(DataError::io("read", path))?;
    if head.is_empty() {
        return Err(wrong_format(path, "the file is empty; remove it from the config or fill it"));
    }
    let expected = compression.signature().or_else(|| format.signature()).map(|known| known.name);
    check_signature(path, signature_of(&head).map(|found| found.name), expected)?;
    Ok((format, compression))
}

/// Whether a file is a data file by its name.
pub fn is_data_file(path: &Path) -> bool {
    by_name(path).is_ok()
}

/// The format of a file by its name, in a word that formats with the same rows share.
pub(in crate::data) fn family(path: &Path) -> Option<&'static str> {
    let (format, _) = by_name(path).ok()?;
    let ending = format.endings().first()?.trim_start_matches('.');
    Some(if ending == "jsonl" { "json" } else { ending })
}

fn by_name(path: &Path) -> Result<(&'static dyn FileFormat, Compression), DataError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (stem, compression) = Compression::split_name(&name);
    let fits = |format: &&&dyn FileFormat| {
        (format.is_text() || compression == Compression::None)
            && format.endings().iter().any(|ending| stem.ends_with(ending))
    };
    match FORMATS.iter().find(fits) {
        Some(format) => Ok((*format, compression)),
        None => Err(wrong_format(
            path,
            format!("the name does not say what the file is; known are {KNOWN}"),
        )),
    }
}

/// The signature with which a file begins, if it is a known one.
fn signature_of(head: &[u8]) -> Option<Signature> {
    // A zstd file may begin with frames that are skipped.
    if matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18]) {
        return Compression::Zstd.signature();
    }
    let compressions = Compression::ALL.iter().filter_map(|compression| compression.signature());
    let formats = FORMATS.iter().filter_map(|format| format.signature());
    compressions.chain(formats).find(|signature| head.starts_with(signature.bytes))
}

fn check_signature(
    path: &Path,
    found: Option<&str>,
    expected: Option<&str>,
) -> Result<(), DataError> {
    let problem = match (found, expected) {
        (found, expected) if found == expected => return Ok(()),
        (Some(found), Some(expected)) => {
            format!("its name says {expected}, but it holds {found}; give it the name that fits")
        }
        (Some(found), None) => {
            format!("its name says plain text, but it holds {found}; add the ending that fits")
        }
        (None, _) => format!(
            "its name says {}, but its first bytes are not; it is damaged, or has the wrong name",
            expected.unwrap_or("plain text")
        ),
    };
    Err(wrong_format(path, problem))
}
