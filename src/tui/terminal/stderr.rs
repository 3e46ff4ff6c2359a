//! What libraries print on stderr while the screens have the terminal. It would be written across them.

use rustix::fd::OwnedFd;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The terminal's stderr while lines go to the log instead.
static TERMINAL: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Longest line that is logged, in bytes; the rest of it comes as further lines.
const LONGEST: u64 = 4096;

/// Sends what is printed on stderr to the log, line by line, if it is a terminal and there is a log: a file that
/// it was sent to has it as before, and nothing is lost where there is no log.
///
/// # Errors
/// No pipe or thread can be had.
pub(super) fn to_log() -> io::Result<()> {
    let mut terminal = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
    let is_logged = tracing::dispatcher::has_been_set();
    if terminal.is_some() || !is_logged || !io::stderr().is_terminal() {
        return Ok(());
    }
    let (lines, end) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let saved = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
    thread::Builder::new().name("stderr".into()).spawn(move || log_lines(File::from(lines)))?;
    rustix::stdio::dup2_stderr(&end)?;
    *terminal = Some(saved);
    Ok(())
}

/// Gives stderr back to the terminal.
pub(super) fn to_terminal() {
    let saved = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(terminal) = saved
        && let Err(error) = rustix::stdio::dup2_stderr(&terminal)
    {
        tracing::warn!("stderr stays in the log: {error}");
    }
}

/// Logs lines until nobody can write any more.
fn log_lines(lines: File) {
    let mut lines = BufReader::new(lines);
    let mut line = Vec::new();
    loop {
        line.clear();
        match io::Read::take(&mut lines, LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end();
                if !text.is_empty() {
                    tracing::warn!("printed by a library: {text}");
                }
            }
        }
    }
}
