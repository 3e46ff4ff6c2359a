//! `versatune detect` and `versatune reference`.

use super::engine_thread::EngineThread;
use super::exit::Exit;
use super::lines_out::lines_out;
use super::open_run::{LOG_LINE_BACKLOG, OpenRun, Resume};
use super::resume_command::ResumeCommand;
use super::signals::CaughtSignals;
use crate::config::{ReferenceSource, RunPlan};
use crate::disk;
use crate::headless::{self, LogFormat};
use crate::telemetry::RunView;
use crate::train::{self, Inbox, Measurement, SaveConditions, Setup};
use anyhow::{Result, anyhow};
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// Arguments of `versatune detect` and `versatune reference`.
#[derive(Clone, Debug)]
pub struct MeasureOptions {
    /// w(0) or the mastery ceilings.
    pub what: Measurement,
    /// The file that the result is copied to.
    pub out: PathBuf,
    /// Whether to continue an earlier measurement.
    pub resume: Resume,
    /// Format of the log lines on stdout.
    pub log_format: LogFormat,
    /// The command by which an incomplete measurement is continued.
    pub again: ResumeCommand,
}

/// Measures w(0) or the mastery ceilings only, and writes the result to `out`.
///
/// # Errors
/// The config gives the ceilings, so that there is nothing to measure; or the measurement fails.
pub fn measure(mut plan: RunPlan, options: MeasureOptions, signals: CaughtSignals) -> Result<Exit> {
    let MeasureOptions { what, out, resume, log_format, again } = options;
    if what == Measurement::ReferenceLosses {
        require_tuning(&plan)?;
    }
    disk::try_to_write(&out)?;
    plan.name = format!("{}-{}", plan.name, what.suffix());
    let isolation = super::isolation()?;
    let OpenRun { folder, log: _log, hub, past, notices } = OpenRun::open(&plan, &resume)?;
    let run_dir = folder.path().to_path_buf();
    let view = RunView::open(hub.subscribe(LOG_LINE_BACKLOG))?;
    let CaughtSignals { forwarding: _forwarding, flags: _, sender: _, requests } = signals;
    let every = plan.logging.every;
    let inbox = Inbox::new(requests);
    let engine = EngineThread::spawn(hub.clone(), move || {
        let setup = Setup {
            plan,
            isolation,
            folder: &folder,
            hub,
            past,
            edits: None,
            config: Vec::new(),
            notices,
            saving: SaveConditions::default(),
        };
        train::run_measurement(what, setup, inbox, &out)
    })?;
    headless::run(view, lines_out(log_format), log_format, every, &TimeZone::system());
    let ending = engine.join()??;
    if !ending.complete {
        complain!("{}; go on with: {}", ending.why, again.for_run(&run_dir));
    }
    Ok(Exit::from_ending(&ending))
}

fn require_tuning(plan: &RunPlan) -> Result<()> {
    let found = match plan.mixing.reference {
        ReferenceSource::Tune(_) => return Ok(()),
        ReferenceSource::None => "None: its strategy needs no ceilings",
        ReferenceSource::Given(_) => "numbers",
        ReferenceSource::File(_) | ReferenceSource::Unchecked(_) => "a file",
    };
    Err(anyhow!(
        "there is nothing to measure: mixing.reference is {found}; set `reference: Tune()` to have \
         the ceilings measured"
    ))
}
