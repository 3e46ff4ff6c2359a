//! Signals as requests to the engine.

use crate::control::{Actor, Command, Request};
use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::{Handle, Signals};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// Forwards signals until it is dropped.
pub struct Forwarding {
    handle: Handle,
    thread: Option<thread::JoinHandle<()>>,
}

/// How long an abort may take before the process ends by itself.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// SIGINT and SIGTERM save and stop, a second one aborts; SIGUSR1 saves and goes on; SIGHUP (a
/// closed terminal) changes nothing.
pub fn forward(requests: Sender<Request>) -> Result<Forwarding> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGUSR1, SIGHUP]).context("cannot listen for signals")?;
    let handle = signals.handle();
    let thread = thread::Builder::new().name("signals".into()).spawn(move || {
        let mut stops = 0;
        for signal in signals.forever() {
            let (name, command) = match signal {
                SIGUSR1 => ("SIGUSR1", Command::Save),
                SIGHUP => {
                    tracing::info!("SIGHUP: the terminal is gone, the run goes on");
                    continue;
                }
                _ => {
                    stops += 1;
                    let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
                    (name, if stops == 1 { Command::Stop } else { Command::Abort })
                }
            };
            if command == Command::Abort {
                end_soon();
            }
            let request = Request { actor: Actor::Signal(name.into()), command, reason: None };
            if requests.send(request).is_err() {
                break;
            }
        }
    })?;
    Ok(Forwarding { handle, thread: Some(thread) })
}

fn end_soon() {
    thread::spawn(|| {
        thread::sleep(ABORT_GRACE);
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
