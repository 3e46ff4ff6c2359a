//! What is known of one thing, a line each: `label  value`, long values wrapped.

use crate::tui::look::{Look, Role};
use crate::tui::scene::{columns, put};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that labels take at most.
const LABEL: u16 = 18;
/// Columns that labels take at least where there is room.
const LINED_UP: u16 = 14;
/// Columns from which on there is room.
const ROOMY: u16 = 40;
/// Letters of a value that are looked at: no area shows more.
const LONGEST: usize = 20_000;

/// A label and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// The value with its unit.
    pub value: String,
    /// What the value's colour says.
    pub role: Role,
}

impl Fact {
    /// A fact without a colour of its own.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Fact { label: label.into(), value: value.into(), role: Role::Text }
    }

    /// The same in a colour.
    pub fn with(self, role: Role) -> Self {
        Fact { role, ..self }
    }
}

/// Draws facts from the top of the area; returns what is left below them.
pub fn draw(buf: &mut Buffer, look: &Look, area: Rect, facts: &[Fact]) -> Rect {
    let widest = facts.iter().map(|fact| columns(&fact.label)).max().unwrap_or(0);
    // Lists below each other stand in line where that costs no room.
    let least = if area.width >= ROOMY { LINED_UP } else { 0 };
    let label = widest.max(least).min(LABEL).min(area.width / 2);
    let x = if widest == 0 { area.x } else { area.x + label + 2 };
    let width = area.right().saturating_sub(x);
    let mut y = area.y;
    for fact in facts {
        if y >= area.bottom() {
            break;
        }
        put(buf, look, area.x, y, label, &fact.label, look.style(Role::Dim));
        let left = usize::from(area.bottom() - y);
        for line in wrap(&fact.value, usize::from(width)).into_iter().take(left) {
            put(buf, look, x, y, width, &line, look.style(fact.role));
            y += 1;
        }
    }
    Rect { y, height: area.bottom().saturating_sub(y), ..area }
}

/// A text in lines of at most `width` columns, broken at white space where there is some, its
/// indentation kept; at least
/// one line, none if the width is 0.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    if width == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let short: String = text.chars().take(LONGEST).collect();
    for paragraph in short.split('\n') {
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
            for c in word.chars().filter(|c| !c.is_control()) {
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
    fn words_are_kept_together_where_they_fit() {
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
