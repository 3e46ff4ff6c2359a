//! Signals as requests to the engine.

use crate::control::{Actor, Command, EngineCommand, LifecycleCommand, Request};
use crate::tui;
use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::{Handle, Signals};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// Forwards signals until it is dropped.
pub struct Forwarding {
    handle: Handle,
    thread: Option<thread::JoinHandle<()>>,
}

/// Flags that signals set for the screens.
#[derive(Clone, Debug, Default)]
pub struct SignalFlags {
    /// SIGHUP came: the terminal is gone.
    pub hung_up: Arc<AtomicBool>,
    /// A signal came that ends the run; the screens close with the run.
    pub ending: Arc<AtomicBool>,
}

/// How long an abort may take before the process is ended by force.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// SIGINT and SIGTERM save and stop the run, a second one aborts it; SIGUSR1 saves a checkpoint;
/// SIGUSR2 resumes a paused run; SIGHUP (a closed terminal) does not touch the run.
///
/// # Errors
/// The system does not let the process listen for them.
pub fn forward(requests: Sender<Request>, flags: SignalFlags) -> Result<Forwarding> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP])
        .context("cannot listen for signals")?;
    let handle = signals.handle();
    let thread = thread::Builder::new().name("signals".into()).spawn(move || {
        let mut stops = 0;
        for signal in signals.forever() {
            let Some((name, command)) = react(signal, &flags, &mut stops) else { continue };
            if requests.send(Request::new(Actor::Signal(name.into()), command)).is_err() {
                break;
            }
        }
    })?;
    Ok(Forwarding { handle, thread: Some(thread) })
}

/// The signal's name and its command, if it has one. `stops` counts the signals that end the run.
fn react(signal: i32, flags: &SignalFlags, stops: &mut u64) -> Option<(&'static str, Command)> {
    match signal {
        SIGUSR1 => Some(("SIGUSR1", EngineCommand::Save.into())),
        SIGUSR2 => Some(("SIGUSR2", LifecycleCommand::Resume.into())),
        SIGHUP => {
            flags.hung_up.store(true, Ordering::Relaxed);
            tracing::info!("SIGHUP: the terminal is gone, the run goes on");
            None
        }
        _ => {
            *stops += 1;
            flags.ending.store(true, Ordering::Relaxed);
            let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
            if *stops == 1 {
                return Some((name, LifecycleCommand::Stop.into()));
            }
            end_soon();
            Some((name, LifecycleCommand::Abort.into()))
        }
    }
}

/// Ends the process after a grace period, in case the engine does not.
fn end_soon() {
    thread::spawn(|| {
        thread::sleep(ABORT_GRACE);
        tui::terminal::restore();
        std::process::exit(130);
    });
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
