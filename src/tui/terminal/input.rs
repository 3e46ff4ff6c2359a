use super::bursts::Bursts;
use super::guard;
use crossterm::event::{Event, poll, read};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long the thread waits for a key before it checks whether to end. Not shorter: crossterm spins
/// for the last millisecond of every wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one write of a terminal held may be read in parts, this far apart: shorter than a key that is
/// held repeats.
const AFTER_A_KEY: Duration = Duration::from_millis(5);

/// The same once keys have come closer together than anybody types.
const AFTER_A_BURST: Duration = Duration::from_millis(20);

/// Events that are taken together at most: a terminal that never stops sending has its events drawn too.
const MOST_AT_ONCE: usize = 4096;

/// Keys, mouse, pastes and sizes, read on a thread of its own.
pub(super) struct Inputs {
    /// Unbounded; disconnected when the terminal cannot be read any more.
    pub events: Receiver<Event>,
    wanted: Arc<AtomicBool>,
}

impl Inputs {
    /// Starts the thread.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start() -> io::Result<Self> {
        let (sender, events) = channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let still_wanted = wanted.clone();
        thread::Builder::new().name("keys".into()).spawn(move || {
            let mut bursts = Bursts::default();
            while still_wanted.load(Ordering::Relaxed) {
                if !guard::in_foreground() {
                    // A read of a job in the background would stop the process, and the training with it.
                    thread::sleep(PATIENCE);
                    continue;
                }
                let Ok(events) = read_at_once() else { return };
                if bursts.sort(events).into_iter().any(|event| sender.send(event).is_err()) {
                    return;
                }
            }
        })?;
        Ok(Inputs { events, wanted })
    }
}

/// Waits for events, and reads all that have come together; none after [`PATIENCE`].
fn read_at_once() -> io::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut patience = PATIENCE;
    while events.len() < MOST_AT_ONCE && poll(patience)? {
        let event = read()?;
        patience = match (&event, events.len()) {
            (Event::Key(_), 0) => AFTER_A_KEY,
            (Event::Key(_), _) => AFTER_A_BURST,
            _ => Duration::ZERO,
        };
        events.push(event);
    }
    Ok(events)
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}
