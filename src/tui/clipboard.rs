//! The terminal's clipboard: what is copied, and the bytes by which a terminal takes it.

use crate::echo;
use crate::unit::grouped;
use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;
use std::io;

/// Something that is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What it is, in words: `the event of step 120`.
    pub what: String,
    /// Without keys and control characters: it may be pasted into a shell.
    pub text: String,
    /// Bytes that are left out because terminals do not take them.
    pub left_out: usize,
}

/// Bytes of a text that terminals take: many end at 74,994 of base64.
const MOST: usize = 56_000;

impl Copied {
    /// A text, as far as terminals take it.
    pub fn new(what: impl Into<String>, text: &str) -> Self {
        let mut text = echo::lines(text.trim_end()).into_owned();
        let all = text.len();
        text.truncate(text.floor_char_boundary(MOST));
        Copied { what: what.into(), left_out: all - text.len(), text }
    }

    /// `copied the event of step 120 (84 characters)`.
    pub fn words(&self) -> String {
        let count = grouped(self.text.chars().count() as u64);
        let rest = match self.left_out {
            0 => String::new(),
            more => format!("; {} bytes more are beyond what terminals take", grouped(more as u64)),
        };
        format!("copied {} ({count} characters{rest})", self.what)
    }
}

/// The bytes by which a terminal puts a text into its clipboard (OSC 52); one that cannot ignores them. Raw, behind
/// tmux too: it takes them as its `set-clipboard` says.
///
/// # Errors
/// Never in practice: bytes are written to memory.
pub fn sequence(text: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(bytes, CopyToClipboard::to_clipboard_from(text))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_sent_as_base64_in_one_sequence() {
        assert_eq!(sequence("law 1.74").unwrap(), b"\x1b]52;c;bGF3IDEuNzQ=\x1b\\");
    }

    #[test]
    fn a_copied_text_has_no_keys_and_nothing_that_a_shell_would_act_on() {
        let copied = Copied::new("the text", "a\u{1b}[201~b\r sk-proj-AbCd0123EfGh4567IjKl\nc\n");
        assert!(copied.text.starts_with("a\\u{1b}[201~b\\u{d} "), "{}", copied.text);
        assert!(
            copied.text.ends_with("\nc") && !copied.text.contains("EfGh4567"),
            "{}",
            copied.text
        );
    }

    #[test]
    fn what_terminals_do_not_take_is_left_out_and_said() {
        let copied = Copied::new("the text", &"é".repeat(30_000));
        assert_eq!((copied.text.len(), copied.left_out), (56_000, 4_000));
        let words =
            "copied the text (28,000 characters; 4,000 bytes more are beyond what terminals take)";
        assert_eq!(copied.words(), words);
        assert!(sequence(&copied.text).unwrap().len() < 74_994 + 10);
        assert_eq!(Copied::new("law", "0.3").words(), "copied law (3 characters)");
    }
}
