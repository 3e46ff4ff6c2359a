//! The thread that owns every tensor.

use crate::telemetry::Hub;
use crate::train::{RunEnding, TrainError};
use anyhow::{Context, Result, anyhow};
use std::thread::{self, JoinHandle};

/// What the engine's thread returns.
pub type Ended = Result<RunEnding, TrainError>;

/// The running engine thread.
pub struct EngineThread(JoinHandle<Ended>);

/// Stack size: autograd frees deep graphs recursively.
const STACK_BYTES: usize = 64 << 20;

const PANICKED: &str = "an internal error ended the engine (see the line above and the run's log); \
                        the last checkpoint is good: go on with --resume";

impl EngineThread {
    /// Starts `work`. When it ends, the stream of events behind `hub` ends with it.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn spawn(hub: Hub, work: impl FnOnce() -> Ended + Send + 'static) -> Result<Self> {
        let closing = CloseOnExit(hub);
        let work = move || {
            let _closing = closing;
            work()
        };
        let thread = thread::Builder::new().name("engine".into()).stack_size(STACK_BYTES);
        Ok(EngineThread(thread.spawn(work).context("cannot start the engine's thread")?))
    }

    /// Waits for the end of the work.
    ///
    /// # Errors
    /// The work panicked.
    pub fn join(self) -> Result<Ended> {
        self.0.join().map_err(|_| anyhow!(PANICKED))
    }
}

/// Closes the hub when the engine's thread ends, also by a panic. The host sampler holds a handle of
/// the hub too: without this the stream would stay open, and the process would wait for it for ever.
struct CloseOnExit(Hub);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        if let Err(error) = self.0.close() {
            tracing::error!("{error}");
        }
    }
}
