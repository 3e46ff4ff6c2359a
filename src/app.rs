//! The composition root: opens a run, connects its parts and joins its threads.
//!
//! ```text
//! signals ──Request──▶ engine thread ──Event──▶ hub ──▶ events.jsonl
//! screens ────▲            ▲                     ├───▶ this thread: screens, or log lines on stdout
//! host sampler ──Event─────┼────────────────────▶┘
//! ```
//!
//! The threads of the engine and of the signals are started here; the crate's documentation lists all
//! threads.

mod engine_thread;
mod exit;
mod lines_out;
mod attach;
mod compared;
mod detach;
mod measurement;
mod no_screens;
mod open_run;
mod panics;
mod reachable;
mod resume_command;
mod run_list;
mod screens;
mod signals;

pub use attach::{attach, choose, show_compared};
pub use compared::{Compared, compared};
pub use detach::{detach, leave_terminal};
pub use exit::Exit;
pub use measurement::{MeasureOptions, measure};
pub use open_run::Resume;
pub use panics::quiet_panics;
pub use resume_command::ResumeCommand;
pub use run_list::{RunList, recorded_runs};
pub use signals::{CaughtSignals, catch_signals, outlive_full_files};

use crate::alerts;
use crate::config::{Loaded, RunPlan};
use crate::data::{RowChoice, RowView};
use crate::export;
use crate::headless::{self, LogFormat};
use crate::host::{self, HostThread};
use crate::report;
use crate::sandbox::Isolation;
use crate::telemetry::{Event, Hub, RunView};
use crate::train::{
    self, Edits, EventSink, FirstStep, Inbox, PlannedDevice, PlannedMemory, PreflightReport,
    RunEnding, SaveConditions, Setup, TrainError,
};
use crate::tui;
use anyhow::{Context, Result};
use engine_thread::EngineThread;
use jiff::tz::TimeZone;
use lines_out::lines_out;
use no_screens::{find_plain_terminal, find_terminal};
use open_run::{LOG_LINE_BACKLOG, OpenRun};
use reachable::Reachable;
pub use screens::operator;
use screens::{RunHandles, Screens, Seat};
use std::io::{Write, sink};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// Arguments of `versatune train`.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Which run to continue, if any.
    pub resume: Resume,
    /// The edits of another run that a new one repeats.
    pub edits: Option<Edits>,
    /// Format of the log lines on stdout.
    pub log_format: LogFormat,
    /// Whether screens are shown, if there is a terminal.
    pub screens: bool,
    /// The command by which an incomplete run is continued.
    pub again: ResumeCommand,
}

/// Trains with screens or log lines, then prints the closing table.
///
/// # Errors
/// The run cannot be opened or started, or it failed.
pub fn train(loaded: Loaded, options: &TrainOptions, signals: CaughtSignals) -> Result<Exit> {
    let Loaded { plan, values: config } = loaded;
    let isolation = isolation()?;
    let plain = plan.screen.plain;
    let screens = Screens::prepare(&plan.screen)?.telling_of(&plan);
    let alerts =
        alerts::Prepared::new(&plan.alerts, &plan.notify, &|name| std::env::var(name).ok())?;
    let OpenRun { folder, log: _log, hub, past, notices } = OpenRun::open(&plan, &options.resume)?;
    let screens = Some(screens).filter(|_| options.screens && has_terminal(plain));
    let run_dir = folder.path().to_path_buf();
    let mut view = RunView::open(hub.subscribe(LOG_LINE_BACKLOG))?;
    let CaughtSignals { forwarding, flags, sender, requests } = signals;
    let name = folder.name();
    let alerts = alerts.start(&name, &run_dir, &hub)?;
    let events = plan.logging.tensorboard.then(|| export::follow(&run_dir, &hub)).transpose();
    let events = events.context("cannot start the thread of TensorBoard's events")?;
    let reachable = Reachable::open(&run_dir, &name, &hub, sender.clone());
    let send = Box::new(move |request| sender.send(request).is_ok());
    let go = Box::new(|_| {});
    let handles = RunHandles { flags, send, go, seat: Seat::Own, folder: run_dir.clone() };
    let host = sample_host(&plan, &run_dir, &hub)?;
    let (every, edits) = (plan.logging.every, options.edits.clone());
    let client = screens.is_some().then(|| (hub.attach(), hub.greet(operator(), false)));
    let inbox = Inbox::new(requests);
    let engine = EngineThread::spawn(hub.clone(), move || {
        let folder = &folder;
        let saving = SaveConditions::default();
        let setup = Setup { plan, isolation, folder, hub, past, edits, config, notices, saving };
        let ended = train::run(setup, inbox);
        // Screens may stay open after the end; readings of the machine would go on.
        drop(host);
        ended
    })?;
    if let Some(screens) = screens {
        view = screens.show(view, handles);
    }
    drop(client);
    // Writing to a terminal that does not read would block this thread for ever.
    let stuck = tui::terminal::is_stuck();
    let out: Box<dyn Write> = if stuck { Box::new(sink()) } else { lines_out(options.log_format) };
    headless::run(view, out, options.log_format, every, &TimeZone::system());
    let ending = engine.join()?;
    drop(alerts);
    drop(events);
    drop(reachable);
    drop(forwarding);
    let ending = ending.inspect_err(|error| tell_how_to_go_on(error, &run_dir, options))?;
    if !stuck {
        print_ending(&ending, &run_dir, options)?;
    }
    Ok(Exit::from_ending(&ending))
}

/// Whether screens, or plain lines in their place, can be shown; says why not, and what is shown instead.
fn has_terminal(plain: bool) -> bool {
    let found = if plain { find_plain_terminal() } else { find_terminal() };
    found.inspect_err(|why| complain!("no screens, log lines instead: {why}")).is_ok()
}

/// Loads what a run would load, tries one step, and estimates time and memory of the run.
///
/// # Errors
/// Whatever would end the run before its first step.
pub fn check(plan: &RunPlan) -> Result<PreflightReport> {
    Ok(train::preflight(plan, &isolation()?, EventSink::discarding())?)
}

/// The memory of a run on a device that need not be here, from the configs of its models.
///
/// # Errors
/// A config cannot be had or used.
pub fn check_memory(plan: &RunPlan, device: &PlannedDevice) -> Result<PlannedMemory> {
    Ok(train::memory_on(plan, device, EventSink::discarding())?)
}

/// Calls `on_row` with rows as the run's model gets them. What is to be said about model and data comes on
/// stderr.
///
/// # Errors
/// The model, its tokenizer or template, or a data file cannot be used.
pub fn for_each_row(
    plan: &RunPlan,
    choice: &RowChoice,
    on_row: &mut dyn FnMut(RowView) -> ControlFlow<()>,
) -> Result<()> {
    let events = EventSink::new(|event| {
        if let Event::Notice { text, .. } = event {
            complain!("{text}");
        }
        Ok(())
    });
    Ok(train::for_each_row(plan, &isolation()?, choice, events, on_row)?)
}

/// What the first step of a run trains on.
///
/// # Errors
/// Whatever would end the run before it.
pub fn first_step(plan: &RunPlan) -> Result<FirstStep> {
    Ok(train::first_step(plan, &isolation()?)?)
}

/// Templates and tokenizers of models work in children of this program.
fn isolation() -> Result<Isolation> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    Ok(Isolation::Process(program))
}

fn sample_host(plan: &RunPlan, run_dir: &Path, hub: &Hub) -> Result<Option<HostThread>> {
    if plan.logging.host_secs <= 0.0 {
        return Ok(None);
    }
    let interval = Duration::from_secs_f64(plan.logging.host_secs);
    let hub = hub.clone();
    let thread =
        host::spawn(interval, run_dir.into(), move |sample| hub.emit(Event::Host(sample)).is_ok());
    Ok(Some(thread.context("cannot start the host sampler's thread")?))
}

/// Prints how to continue a run that failed in its training.
fn tell_how_to_go_on(error: &TrainError, run_dir: &Path, options: &TrainOptions) {
    if matches!(error, TrainError::InTraining(_)) && train::has_checkpoint(run_dir) {
        let command = options.again.for_run(run_dir);
        complain!(
            "the run failed; once its cause is mended, go on from the last checkpoint with: {command}"
        );
    }
}

/// Prints the closing table, and how to continue an incomplete run.
fn print_ending(ending: &RunEnding, run_dir: &Path, options: &TrainOptions) -> Result<()> {
    if options.log_format == LogFormat::Text && ending.step.0 > 0 {
        say!("\n{}", report::load(run_dir)?.table_text(tui::look::in_locale));
    }
    if !ending.complete {
        let how = match ending.saved {
            true => "go on with",
            false => "no checkpoint of this step was written; go on from before it with",
        };
        let command = options.again.for_run(run_dir);
        complain!("{} at step {}; {how}: {command}", ending.why, ending.step);
    }
    Ok(())
}
