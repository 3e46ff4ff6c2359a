//! Texts in ASCII, for a locale without UTF-8: the signs of the screens' table, and those of formulas.

use super::Marks;
use super::capabilities::is_utf8;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Signs of formulas and sentences that the screens do not draw.
const IN_TEXT: [(&str, &str); 25] = [
    ("ℓ", "l"),
    ("←", "<-"),
    ("↔", "<->"),
    ("↑", "up"),
    ("↓", "down"),
    ("η", "eta"),
    ("Σ", "sum"),
    ("α", "alpha"),
    ("β", "beta"),
    ("ε", "epsilon"),
    ("μ", "mu"),
    ("π", "pi"),
    ("ρ", "rho"),
    // Over a letter: its mean.
    ("\u{304}", "_mean"),
    ("⟨", "<"),
    ("⟩", ">"),
    ("²", "^2"),
    ("∝", "~"),
    ("≥", ">="),
    ("≈", "~"),
    ("√", "sqrt"),
    ("₁", "1"),
    ("₂", "2"),
    ("’", "'"),
    ("—", "-"),
];

/// A text as the locale of this process (`LC_ALL`, `LC_CTYPE`, `LANG`) can show it.
pub fn in_locale(text: &str) -> Cow<'_, str> {
    static UTF8: OnceLock<bool> = OnceLock::new();
    match *UTF8.get_or_init(|| is_utf8(&|name| std::env::var(name).ok())) {
        true => Cow::Borrowed(text),
        false => ascii(text),
    }
}

/// A text in ASCII; `?` stands for each letter that has no ASCII form.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, written) = match sign(rest) {
            _ if first.is_ascii() => (first.len_utf8(), ""),
            // In a formula it multiplies.
            Some(("·", _)) if !out.ends_with(' ') => ("·".len(), "*"),
            Some((sign, ascii)) => (sign.len(), ascii),
            None => (first.len_utf8(), "?"),
        };
        if first.is_ascii() {
            out.push(first);
        }
        out.push_str(written);
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// The sign that a text begins with, and how ASCII writes it.
fn sign(text: &str) -> Option<(&'static str, &'static str)> {
    if text.starts_with(|first: char| first.is_ascii()) {
        return None;
    }
    let of_screens =
        Marks::Braille.glyphs().in_text().into_iter().zip(Marks::Ascii.glyphs().in_text());
    of_screens.chain(IN_TEXT).find(|(sign, _)| text.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_have_their_ascii_forms_and_letters_a_question_mark() {
        for (text, wanted) in [
            ("tiny · VersaTune", "tiny - VersaTune"),
            ("0.5 → 0.3  γ φ", "0.5 -> 0.3  gamma phi"),
            ("w ← (1 − a)·w", "w <- (1 - a)*w"),
            ("φ̄ ≤ τ", "mean phi <= tau"),
            ("─────", "-----"),
            ("naïve 法", "na?ve ?"),
        ] {
            assert_eq!(ascii(text), wanted);
        }
    }
}
