//! How tables write numbers and sentences.

use super::names::cut;

/// Widest line of a table, in columns.
pub(super) const WIDTH: usize = 100;

/// A number with fixed decimals, or `–` where it is not known.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "–".into() }
}

/// `0.0349(41)`: the standard error in the last digits, where it is known.
pub(super) fn with_error(value: f64, error: Option<f64>) -> String {
    number(value, 4) + &in_brackets(value, error)
}

/// A share in per cent, or `–` where nothing was counted.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", 100.0 * share) } else { "–".into() }
}

/// `+0.0349(41)`: a difference with its sign.
pub(super) fn signed_with_error(value: f64, error: Option<f64>) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    let sign = if value.is_finite() { sign } else { "" };
    format!("{sign}{}{}", number(value.abs(), 4), in_brackets(value, error))
}

fn in_brackets(value: f64, error: Option<f64>) -> String {
    let known = error.filter(|error| error.is_finite() && value.is_finite());
    known.map_or_else(String::new, |error| format!("({:.0})", 1e4 * error))
}

/// A text in lines of at most [`WIDTH`] columns, broken between words; a word that is longer is cut.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = cut(word, WIDTH - 1);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                *line += " ";
                *line += &word;
            }
            _ => lines.push(format!(" {word}")),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
