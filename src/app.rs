//! The composition root: builds the rooms, wires them and joins the threads. Threads start here
//! and nowhere else.
//!
//! ```text
//! signals ──Request──▶ engine thread ──Event──▶ hub ──▶ events.jsonl
//! screens ────▲            ▲                     ├───▶ this thread: screens, or log lines on stdout
//! host sampler ──Event─────┼────────────────────▶┘
//! ```

mod screens;
mod signals;

use crate::config::{Loaded, Origin, Origins, ReferenceSource, RunPlan};
use crate::headless::{self, LogFormat};
use crate::host::{self, HostThread};
use crate::report;
use crate::telemetry::{
    ConfigOrigin, ConfigValue, Event, Hub, Record, RecordReader, RecordWriter, RunView, Snapshot,
    wall_clock,
};
use crate::train::{self, Checked, Desk, Ending, Measurement, RunFolder, Setup, TrainError};
use crate::tui;
use anyhow::{Context, Result, anyhow};
use jiff::tz::TimeZone;
use screens::{Screens, Ties};
use signals::Signs;
use std::io::{Write, sink, stdout};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How `versatune train` was called.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Go on with an earlier run.
    pub resume: Resume,
    /// Form of the lines on stdout.
    pub log_format: LogFormat,
    /// Whether screens are shown, if there is a terminal.
    pub screens: bool,
}

/// Which run to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// None: a new run.
    No,
    /// The newest of the config's name.
    Latest,
    /// This folder.
    Folder(PathBuf),
}

impl Resume {
    /// What `--resume` or `--resume=FOLDER` says.
    pub fn from_arg(arg: Option<Option<PathBuf>>) -> Self {
        match arg {
            None => Resume::No,
            Some(None) => Resume::Latest,
            Some(Some(path)) => Resume::Folder(path),
        }
    }
}

/// How a process ends; see [`Exit::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked is done.
    Done,
    /// Something failed.
    Failed,
    /// The command line or the config is wrong.
    Usage,
    /// Interrupted before its end; `--resume` goes on.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        }
    }
}

/// Stack of the engine thread: autograd frees deep graphs recursively.
const ENGINE_STACK: usize = 64 << 20;

/// What the log files hold: everything of ours from `info` up, of libraries only warnings.
const LOG_FILTER: &str = "warn,versatune=info,run=info";

/// How many samples may wait for the log lines before some are dropped.
const LOG_LINE_BACKLOG: usize = 4096;

/// Trains, printing log lines, then the closing table.
pub fn train(loaded: Loaded, options: &TrainOptions) -> Result<Exit> {
    let config = config_values(&loaded.origins);
    let plan = loaded.plan;
    let screens = Screens::prepare(&plan.screen, options.screens)?;
    let folder = open_folder(&plan, &options.resume)?;
    let run_dir = folder.path().to_path_buf();
    let _log = headless::start_log(&run_dir, LOG_FILTER).context("cannot start the log")?;
    let (hub, history) = open_record(&run_dir, options.resume != Resume::No)?;
    let mut view = RunView::open(hub.subscribe(LOG_LINE_BACKLOG))?;
    let (sender, requests) = channel();
    let signs = Signs::default();
    let signals = signals::forward(sender.clone(), signs.clone())?;
    let ties = Ties { signs, requests: sender };
    let host = sample_host(&plan, &run_dir, &hub)?;
    let logging = plan.logging.clone();
    let closing = CloseOnExit(hub.clone());
    let client = screens.is_some().then(|| hub.attach());
    let setup = Setup { plan, folder, hub, requests, history, config };
    let engine = spawn_engine(closing, move || {
        let ended = train::run(setup);
        // Screens may stay after the end; readings of the machine are no part of the run any more.
        drop(host);
        ended
    })?;
    if let Some(screens) = screens {
        view = screens.show(view, ties);
    }
    drop(client);
    // What a terminal that does not read is sent would hold up this thread, and the process's end.
    let stuck = tui::terminal::is_stuck();
    let lines: Box<dyn Write> = if stuck { Box::new(sink()) } else { Box::new(stdout()) };
    headless::run(view, lines, options.log_format, logging.every, &TimeZone::system());
    let ended = engine.join().map_err(|_| anyhow!(PANICKED))?;
    drop(signals);
    if stuck {
        return Ok(exit(&ended?));
    }
    finish(ended, &run_dir, options.log_format)
}

/// The config as events tell it.
fn config_values(origins: &Origins) -> Vec<ConfigValue> {
    let origin = |origin| match origin {
        Origin::File(line) => ConfigOrigin::File(line),
        Origin::Override => ConfigOrigin::Override,
        Origin::Default => ConfigOrigin::Default,
    };
    let values = origins.iter().map(|value| ConfigValue {
        field: value.field.clone(),
        value: value.value.clone(),
        origin: origin(value.origin),
    });
    values.collect()
}

/// How `versatune detect` and `versatune reference` were called.
#[derive(Clone, Debug)]
pub struct MeasureOptions {
    /// What is measured.
    pub what: Measurement,
    /// Where the answer goes.
    pub out: PathBuf,
    /// Go on with an earlier measurement.
    pub resume: Resume,
    /// Form of the lines on stdout.
    pub log_format: LogFormat,
}

/// Measures w(0) or the mastery ceilings only, and writes the answer to `out`.
///
/// # Errors
/// The config gives the ceilings, so that there is nothing to measure; or the measurement fails.
pub fn measure(mut plan: RunPlan, options: MeasureOptions) -> Result<Exit> {
    let MeasureOptions { what, out, resume, log_format } = options;
    if what == Measurement::ReferenceLosses {
        require_tuning(&plan)?;
    }
    plan.name = format!("{}-{}", plan.name, what.suffix());
    let folder = open_folder(&plan, &resume)?;
    let run_dir = folder.path().to_path_buf();
    let _log = headless::start_log(&run_dir, LOG_FILTER).context("cannot start the log")?;
    let (hub, history) = open_record(&run_dir, resume != Resume::No)?;
    let view = RunView::open(hub.subscribe(LOG_LINE_BACKLOG))?;
    let (sender, requests) = channel();
    let _signals = signals::forward(sender, Signs::default())?;
    let logging = plan.logging.clone();
    let closing = CloseOnExit(hub.clone());
    let config = Vec::new();
    let setup = Setup { plan, folder, hub, requests, history, config };
    let engine = spawn_engine(closing, move || train::measure(setup, what, &out))?;
    headless::run(view, stdout(), log_format, logging.every, &TimeZone::system());
    let ending = engine.join().map_err(|_| anyhow!(PANICKED))??;
    if ending.complete {
        return Ok(Exit::Done);
    }
    complain!("{}; go on with --resume={}", ending.why, run_dir.display());
    Ok(Exit::Interrupted)
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

/// Loads what a run would load, tries one step, and says what the run would take.
pub fn check(plan: RunPlan) -> Result<Checked> {
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let (hub, _) = open_record(scratch.path(), false)?;
    let domains = plan.data.domains.iter().map(|domain| domain.name.clone()).collect();
    let mut desk = Desk::new(hub, plan.live(), domains, channel().1, 0);
    Ok(train::check(&plan, &mut desk)?)
}

type Ended = Result<Ending, TrainError>;

/// Ends the stream of events when the engine's thread ends, by a panic too: the host sampler's
/// handle would keep it open, and this process would wait for lines for ever.
struct CloseOnExit(Hub);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        if let Err(error) = self.0.close() {
            tracing::error!("{error}");
        }
    }
}

fn spawn_engine(
    closing: CloseOnExit,
    work: impl FnOnce() -> Ended + Send + 'static,
) -> Result<JoinHandle<Ended>> {
    let work = move || {
        let _closing = closing;
        work()
    };
    thread::Builder::new()
        .name("engine".into())
        .stack_size(ENGINE_STACK)
        .spawn(work)
        .context("cannot start the engine's thread")
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

fn open_folder(plan: &RunPlan, resume: &Resume) -> Result<RunFolder, TrainError> {
    match resume {
        Resume::No => RunFolder::create(&plan.runs_dir, &plan.name),
        Resume::Latest => RunFolder::latest(&plan.runs_dir, &plan.name),
        Resume::Folder(path) => RunFolder::open(path),
    }
}

fn open_record(run_dir: &Path, resume: bool) -> Result<(Hub, Option<Vec<Record>>)> {
    if !resume {
        return Ok((
            Hub::new(RecordWriter::create(run_dir)?, Snapshot::default(), wall_clock()),
            None,
        ));
    }
    let history = RecordReader::open(run_dir)?.collect::<Result<Vec<_>, _>>()?;
    let (writer, run) = RecordWriter::append(run_dir, 0)?;
    Ok((Hub::new(writer, run, wall_clock()), Some(history)))
}

fn finish(ended: Result<Ending, TrainError>, run_dir: &Path, format: LogFormat) -> Result<Exit> {
    let ending = ended?;
    if format == LogFormat::Text && ending.step.0 > 0 {
        say!("\n{}", report::load(run_dir)?.table_text());
    }
    if !ending.complete {
        let how = match ending.saved {
            true => "go on with --resume",
            false => "no checkpoint of this step was written",
        };
        complain!("{} at step {}; {how}", ending.why, ending.step);
    }
    Ok(exit(&ending))
}

fn exit(ending: &Ending) -> Exit {
    if ending.complete { Exit::Done } else { Exit::Interrupted }
}

const PANICKED: &str = "an internal fault ended the engine (see the line above and the run's log); \
                        the last checkpoint is good: go on with --resume";

/// What a panic prints instead of a backtrace: one line, and where it happened.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let first_line = message.lines().next().unwrap_or_default();
        tui::terminal::restore();
        tracing::error!("internal fault{place}: {message}");
        complain!("error: internal fault{place}: {first_line}");
    }));
}
