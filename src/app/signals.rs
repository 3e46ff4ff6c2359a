//! Signals as requests to the engine.

use crate::control::{Actor, Command, EngineCommand, LifecycleCommand, Request};
use crate::tui;
use crate::tui::terminal::TerminalFlags;
use anyhow::{Context, Result};
use signal_hook::consts::{
    SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGXFSZ,
};
use signal_hook::iterator::{Handle, Signals};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
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
    /// SIGCONT came: another program may have used the terminal.
    pub continued: Arc<AtomicBool>,
    /// A signal came that ends the run; the screens close with the run.
    pub ending: Arc<AtomicBool>,
}

impl SignalFlags {
    /// Those that tell of the terminal.
    pub fn of_terminal(&self) -> TerminalFlags<'_> {
        TerminalFlags { hung_up: &self.hung_up, continued: &self.continued }
    }
}

/// How long an abort may take before the process is ended by force.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// Signals of a run, caught from its very beginning, and the requests that they make. What is
/// requested before there is an engine waits for it.
pub struct CaughtSignals {
    /// Ends the forwarding when it is dropped.
    pub(super) forwarding: Forwarding,
    /// What signals say to the screens.
    pub(super) flags: SignalFlags,
    /// To the engine, for others who send requests.
    pub(super) sender: Sender<Request>,
    /// At the engine.
    pub(super) requests: Receiver<Request>,
}

/// Catches the signals of a run. To be called before anything else is done for it: until then one
/// ends the process.
///
/// # Errors
/// The system does not let the process listen for them.
pub fn catch_signals() -> Result<CaughtSignals> {
    let (sender, requests) = channel();
    let flags = SignalFlags::default();
    let forwarding = forward(sender.clone(), flags.clone())?;
    Ok(CaughtSignals { forwarding, flags, sender, requests })
}

/// Lets a write beyond the limit on the size of files (`ulimit -f`) fail as one on a full disk does,
/// in place of SIGXFSZ's end of the process.
pub fn outlive_full_files() {
    // A handler that does nothing: its flag is not looked at.
    if let Err(error) = signal_hook::flag::register(SIGXFSZ, Arc::default()) {
        complain!("warning: a file at the limit of its size will end the process: {error}");
    }
}

/// SIGINT, SIGTERM and SIGQUIT save and stop the run, a second one aborts it; SIGUSR1 saves a
/// checkpoint; SIGUSR2 resumes a paused run; SIGHUP (a closed terminal) does not touch the run; SIGTSTP
/// stops the process with the terminal as it was before, and after SIGCONT the screens take it again.
///
/// # Errors
/// The system does not let the process listen for them.
fn forward(requests: Sender<Request>, flags: SignalFlags) -> Result<Forwarding> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGHUP, SIGTSTP, SIGCONT])
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
        SIGTSTP => {
            stop_for_now();
            None
        }
        SIGCONT => {
            flags.continued.store(true, Ordering::Relaxed);
            None
        }
        _ => {
            *stops += 1;
            flags.ending.store(true, Ordering::Relaxed);
            let name = match signal {
                SIGINT => "SIGINT",
                SIGQUIT => "SIGQUIT",
                _ => "SIGTERM",
            };
            if *stops == 1 {
                return Some((name, LifecycleCommand::Stop.into()));
            }
            end_soon(name);
            Some((name, LifecycleCommand::Abort.into()))
        }
    }
}

/// Does what SIGTSTP asks for: stops the process, with the terminal as it was before.
pub(super) fn stop_for_now() {
    tui::terminal::suspend();
    if let Err(error) = signal_hook::low_level::emulate_default_handler(SIGTSTP) {
        tracing::warn!("the process cannot be stopped: {error}");
    }
}

/// Ends the process after a grace period, in case the engine does not.
fn end_soon(signal: &'static str) {
    thread::spawn(move || {
        thread::sleep(ABORT_GRACE);
        tui::terminal::restore();
        complain!(
            "ended by force: a second signal ({signal}) came, and the run did not end within {} s; \
             go on with --resume from the last checkpoint",
            ABORT_GRACE.as_secs()
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_waits_for_the_engine_that_comes_later() {
        let caught = catch_signals().unwrap();
        for (signal, name, command) in [
            (SIGUSR1, "SIGUSR1", Command::from(EngineCommand::Save)),
            (SIGQUIT, "SIGQUIT", LifecycleCommand::Stop.into()),
        ] {
            signal_hook::low_level::raise(signal).unwrap();
            let request = caught.requests.recv_timeout(Duration::from_secs(60)).unwrap();
            assert_eq!(request.actor, Actor::Signal(name.into()));
            assert_eq!(request.command, command);
        }
        assert!(caught.flags.ending.load(Ordering::Relaxed));
    }
}
