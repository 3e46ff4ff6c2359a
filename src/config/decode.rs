//! Text → [`Run`], with every wrong name and type reported and not only the first.
//!
//! `ron` stops at its first error. So the field that an error is about is noted and blanked out
//! (which leaves all positions as they are), and the rest is read again, until there is no error. What
//! was blanked is kept as broken: it has its default from then on, and gets no further errors.

use super::diagnosis::Reading;
use super::error::{ConfigError, MOST_ERRORS};
use super::field_path::FieldPath;
use super::locate::Node;
use super::read::read;
use super::source::Source;
use super::written::Run;
use std::ops::Range;

/// A config as far as it could be read.
pub(super) struct Decoded {
    /// The config, with defaults in place of what was broken; `None` where nothing could be read.
    pub run: Option<Run>,
    /// Wrong names and types, in the order in which they were found.
    pub errors: Vec<ConfigError>,
    /// For each of `errors`, the bytes of the text that it is about.
    pub spans: Vec<Range<usize>>,
    /// Fields that were blanked out because of an error in them, or are meant by an unknown name.
    pub broken: Vec<FieldPath>,
}

/// Reads a text whose tree is known.
pub(super) fn decode(source: &Source, tree: &Node) -> Decoded {
    let mut text = source.text().to_owned();
    let mut decoded = Decoded { run: None, errors: vec![], spans: vec![], broken: vec![] };
    let mut removed: Vec<Range<usize>> = Vec::new();
    loop {
        let (keys, error) = match read(&text) {
            Ok(run) => {
                decoded.run = Some(run);
                return decoded;
            }
            Err(error) => error,
        };
        let diagnosis =
            Reading { source, text: &text, tree, removed: &removed }.diagnose(&keys, error);
        if !diagnosis.consequence {
            decoded.errors.push(ConfigError {
                path: diagnosis.path.to_string(),
                place: source.place(diagnosis.span.start),
                found: diagnosis.found,
                allowed: diagnosis.allowed,
                fix: diagnosis.fix,
            });
            decoded.spans.push(diagnosis.span);
        }
        decoded.broken.extend(diagnosis.meant);
        // Each field is blanked only once, or this would not end where that does not help.
        match diagnosis.remove {
            Some((path, span)) if !removed.contains(&span) => {
                blank(&mut text, &span);
                removed.push(span);
                decoded.broken.push(path);
            }
            _ => return decoded,
        }
        // Each error takes a reading of its own.
        if decoded.errors.len() > MOST_ERRORS {
            return decoded;
        }
    }
}

/// Spaces in place of bytes: every other byte stays where it is.
fn blank(text: &mut String, span: &Range<usize>) {
    let blanks: String =
        text[span.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(span.clone(), &blanks);
}
