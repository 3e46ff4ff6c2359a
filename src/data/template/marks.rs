//! Marks that are passed through a template to find texts in its output. They are Unicode
//! noncharacters, which no text should contain; rows that contain them are refused.

use std::ops::Range;

/// A span of the assistant's words is put between these two.
pub(super) const GENERATION: [char; 2] = ['\u{fdd0}', '\u{fdd1}'];

/// Takes the place of an answer.
pub(super) const PLACEHOLDER: &str = "\u{fdd2}";

pub(super) fn is_reserved(c: char) -> bool {
    GENERATION.contains(&c) || PLACEHOLDER.contains(c)
}

/// The text without [`GENERATION`] marks, and the byte ranges that were between them.
pub(super) fn unmark(marked: &str) -> (String, Vec<Range<usize>>) {
    let [start, _] = GENERATION;
    let mut text = String::with_capacity(marked.len());
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut opened = None;
    let mut rest = marked;
    while let Some(at) = rest.find(GENERATION) {
        text.push_str(&rest[..at]);
        if rest[at..].starts_with(start) {
            opened = Some(text.len());
        } else if let Some(from) = opened.take() {
            ranges.push(from..text.len());
        }
        rest = &rest[at + start.len_utf8()..];
    }
    text.push_str(rest);
    (text, ranges)
}
