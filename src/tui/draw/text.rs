//! Texts cut, cleaned and wrapped to the columns that they have.

use crate::echo;
use crate::tui::look::{Look, Marks};
use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Characters of a text that are wrapped; no screen shows more.
const LONGEST: usize = 20_000;

/// Columns that a text takes.
pub fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text cut to `width` columns with an ellipsis. Control characters are written
/// out, so that no text can move the cursor.
pub fn fit<'t>(look: &Look, text: &'t str, width: usize) -> Cow<'t, str> {
    let clean = clean(look, text);
    if clean.width() <= width {
        return clean;
    }
    let (mut kept, mut used) = (String::new(), 1);
    for c in clean.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    if width > 0 {
        kept.push_str(look.glyphs().ellipsis);
    }
    Cow::Owned(kept)
}

/// Parts with a dot between, `nats/token · update 3`; empty ones are left out.
pub fn dotted(look: &Look, parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(&format!(" {} ", look.glyphs().dot))
}

/// The text as it may be shown on one line, in ASCII on a terminal that shows nothing else.
fn clean<'t>(look: &Look, text: &'t str) -> Cow<'t, str> {
    let shown = echo::line(text);
    match look.marks == Marks::Ascii && !shown.is_ascii() {
        true => Cow::Owned(plain(&shown)),
        false => shown,
    }
}

/// The text for a terminal that shows ASCII only; a character without a substitute is a question
/// mark.
fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        ' '..='~' => c.to_string(),
        '–' | '−' | '─' | '╌' => "-".into(),
        '·' => ".".into(),
        '→' => "->".into(),
        '↑' => "up".into(),
        '≤' => "<=".into(),
        '≈' => "~".into(),
        '×' => "x".into(),
        '±' => "+-".into(),
        '“' | '”' => "\"".into(),
        '…' => "~".into(),
        'λ' => "lambda".into(),
        'δ' => "delta".into(),
        'τ' => "tau".into(),
        'γ' => "gamma".into(),
        'φ' => "phi".into(),
        '°' | '\u{304}' => String::new(),
        _ => "?".into(),
    };
    text.chars().map(letter).collect()
}

/// A text in lines of at most `width` columns, broken at white space where there is some, its
/// indentation kept; at least one line, none if the width is 0.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    if width == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let short: String = text.chars().take(LONGEST).collect();
    for paragraph in echo::lines(&short).split('\n') {
        let indent = paragraph.len() - paragraph.trim_start_matches(' ').len();
        let mut line = " ".repeat(indent.min(width / 2));
        let mut begun = false;
        for word in paragraph.split_whitespace() {
            if begun && line.width() + 1 + word.width() > width {
                lines.push(std::mem::take(&mut line));
            } else if begun {
                line.push(' ');
            }
            begun = true;
            for c in word.chars() {
                if !line.is_empty() && line.width() + c.width().unwrap_or(0) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_wrapped_between_words_where_they_fit() {
        assert_eq!(wrap("the mean of  all", 8), ["the mean", "of all"]);
        assert_eq!(wrap("abcdefgh ij", 5), ["abcde", "fgh", "ij"]);
        assert_eq!(wrap("one\n  two\n three", 5), ["one", "  two", " thre", "e"]);
        assert_eq!(wrap("", 9), [""]);
        assert!(wrap("a", 0).is_empty());
    }

    proptest! {
        #[test]
        fn lines_hold_every_letter_and_fit(text in "[a-z λ…漢\\n]{0,80}", width in 2usize..30) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width));
            let letters = |text: &str| -> String { text.split_whitespace().collect() };
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
