use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Whether the terminal is ours: raw, on its other page.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the terminal did not even take what gives it back.
static STUCK: AtomicBool = AtomicBool::new(false);
/// How long the end waits for a terminal that does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes the terminal until it is dropped.
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
            execute!(out, EnableMouseCapture)?;
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
/// thread, before the process is ended by force. Once is enough, twice does no harm. A terminal that
/// does not read is left to a thread that ends with the process: nobody waits for it.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone cannot be given back; nothing is to be done about it.
    let _ = disable_raw_mode();
    let (done, written) = channel();
    let leave_and_say = move || {
        leave();
        let _ = done.send(());
    };
    match thread::Builder::new().name("restore".into()).spawn(leave_and_say) {
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
    let _ = execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = out.flush();
}

/// Whether frames may still be written.
pub(super) fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}
