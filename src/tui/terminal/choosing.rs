use super::held::{Held, NO_SHELL, size, stop};
use crate::telemetry::now_ms;
use crate::tui::choice::{Choice, RunChoice, RunLine};
use crossterm::event::Event as Input;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often the list is drawn while no key is pressed.
const HEARTBEAT: Duration = Duration::from_millis(200);
/// A terminal that has not read for so long is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a choice needs from its caller.
pub struct Choosing<'a> {
    /// The runs as they are found, and whether these are all; unbounded.
    pub runs: &'a Receiver<(Vec<RunLine>, bool)>,
    /// Set when the terminal hung up.
    pub hung_up: &'a AtomicBool,
    /// Set when the process was stopped and goes on.
    pub continued: &'a AtomicBool,
}

/// Shows the list until a run is chosen: its folder. `None` where the list was left, or the terminal is lost.
///
/// # Errors
/// A picture cannot be written as bytes.
pub fn choose(
    choice: &mut RunChoice,
    choosing: &Choosing<'_>,
    held: &mut Held,
) -> io::Result<Option<PathBuf>> {
    held.set_mouse(true);
    loop {
        if let Some((runs, is_complete)) = choosing.runs.try_iter().last() {
            choice.set_runs(runs, is_complete);
        }
        if held.lost(choosing.hung_up, PATIENCE).is_some() {
            return Ok(None);
        }
        held.take_again(choosing.continued)?;
        if held.is_ready() {
            choice.tick(now_ms());
            if let Some((columns, rows)) = size() {
                choice.take(&Input::Resize(columns, rows));
            }
            held.show(choice.frame(), Vec::new())?;
        }
        let input = match held.inputs.events.recv_timeout(HEARTBEAT) {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        };
        if let Input::Resize(..) = input {
            held.forget();
        }
        match choice.take(&input) {
            None => {}
            Some(Choice::Run(folder)) => return Ok(Some(folder)),
            Some(Choice::Leave) => return Ok(None),
            Some(Choice::Stop) if stop() => {}
            Some(Choice::Stop) => choice.set_fault(NO_SHELL.into()),
            Some(Choice::Redraw) => held.forget(),
        }
    }
}
