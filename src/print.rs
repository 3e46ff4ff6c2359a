//! What is printed on stdout and stderr: texts, which may hold others' words, and pictures of ours.

use crate::echo;
use crate::tui::look::in_locale;
use crate::tui::terminal;
use std::fmt::Arguments;
use std::io::{self, Write, stderr, stdout};
use std::sync::Mutex;

/// Why stdout took no more, if it did not.
static FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a text and a line end on stdout, in the letters of the locale. What goes wrong is kept for [`failure`].
pub fn out(text: Arguments<'_>) {
    raw(&in_locale(&echo::lines(&text.to_string())));
}

/// Prints a text as it is, and a line end: one of ours with the escape sequences of its colours, or what
/// programs read, which is UTF-8 in every locale.
pub fn raw(text: &str) {
    let mut out = stdout().lock();
    keep(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Keeps a failure to print for [`failure`]. A reader that has left is none.
pub fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
        && let Ok(mut failure) = FAILURE.lock()
    {
        failure.get_or_insert(error);
    }
}

/// Why not all that was printed is on stdout (a full device, say).
pub fn failure() -> Option<io::Error> {
    FAILURE.lock().ok()?.take()
}

/// Prints a text and a line end on stderr, unless that is a terminal which does not read.
pub fn err(text: Arguments<'_>) {
    if !terminal::is_stuck() {
        let _ = writeln!(stderr(), "{}", in_locale(&echo::lines(&text.to_string())));
    }
}
