//! Characters that control what shows a text.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character may reach a terminal as it is: it is no control character, no line or
/// paragraph separator, and does not turn the direction of the text after it.
pub fn is_shown(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text with `\u{…}` in place of what [`is_shown`] does not allow; line breaks stay where
/// `multi_line`, and are spaces elsewhere, as tabs are.
pub(super) fn escaped(text: &str, multi_line: bool) -> Cow<'_, str> {
    let stays = |c: char| is_shown(c) || multi_line && c == '\n';
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if stays(c) => out.push(c),
            '\n' | '\t' => out.push(' '),
            c => out.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(out)
}

/// A JSON text with JSON's own escapes; line breaks between its values stay.
pub(super) fn escaped_json(text: &str) -> Cow<'_, str> {
    let stays = |c: char| is_shown(c) || c == '\n';
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else {
            // None of them is outside the basic plane.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    Cow::Owned(out)
}
