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

/// What the screens have to know of signals.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    /// The terminal is gone.
    pub hung_up: Arc<AtomicBool>,
    /// Someone asked the process to end: the screens end with the run.
    pub ending: Arc<AtomicBool>,
}

/// How long an abort may take before the process ends by itself.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// SIGINT and SIGTERM save and stop, a second one aborts; SIGUSR1 saves and goes on;
/// SIGUSR2 lifts a pause; SIGHUP (a closed terminal) changes nothing of the run.
pub fn forward(requests: Sender<Request>, signs: Signs) -> Result<Forwarding> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP])
        .context("cannot listen for signals")?;
    let handle = signals.handle();
    let thread = thread::Builder::new().name("signals".into()).spawn(move || {
        let mut stops = 0;
        for signal in signals.forever() {
            let (name, command) = match signal {
                SIGUSR1 => ("SIGUSR1", EngineCommand::Save.into()),
                SIGUSR2 => ("SIGUSR2", LifecycleCommand::Resume.into()),
                SIGHUP => {
                    signs.hung_up.store(true, Ordering::Relaxed);
                    tracing::info!("SIGHUP: the terminal is gone, the run goes on");
                    continue;
                }
                _ => {
                    stops += 1;
                    signs.ending.store(true, Ordering::Relaxed);
                    let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
                    (
                        name,
                        if stops == 1 {
                            Command::Lifecycle(LifecycleCommand::Stop)
                        } else {
                            Command::Lifecycle(LifecycleCommand::Abort)
                        },
                    )
                }
            };
            if command == Command::Lifecycle(LifecycleCommand::Abort) {
                end_soon();
            }
            if requests.send(Request::new(Actor::Signal(name.into()), command)).is_err() {
                break;
            }
        }
    })?;
    Ok(Forwarding { handle, thread: Some(thread) })
}

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
