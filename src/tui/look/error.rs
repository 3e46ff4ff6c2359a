//! Errors in themes, with what the author of the theme can do about them.

use super::colour::{ANSI, is_hex};
use super::shipped::SHIPPED;
use super::written::{BACKGROUNDS, COLOURS, PARENTS, SERIES, options};
use crate::control::nearest;
use crate::echo;
use ron::error::{Error as RonError, Position, SpannedError};
use serde::Deserialize;
use serde::de::Deserializer;
use std::fmt;

/// Why a theme cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeError {
    /// The file, as it was named; `theme` for a name that no theme has.
    pub file: String,
    /// Line and column from 1, columns in characters; none where it is about the file as a whole.
    pub position: Option<(usize, usize)>,
    /// What was found there.
    pub found: String,
    /// What is allowed there; may be empty.
    pub allowed: String,
    /// What to do; may be empty where `allowed` says it all.
    pub fix: String,
}

impl std::error::Error for ThemeError {}

impl fmt::Display for ThemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        let lines = [("found", &self.found), ("allowed", &self.allowed), ("fix", &self.fix)];
        for (label, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            write!(f, "\n    {label:<8} {text}")?;
        }
        Ok(())
    }
}

impl ThemeError {
    /// A name that no shipped theme has.
    pub(super) fn unknown(name: &str) -> Self {
        ThemeError {
            file: "theme".into(),
            position: None,
            found: format!("\"{name}\""),
            allowed: parents(),
            fix: did_you_mean(name, names()),
        }
    }

    /// A file that cannot be read; `named_by`: the theme that inherits from it, and its text.
    pub(super) fn unreadable(
        file: &str,
        error: &std::io::Error,
        named_by: Option<(&str, &str)>,
    ) -> Self {
        let found = format!("{file}, which cannot be read: {error}");
        let fix = "check the path; that of a parent starts from the file that names it".into();
        match named_by {
            Some((child, text)) => Self::parent(child, text, found, fix),
            None => ThemeError {
                file: file.into(),
                position: None,
                found: format!("a file that cannot be read: {error}"),
                allowed: String::new(),
                fix: "check the path".into(),
            },
        }
    }

    /// A parent that exists and cannot be used.
    pub(super) fn parent(file: &str, text: &str, found: String, fix: String) -> Self {
        let position = Some(inherits_position(text));
        ThemeError { file: file.into(), position, found, allowed: parents(), fix }
    }

    /// A syntax error that `ron` found.
    pub(super) fn syntax(file: &str, text: &str, error: &SpannedError) -> Self {
        let end = offset(text, error.span.end);
        let (found, at) = match &error.code {
            RonError::NoSuchStructField { found, outer, .. } => {
                let kind = if outer.as_deref() == Some("roles") { "role" } else { "field" };
                (format!("the unknown {kind} `{found}`"), last(text, end, found))
            }
            RonError::NoSuchEnumVariant { found, .. } => {
                (format!("the unknown modifier `{found}`"), last(text, end, found))
            }
            RonError::DuplicateStructField { field, .. } => {
                (format!("`{field}` a second time"), last(text, end, field))
            }
            RonError::InvalidValueForType { found, expected } if expected == SERIES => {
                (found.clone(), end)
            }
            RonError::InvalidValueForType { found, .. } => {
                (format!("\"{}\"", excerpt(found)), last(text, end, &format!("\"{found}\"")))
            }
            _ => {
                let at = word_start(text, end);
                (word_at(text, at), at)
            }
        };
        let (allowed, fix) = advice(&error.code, &found);
        ThemeError {
            file: file.into(),
            position: Some(line_and_column(text, at)),
            found,
            allowed,
            fix,
        }
    }
}

/// What is allowed instead, and what to do.
fn advice(error: &RonError, found: &str) -> (String, String) {
    let list = |names: &[&str]| names.join(", ");
    match error {
        RonError::NoSuchStructField { expected, found, .. }
        | RonError::NoSuchEnumVariant { expected, found, .. } => {
            match did_you_mean(found, expected.iter().copied()) {
                fix if fix.is_empty() => (list(expected), "take it out".into()),
                fix => (list(expected), fix),
            }
        }
        RonError::DuplicateStructField { .. } => {
            ("each field once".into(), "take one of the two out".into())
        }
        RonError::InvalidValueForType { expected, found } => match expected.as_str() {
            PARENTS => (parents(), did_you_mean(found, names())),
            COLOURS | BACKGROUNDS => (expected.clone(), colour_fix(found, expected == COLOURS)),
            _ => (expected.clone(), String::new()),
        },
        RonError::ExpectedString => {
            ("a text in quotes".into(), format!("write \"{}\"", found.trim_matches(['`', '"'])))
        }
        RonError::ExpectedIdentifier if found.starts_with("`\"") => {
            ("a name without quotes".into(), "take the quotes out".into())
        }
        RonError::ExpectedIdentifier => ("a name without quotes".into(), String::new()),
        RonError::ExpectedBoolean => ("true or false".into(), String::new()),
        RonError::ExpectedArray => ("a list: `[…, …]`".into(), String::new()),
        RonError::ExpectedStructLike
        | RonError::ExpectedNamedStructLike(_)
        | RonError::ExpectedDifferentStructName { .. } => {
            ("fields in brackets: `(name: value, …)`".into(), String::new())
        }
        RonError::ExpectedStructLikeEnd => ("`)`".into(), "close the bracket".into()),
        RonError::ExpectedComma => ("`,` or the end of the bracket".into(), String::new()),
        RonError::ExpectedMapColon => ("`:` after the name of a field".into(), String::new()),
        RonError::ExpectedArrayEnd => ("`]`".into(), "close the list".into()),
        RonError::ExpectedStringEnd => ("`\"`".into(), "close the text".into()),
        RonError::TrailingCharacters => {
            ("nothing after the last bracket".into(), "take it out".into())
        }
        other => (other.to_string(), String::new()),
    }
}

fn colour_fix(found: &str, may_be_named: bool) -> String {
    let digits = found.trim_start_matches('#').to_lowercase();
    let twice = |c: char| [c, c];
    match () {
        () if is_hex(&digits, 6) => format!("write \"#{digits}\""),
        () if is_hex(&digits, 3) => {
            format!("write \"#{}\"", digits.chars().flat_map(twice).collect::<String>())
        }
        () if found.starts_with('#') || !may_be_named => {
            "give two digits (0 to 9, a to f) for each of red, green and blue".into()
        }
        () => did_you_mean(found, ANSI.map(|(name, ..)| name).into_iter().chain(["default"])),
    }
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|name| format!("did you mean {name}?")).unwrap_or_default()
}

fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

fn parents() -> String {
    format!("{}; or a path ending in .ron", names().collect::<Vec<_>>().join(", "))
}

/// Where a token begins that ends at or before `end`.
fn last(text: &str, end: usize, token: &str) -> usize {
    text[..end].rfind(token).unwrap_or(end)
}

/// Where the word at a byte begins: `ron` stops inside of it, as behind the r of `red`, which it takes
/// for the start of a raw string.
fn word_start(text: &str, at: usize) -> usize {
    text[..at].trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '-').len()
}

/// The word or bracket at a byte, quoted.
fn word_at(text: &str, at: usize) -> String {
    let rest = text[at..].trim_start();
    let end = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 2),
        None => {
            rest.find(|c: char| c.is_whitespace() || ",:()[]".contains(c)).unwrap_or(rest.len())
        }
    };
    match rest.chars().next() {
        None => "the end of the file".into(),
        Some(bracket) if end == 0 => format!("`{bracket}`"),
        Some(_) => format!("`{}`", excerpt(&rest[..end])),
    }
}

/// The text on one line, cut to 40 characters.
fn excerpt(text: &str) -> String {
    let line = echo::line(text);
    match line.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.into_owned(),
    }
}

/// The byte at a position that `ron` gives.
fn offset(text: &str, at: Position) -> usize {
    let before: usize = text.split_inclusive('\n').take(at.line - 1).map(str::len).sum();
    let line = text[before..].split_inclusive('\n').next().unwrap_or_default();
    before + line.char_indices().nth(at.col - 1).map_or(line.len(), |(at, _)| at)
}

/// Line and column of a byte.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (1 + text[..at].matches('\n').count(), 1 + text[line..at].chars().count())
}

/// Line and column of the parent's name. A wrong parent is found after the file was read, when the
/// position is lost: so the file is read again by a type that rejects any parent.
fn inherits_position(text: &str) -> (usize, usize) {
    #[derive(Deserialize)]
    #[serde(rename = "Theme")]
    struct Probe {
        #[serde(rename = "inherits")]
        _inherits: Option<Refused>,
    }
    struct Refused;
    impl<'de> Deserialize<'de> for Refused {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(text))
        }
    }
    match options().from_str::<Probe>(text) {
        Err(SpannedError { code: RonError::Message(name), span }) => {
            let end = offset(text, span.end);
            line_and_column(text, last(text, end, &format!("\"{name}\"")))
        }
        Err(other) => (other.span.end.line, other.span.end.col),
        Ok(_) => (1, 1),
    }
}
