use super::guard;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Writes frames on a thread of its own, one at a time.
///
/// The loop checks [`FrameWriter::is_idle`] before it draws, so that at most one frame waits. Dropping
/// this waits shortly for the last frame; a thread that hangs in a write is left behind, so that a
/// terminal that does not read cannot keep the process alive.
pub(super) struct FrameWriter {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    change: Condvar,
}

#[derive(Default)]
struct State {
    frame: Option<Vec<u8>>,
    /// Since when a frame is being written.
    writing: Option<Instant>,
    closed: bool,
    error: Option<String>,
}

/// How long the end waits for the last frame.
const PATIENCE: Duration = Duration::from_millis(300);

impl FrameWriter {
    /// Starts the thread, which writes to `out`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let for_thread = shared.clone();
        thread::Builder::new()
            .name("frames".into())
            .spawn(move || write_frames(&for_thread, out))?;
        Ok(FrameWriter { shared })
    }

    /// Whether the last frame is written.
    pub fn is_idle(&self) -> bool {
        let state = self.shared.lock();
        state.frame.is_none() && state.writing.is_none()
    }

    /// How long the terminal has been taking the frame that is being written.
    pub fn waits(&self) -> Duration {
        self.shared.lock().writing.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Why nothing can be written any more.
    pub fn error(&self) -> Option<String> {
        self.shared.lock().error.clone()
    }

    /// Gives a frame to the thread.
    pub fn write(&self, frame: Vec<u8>) {
        self.shared.lock().frame = Some(frame);
        self.shared.change.notify_all();
    }
}

impl Drop for FrameWriter {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        self.shared.change.notify_all();
        let busy = |state: &mut State| {
            state.error.is_none() && (state.frame.is_some() || state.writing.is_some())
        };
        drop(self.shared.change.wait_timeout_while(state, PATIENCE, busy));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_frames(shared: &Shared, mut out: impl Write) {
    loop {
        let idle = |state: &mut State| state.frame.is_none() && !state.closed;
        let waited = shared.change.wait_while(shared.lock(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let Some(frame) = state.frame.take() else { return };
        state.writing = Some(Instant::now());
        drop(state);
        // Once the terminal is restored or lent, a late frame would be written over the shell.
        let written = match guard::takes_frames() {
            true => out.write_all(&frame).and_then(|()| out.flush()),
            false => Ok(()),
        };
        let mut state = shared.lock();
        state.writing = None;
        state.error = written.err().map(|error| error.to_string());
        let failed = state.error.is_some();
        drop(state);
        shared.change.notify_all();
        if failed {
            return;
        }
    }
}
