//! The text of a config while overrides and short forms are applied to it, with the origin of every
//! byte.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where a piece of the text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The file, from this byte on.
    File(usize),
    /// Text that was added to expand a short form at this byte of the file.
    Expanded(usize),
    /// The override with this index.
    Override(usize),
}

/// Where a value is, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the config file.
    File {
        /// The file, as the user named it.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// On the command line: the `key=value` of a `--set`.
    Override(String),
    /// The file as a whole (it cannot be read, say).
    Whole(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File { file, line, column } => {
                write!(f, "{}:{line}:{column}", file.display())
            }
            // The value is not repeated: it may be a secret.
            Place::Override(text) => match text.split_once('=') {
                Some((key, _)) => write!(f, "--set {}", key.trim()),
                None => f.write_str("--set"),
            },
            Place::Whole(file) => write!(f, "{}", file.display()),
        }
    }
}

#[derive(Clone, Debug)]
struct Piece {
    len: usize,
    origin: Origin,
}

/// A config text that can be edited without losing where its parts came from. The pieces cover
/// `text` without gaps.
#[derive(Clone, Debug)]
pub(super) struct Source {
    text: String,
    pieces: Vec<Piece>,
    original: String,
    file: PathBuf,
    overrides: Vec<String>,
}

impl Source {
    /// The text of `file`, not yet edited.
    pub fn new(text: &str, file: &Path) -> Self {
        Source {
            text: text.to_owned(),
            pieces: vec![Piece { len: text.len(), origin: Origin::File(0) }],
            original: text.to_owned(),
            file: file.to_owned(),
            overrides: Vec::new(),
        }
    }

    /// The text with all edits until now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text in a range as the user wrote it, without what was added to expand short forms.
    pub fn written(&self, range: Range<usize>) -> String {
        let mut at = 0;
        let mut written = String::new();
        for piece in &self.pieces {
            let (start, end) = (at.max(range.start), (at + piece.len).min(range.end));
            at += piece.len;
            if start < end && !matches!(piece.origin, Origin::Expanded(_)) {
                written.push_str(&self.text[start..end]);
            }
        }
        written
    }

    /// Adds an override, and gives the origin for its text.
    pub fn add_override(&mut self, text: &str) -> Origin {
        self.overrides.push(text.to_owned());
        Origin::Override(self.overrides.len() - 1)
    }

    /// Replaces the bytes `range` (on character boundaries) by `with`.
    pub fn splice(&mut self, range: Range<usize>, with: &str, origin: Origin) {
        self.text.replace_range(range.clone(), with);
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
        let mut put = false;
        let mut at = 0;
        for piece in &self.pieces {
            let (start, end) = (at, at + piece.len);
            at = end;
            if start < range.start {
                push(&mut pieces, end.min(range.start) - start, piece.origin);
            }
            if !put && end >= range.start {
                push(&mut pieces, with.len(), origin);
                put = true;
            }
            if end > range.end {
                let from = start.max(range.end);
                push(&mut pieces, end - from, advance(piece.origin, from - start));
            }
        }
        self.pieces = pieces;
    }

    /// Inserts text at `at` to expand a short form that begins at `form_start`; the text counts as
    /// written there.
    pub fn expand(&mut self, at: usize, with: &str, form_start: usize) {
        let origin = match self.origin(form_start) {
            Origin::File(offset) | Origin::Expanded(offset) => Origin::Expanded(offset),
            Origin::Override(number) => Origin::Override(number),
        };
        self.splice(at..at, with, origin);
    }

    /// Where the byte at `offset` came from; the end of the text belongs to its last piece.
    pub fn origin(&self, offset: usize) -> Origin {
        let mut start = 0;
        for piece in &self.pieces {
            if offset < start + piece.len {
                return advance(piece.origin, offset - start);
            }
            start += piece.len;
        }
        match self.pieces.last() {
            Some(piece) => advance(piece.origin, piece.len),
            None => Origin::File(0),
        }
    }

    /// Where the byte at `offset` came from, for a person.
    pub fn place(&self, offset: usize) -> Place {
        match self.origin(offset) {
            Origin::Override(number) => Place::Override(self.overrides[number].clone()),
            Origin::File(at) | Origin::Expanded(at) => {
                let (line, column) = line_and_column(&self.original, at);
                Place::File { file: self.file.clone(), line, column }
            }
        }
    }

    /// The config file, as the user named it.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

fn push(pieces: &mut Vec<Piece>, len: usize, origin: Origin) {
    if len > 0 {
        pieces.push(Piece { len, origin });
    }
}

fn advance(origin: Origin, by: usize) -> Origin {
    match origin {
        Origin::File(offset) => Origin::File(offset + by),
        Origin::Expanded(_) | Origin::Override(_) => origin,
    }
}

/// Line and column (in characters), both from 1, of a byte.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count())
}

/// The byte at a line and column (in characters), both from 1.
pub(super) fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(at, _)| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edited_text_remembers_lines_of_the_file_and_overrides() {
        let mut source = Source::new("(\n  a: 1,\n  b: 2,\n)", Path::new("x.ron"));
        let from = source.add_override("a=100");
        source.splice(7..8, "100", from);
        assert_eq!(source.text(), "(\n  a: 100,\n  b: 2,\n)");
        assert_eq!(source.place(8), Place::Override("a=100".into()));
        let b = source.text().find('b').unwrap();
        let Place::File { line, column, .. } = source.place(b) else { panic!() };
        assert_eq!((line, column), (3, 3));
        source.expand(b, "[[", b);
        let Place::File { line, column, .. } = source.place(b + 1) else { panic!() };
        assert_eq!((line, column), (3, 3), "expanded text has the position of its short form");
        assert_eq!(source.written(b..b + 6), "b: 2");
        let Place::File { line, column, .. } = source.place(b + 5) else { panic!() };
        assert_eq!((line, column), (3, 6));
    }

    #[test]
    fn lines_and_columns_count_characters() {
        let text = "ä: 1,\nöü: 2";
        assert_eq!(line_and_column(text, text.find('2').unwrap()), (2, 5));
        assert_eq!(offset_of(text, 2, 5), text.find('2').unwrap());
        assert_eq!(offset_of(text, 9, 9), text.len());
    }
}
