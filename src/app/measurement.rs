//! `versatune detect` and `versatune reference`.

use super::engine_thread::EngineThread;
use super::exit::Exit;
use super::open_run::{LOG_LINE_BACKLOG, OpenRun, Resume};
use super::signals::{self, SignalFlags};
use crate::config::{ReferenceSource, RunPlan};
use crate::headless::{self, LogFormat};
use crate::telemetry::RunView;
use crate::train::{self, Inbox, Measurement, Setup};
use anyhow::{Result, anyhow};
use jiff::tz::TimeZone;
use std::io::stdout;
use std::path::PathBuf;
use std::sync::mpsc::channel;

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
}

/// Measures w(0) or the mastery ceilings only, and writes the result to `out`.
///
/// # Errors
/// The config gives the ceilings, so that there is nothing to measure; or the measurement fails.
pub fn measure(mut plan: RunPlan, options: MeasureOptions) -> Result<Exit> {
    let MeasureOptions { what, out, resume, log_format } = options;
    if what == Measurement::ReferenceLosses {
        require_tuning(&plan)?;
    }
    plan.name = format!("{}-{}", plan.name, what.suffix());
    let OpenRun { folder, log: _log, hub, history } = OpenRun::open(&plan, &resume)?;
    let run_dir = folder.path().to_path_buf();
    let view = RunView::open(hub.subscribe(LOG_LINE_BACKLOG))?;
    let (sender, requests) = channel();
    let _signals = signals::forward(sender, SignalFlags::default())?;
    let every = plan.logging.every;
    let inbox = Inbox::new(requests);
    let engine = EngineThread::spawn(hub.clone(), move || {
        let setup = Setup { plan, folder: &folder, hub, history, config: Vec::new() };
        train::run_measurement(what, setup, inbox, &out)
    })?;
    headless::run(view, stdout(), log_format, every, &TimeZone::system());
    let ending = engine.join()??;
    if !ending.complete {
        complain!("{}; go on with --resume={}", ending.why, run_dir.display());
    }
    Ok(Exit::from_ending(&ending))
}

fn require_tuning(plan: &RunPlan) -> Result<()> {
    let found = match plan.mixing.reference {
        ReferenceSource::Tune(_) => return Ok(()),
        ReferenceSource::None => "None: its strategy needs no ceilings",
        ReferenceSource::Given(_) => "numbers",
        ReferenceSource::File(_) => "a file",
    };
    Err(anyhow!(
        "there is nothing to measure: mixing.reference is {found}; set `reference: Tune()` to have \
         the ceilings measured"
    ))
}
