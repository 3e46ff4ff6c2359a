//! A condition's text as words, signs and brackets.

use super::super::error::{CommandError, error};

/// Most characters of a condition.
const LONGEST: usize = 1000;

/// The parts of a condition that are still to be read.
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

/// Signs by themselves, whatever is beside them; the longer first.
const SIGNS: [&str; 8] = ["<=", ">=", "==", "<", ">", "(", ")", "*"];

impl<'a> Tokens<'a> {
    /// # Errors
    /// It is too long.
    pub fn new(text: &'a str) -> Result<Self, CommandError> {
        if text.chars().count() > LONGEST {
            return error(format!("a condition has at most {LONGEST} characters"));
        }
        Ok(Tokens { rest: text.trim() })
    }

    /// The next part, which stays where it is; empty at the end.
    pub fn peek(&self) -> &'a str {
        self.rest.get(..first(self.rest)).unwrap_or_default()
    }

    /// Takes the next part.
    pub fn take(&mut self) -> &'a str {
        let (taken, rest) = self.rest.split_at(first(self.rest));
        self.rest = rest.trim_start();
        taken
    }

    /// Takes the next part if it is this one.
    pub fn take_if(&mut self, wanted: &str) -> bool {
        let is_next = self.peek() == wanted;
        if is_next {
            self.take();
        }
        is_next
    }

    /// Takes these words if they are the next ones.
    pub fn take_words(&mut self, words: &str) -> bool {
        let mut ahead = Tokens { rest: self.rest };
        let are_next = words.split(' ').all(|word| ahead.take() == word);
        if are_next {
            self.rest = ahead.rest;
        }
        are_next
    }
}

/// The length of the first part, in bytes.
fn first(text: &str) -> usize {
    if let Some(sign) = SIGNS.iter().find(|sign| text.starts_with(**sign)) {
        return sign.len();
    }
    let is_end = |(_, c): &(usize, char)| c.is_whitespace() || "<>=()*".contains(*c);
    let end = text.char_indices().find(is_end).map_or(text.len(), |(at, _)| at);
    // A sign that is none of ours is a part of its own.
    match end {
        0 => text.chars().next().map_or(0, char::len_utf8),
        _ => end,
    }
}
