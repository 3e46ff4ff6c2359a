//! What has the terminal to itself besides the screens of a run: a list, a comparison.

use super::held::{Held, NO_SHELL, stop};
use super::size::size;
use crossterm::event::Event as Input;
use ratatui::buffer::Buffer;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// How often it is drawn while no key is pressed.
const HEARTBEAT: Duration = Duration::from_millis(200);
/// A terminal that has not read for so long is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What signals tell of the terminal.
#[derive(Clone, Copy)]
pub struct TerminalFlags<'a> {
    /// Set when the terminal hung up.
    pub hung_up: &'a AtomicBool,
    /// Set when the process was stopped and goes on.
    pub continued: &'a AtomicBool,
}

/// What is shown, and takes keys.
pub(super) trait Partner {
    /// What it ends with.
    type Answer;
    /// Looks for news before it is drawn.
    fn tick(&mut self);
    /// Takes a key, the mouse, a paste or a new size.
    fn take(&mut self, input: &Input) -> Option<Reply<Self::Answer>>;
    /// The present picture.
    fn frame(&mut self) -> Buffer;
    /// Says why something could not be done.
    fn set_fault(&mut self, why: String);
}

/// What a key leads to.
pub(super) enum Reply<A> {
    /// The end, with an answer.
    End(A),
    /// This process is stopped, as ctrl-z does.
    Stop,
    /// Everything is drawn anew.
    Redraw,
}

/// Shows it until there is an answer; `None` where the terminal is lost.
///
/// # Errors
/// A picture cannot be written as bytes.
pub(super) fn converse<P: Partner>(
    partner: &mut P,
    flags: TerminalFlags<'_>,
    held: &mut Held,
) -> io::Result<Option<P::Answer>> {
    held.set_mouse(true);
    loop {
        partner.tick();
        if held.lost(flags.hung_up, PATIENCE).is_some() {
            return Ok(None);
        }
        held.take_again(flags.continued)?;
        if held.is_ready() {
            if let Some((columns, rows)) = size() {
                partner.take(&Input::Resize(columns, rows));
            }
            held.show(partner.frame(), Vec::new())?;
        }
        let input = match held.inputs.events.recv_timeout(HEARTBEAT) {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        };
        if let Input::Resize(..) = input {
            held.forget();
        }
        match partner.take(&input) {
            None => {}
            Some(Reply::End(answer)) => return Ok(Some(answer)),
            Some(Reply::Stop) if stop() => {}
            Some(Reply::Stop) => partner.set_fault(NO_SHELL.into()),
            Some(Reply::Redraw) => held.forget(),
        }
    }
}
