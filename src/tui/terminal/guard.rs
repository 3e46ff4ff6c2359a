use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Whether the terminal is in raw mode on its alternate screen.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether restoring the terminal hangs because it does not read.
static STUCK: AtomicBool = AtomicBool::new(false);
/// How long the end waits for a terminal that does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// Clicks, drags and the wheel, in the SGR form that knows columns beyond 223. Not what crossterm's
/// command enables: with that, the terminal sends every move of the mouse.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Holds the terminal in raw mode on its alternate screen until it is dropped.
pub(super) struct Guard;

impl Guard {
    /// # Errors
    /// The terminal cannot be put into raw mode or written to.
    pub fn take(mouse: bool) -> io::Result<Self> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let guard = Guard;
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if mouse {
            out.write_all(MOUSE_ON)?;
            out.flush()?;
        }
        Ok(guard)
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
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Fails for a terminal that is gone, which needs no restoring.
    let _ = disable_raw_mode();
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

/// Whether frames may still be written.
pub(super) fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}
