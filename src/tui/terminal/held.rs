use super::guard::{self, Guard};
use super::input::Inputs;
use super::painter::Painter;
use super::writer::FrameWriter;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The terminal while this program has it: keys come in, frames go out. It is given back when this is dropped.
///
/// What is shown one after the other shares it: keys that are pressed between two of them are not lost.
pub struct Held {
    painter: Painter,
    pub(super) writer: FrameWriter,
    pub(super) inputs: Inputs,
    /// Bytes to write before the next frame.
    entry: Vec<u8>,
    /// Whether the shell has the terminal; nothing is drawn then.
    in_background: bool,
    guard: Guard,
}

impl Held {
    /// Takes the terminal, and the mouse if it is wanted.
    ///
    /// # Errors
    /// The terminal cannot be taken, or a thread cannot be started.
    pub fn take(mouse: bool) -> io::Result<Self> {
        let guard = Guard::take(mouse)?;
        let inputs = Inputs::start()?;
        // A handle of its own: a write that hangs must not hold the lock of `io::stdout`.
        let writer = FrameWriter::start(File::from(io::stdout().as_fd().try_clone_to_owned()?))?;
        let painter = Painter::new(Rect::ZERO);
        Ok(Held { painter, writer, inputs, entry: Vec::new(), in_background: false, guard })
    }

    /// Takes or leaves the mouse from the next frame on, which is drawn anew.
    pub(super) fn set_mouse(&mut self, mouse: bool) {
        self.entry.extend(self.guard.set_mouse(mouse));
        self.painter.forget();
    }

    /// Why the terminal is gone, if it is. One that has not read for `patience` is given up.
    pub(super) fn lost(&self, hung_up: &AtomicBool, patience: Duration) -> Option<String> {
        if hung_up.load(Ordering::Relaxed) {
            return Some("it hung up".into());
        }
        if let Some(error) = self.writer.error() {
            return Some(error);
        }
        if self.writer.waits() > patience {
            return Some("it does not read".into());
        }
        (!guard::is_taken()).then(|| "it was given back".into())
    }

    /// Takes the terminal again where another program had it: the process was stopped, or in the
    /// background. Whether it did.
    ///
    /// # Errors
    /// It cannot be taken.
    pub(super) fn take_again(&mut self, continued: &AtomicBool) -> io::Result<bool> {
        let was_away = continued.swap(false, Ordering::Relaxed) || self.in_background;
        self.in_background = !guard::in_foreground();
        if !was_away || self.in_background {
            return Ok(false);
        }
        self.entry = self.guard.take_again()?;
        self.painter.forget();
        Ok(true)
    }

    /// Whether a frame can be drawn now.
    pub(super) fn is_ready(&self) -> bool {
        !self.in_background && guard::takes_frames() && self.writer.is_idle()
    }

    /// The next frame is drawn anew as a whole.
    pub(super) fn forget(&mut self) {
        self.painter.forget();
    }

    /// Shows a picture, and sends these bytes behind it (a bell, a text to copy); nothing is written where there are
    /// none and the picture is the one that is shown.
    ///
    /// # Errors
    /// The picture cannot be written as bytes.
    pub(super) fn show(&mut self, picture: Buffer, behind: Vec<u8>) -> io::Result<()> {
        let bytes = self.painter.frame(picture)?;
        if !(bytes.is_empty() && behind.is_empty()) {
            self.writer.write([std::mem::take(&mut self.entry), bytes, behind].concat());
        }
        Ok(())
    }
}

/// Why a program is not stopped.
pub(super) const NO_SHELL: &str =
    "no shell began this program, so that none could bring it back; q leaves";

/// Stops this process and those that the shell began with it, as ctrl-z does where a program leaves that to the
/// terminal. The signal's handler gives the terminal back. `false` where no shell could let it go on.
pub(super) fn stop() -> bool {
    if rustix::process::getsid(None).is_ok_and(|leader| leader == rustix::process::getpid()) {
        return false;
    }
    if let Err(error) = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP) {
        tracing::warn!("the process cannot be stopped: {error}");
    }
    true
}
