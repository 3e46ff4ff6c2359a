//! Opens the files of a run: its folder, its log files and its record.

use crate::config::RunPlan;
use crate::headless::{self, LogGuard};
use crate::telemetry::{Continued, Hub, Level, PastEvent, RecordWriter, Snapshot, wall_clock};
use crate::train::{self, FoundRun, RunFolder, StartOrder, TrainError};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Which run to continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// None: a new run.
    No,
    /// The unfinished one of the config's name that was started last.
    Latest,
    /// The one in this folder.
    Folder(PathBuf),
}

impl Resume {
    /// From the argument `--resume` or `--resume=FOLDER`.
    pub fn from_arg(arg: Option<Option<PathBuf>>) -> Self {
        match arg {
            None => Resume::No,
            Some(None) => Resume::Latest,
            Some(Some(path)) => Resume::Folder(path),
        }
    }
}

/// A run that this process may write to.
pub struct OpenRun {
    /// Locked for this process.
    pub folder: RunFolder,
    /// Flushes the log files when it is dropped.
    pub log: LogGuard,
    /// Over its record, which is open for writing.
    pub hub: Hub,
    /// What earlier processes did, where the run is resumed.
    pub past: Option<Vec<PastEvent>>,
    /// What is to be said about the run's files as they were found.
    pub notices: Vec<(Level, String)>,
}

/// Records that may wait for the log lines before droppable ones are dropped.
pub const LOG_LINE_BACKLOG: usize = 4096;

/// Filter of the log files: our own messages from `info` up, of libraries only warnings.
const LOG_FILTER: &str = "warn,versatune=info,run=info";

impl OpenRun {
    /// Opens a new run, or the one to continue.
    ///
    /// # Errors
    /// There is no run to resume, another process holds it, or its files cannot be used.
    pub fn open(plan: &RunPlan, resume: &Resume) -> Result<Self> {
        let (folder, mut notices) = open_folder(plan, resume)?;
        StartOrder::record_start(folder.path(), &plan.name)?;
        let log = headless::start_log(folder.path(), LOG_FILTER).context("cannot start the log")?;
        if *resume == Resume::No {
            let writer = RecordWriter::create(folder.path())?;
            let hub = Hub::new(writer, Snapshot::default(), wall_clock());
            return Ok(OpenRun { folder, log, hub, past: None, notices });
        }
        let Continued { writer, run, past, notices: damage } = RecordWriter::resume(folder.path())?;
        notices.extend(damage.into_iter().map(|text| (Level::Warning, text)));
        let hub = Hub::new(writer, run, wall_clock());
        Ok(OpenRun { folder, log, hub, past: Some(past), notices })
    }
}

/// The run's folder, and what is to be said about the choice of it.
fn open_folder(
    plan: &RunPlan,
    resume: &Resume,
) -> Result<(RunFolder, Vec<(Level, String)>), TrainError> {
    match resume {
        Resume::No => Ok((RunFolder::create(&plan.runs_dir, &plan.name)?, Vec::new())),
        Resume::Latest => {
            let FoundRun { path, notices } = train::find_run(&plan.runs_dir, &plan.name)?;
            Ok((RunFolder::open(&path)?, notices))
        }
        Resume::Folder(path) => Ok((RunFolder::open(path)?, Vec::new())),
    }
}
