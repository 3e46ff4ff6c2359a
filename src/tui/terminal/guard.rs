use super::stderr;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Whether the terminal is in raw mode on its alternate screen.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether it is another program's for now: this process is about to be stopped, or was.
static LENT: AtomicBool = AtomicBool::new(false);

/// Whether restoring the terminal hangs because it does not read.
static STUCK: AtomicBool = AtomicBool::new(false);
/// How long the end waits for a terminal that does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// Clicks, drags and the wheel, in the SGR form that knows columns beyond 223. Not what crossterm's
/// command enables: with that, the terminal sends every move of the mouse.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Holds the terminal in raw mode on its alternate screen until it is dropped.
pub(super) struct Guard {
    mouse: bool,
}

impl Guard {
    /// # Errors
    /// The terminal cannot be put into raw mode or written to.
    pub fn take(mouse: bool) -> io::Result<Self> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let guard = Guard { mouse };
        let mut out = io::stdout();
        out.write_all(&guard.entry()?)?;
        out.flush()?;
        stderr::to_log()?;
        Ok(guard)
    }

    /// Takes the terminal again after the process was stopped: whoever had it meanwhile has changed its
    /// mode. Returns the bytes that are to be written before the next frame.
    ///
    /// # Errors
    /// The terminal cannot be put into raw mode.
    pub fn take_again(&self) -> io::Result<Vec<u8>> {
        // crossterm does nothing for a terminal that it left in raw mode.
        disable_raw_mode()?;
        enable_raw_mode()?;
        LENT.store(false, Ordering::SeqCst);
        stderr::to_log()?;
        self.entry()
    }

    /// Takes the mouse or leaves it: the bytes for that.
    pub fn set_mouse(&mut self, mouse: bool) -> &'static [u8] {
        match (std::mem::replace(&mut self.mouse, mouse), mouse) {
            (false, true) => MOUSE_ON,
            (true, false) => MOUSE_OFF,
            (true, true) | (false, false) => &[],
        }
    }

    /// The bytes that bring the terminal onto its alternate screen.
    fn entry(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if self.mouse {
            bytes.extend(MOUSE_ON);
        }
        Ok(bytes)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was, if it is taken: at the end, on an error, on a panic in any
/// thread, before the process is ended by force. Further calls do nothing. The bytes are written on a
/// thread of their own, so that a terminal that does not read holds up nothing.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        give_back();
    }
}

/// Gives the terminal back as it was before the process is stopped; it is taken again afterwards.
pub fn suspend() {
    if is_taken() {
        // First: a frame that comes before the process stands still would be written over the shell.
        LENT.store(true, Ordering::SeqCst);
        give_back();
    }
}

fn give_back() {
    stderr::to_terminal();
    if in_foreground() {
        // Fails for a terminal that is gone, which needs no restoring.
        let _ = disable_raw_mode();
    }
    let (done, written) = channel();
    let leave_and_report = move || {
        leave();
        let _ = done.send(());
    };
    match thread::Builder::new().name("restore".into()).spawn(leave_and_report) {
        Ok(_) => STUCK.store(written.recv_timeout(PATIENCE).is_err(), Ordering::SeqCst),
        Err(_) => leave(),
    }
}

/// Whether the terminal does not read: what is written to it would wait for ever.
pub fn is_stuck() -> bool {
    STUCK.load(Ordering::SeqCst)
}

fn leave() {
    let mut out = io::stdout();
    let _ = out.write_all(MOUSE_OFF);
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = out.flush();
}

/// Whether this process may use its terminal: in the background the shell has it, and a change of its
/// mode would stop the process.
pub(super) fn in_foreground() -> bool {
    let own = rustix::process::getpgrp();
    rustix::termios::tcgetpgrp(io::stdin()).map_or(true, |foreground| foreground == own)
}

/// Whether this program has the terminal, or has lent it for a while.
pub(super) fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Whether frames may be written.
pub(super) fn takes_frames() -> bool {
    is_taken() && !LENT.load(Ordering::SeqCst)
}
