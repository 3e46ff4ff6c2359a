//! What a file is: its name says it, and its first bytes must agree.

use super::source::Text;
use crate::data::error::DataError;
use std::fs::File;
use std::io::{BufRead, Read};
use std::path::Path;

/// How a text file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// What the name says is in a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// `.json`: one array, or lines.
    Json,
    /// `.jsonl`, `.ndjson`: lines.
    Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text { packing: Packing, content: Content },
    Table,
}

/// How the rows of a text file lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Array,
    Lines,
}

const KNOWN: &str = ".jsonl, .ndjson and .json, each also with .gz or .zst behind it, and .parquet";

pub(super) fn of(path: &Path) -> Result<Kind, DataError> {
    let said = by_name(path)?;
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(4).read_to_end(&mut head))
        .map_err(DataError::io("read", path))?;
    if head.is_empty() {
        return Err(fault(path, "the file is empty; remove it from the config or fill it"));
    }
    let found = match head[..] {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd] => Some("zstd"),
        [b'P', b'A', b'R', b'1'] => Some("Parquet"),
        _ => None,
    };
    let expected = match said {
        Kind::Table => Some("Parquet"),
        Kind::Text { packing: Packing::Gzip, .. } => Some("gzip"),
        Kind::Text { packing: Packing::Zstd, .. } => Some("zstd"),
        Kind::Text { packing: Packing::Plain, .. } => None,
    };
    if found == expected {
        return Ok(said);
    }
    let problem = match (found, expected) {
        (Some(found), Some(expected)) => {
            format!("its name says {expected}, but it holds {found}; give it the name that fits")
        }
        (Some(found), None) => format!(
            "its name says plain text, but it holds {found}; add .gz, .zst or .parquet to its name"
        ),
        (None, _) => format!(
            "its name says {}, but its first bytes are not; it is damaged, or has the wrong name",
            expected.unwrap_or("plain text")
        ),
    };
    Err(fault(path, problem))
}

fn by_name(path: &Path) -> Result<Kind, DataError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (stem, packing) =
        [(".gz", Packing::Gzip), (".zst", Packing::Zstd), (".zstd", Packing::Zstd)]
            .iter()
            .find_map(|(end, packing)| Some((name.strip_suffix(end)?, *packing)))
            .unwrap_or((&name, Packing::Plain));
    if stem.ends_with(".jsonl") || stem.ends_with(".ndjson") {
        return Ok(Kind::Text { packing, content: Content::Lines });
    }
    if stem.ends_with(".json") {
        return Ok(Kind::Text { packing, content: Content::Json });
    }
    if packing == Packing::Plain && (stem.ends_with(".parquet") || stem.ends_with(".pq")) {
        return Ok(Kind::Table);
    }
    Err(fault(path, format!("the name does not say what the file is; known are {KNOWN}")))
}

/// Looks at the first character without taking it, and skips a byte-order mark.
pub(super) fn layout(path: &Path, content: Content, text: &mut Text) -> Result<Layout, DataError> {
    let broken = DataError::io("read", path);
    let start = match text.fill_buf() {
        Ok(buffer) => buffer,
        Err(error) => return Err(broken(error)),
    };
    let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let first = start[mark..].iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    text.consume(mark);
    match (content, first) {
        (Content::Json, Some(b'[')) => Ok(Layout::Array),
        (Content::Lines, Some(b'[')) => Err(fault(
            path,
            "its name says one object a line, but it begins with '['; \
             if it is one JSON array, name it .json",
        )),
        // A first line that is no object is a bad row like any other.
        (Content::Json | Content::Lines, _) => Ok(Layout::Lines),
    }
}

fn fault(path: &Path, problem: impl Into<String>) -> DataError {
    DataError::Format { path: path.to_owned(), problem: problem.into() }
}
