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
            while still_wanted.load(Ordering::Relaxed) {
                match poll(PATIENCE) {
                    Ok(false) => continue,
                    Ok(true) => {}
                    Err(_) => return,
                }
                let Ok(event) = read() else { return };
                if sender.send(event).is_err() {
                    return;
                }
            }
        })?;
        Ok(Inputs { events, wanted })
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}
