//! Opens the files of a run: its folder, its log files and its record.

use crate::config::RunPlan;
use crate::headless::{self, LogGuard};
use crate::telemetry::{Hub, Record, RecordReader, RecordWriter, Snapshot, wall_clock};
use crate::train::{RunFolder, TrainError};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Which run to continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// None: a new run.
    No,
    /// The newest of the config's name.
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
    /// The record so far, where the run is resumed.
    pub history: Option<Vec<Record>>,
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
        let folder = open_folder(plan, resume)?;
        let log = headless::start_log(folder.path(), LOG_FILTER).context("cannot start the log")?;
        let (hub, history) = open_record(folder.path(), *resume != Resume::No)?;
        Ok(OpenRun { folder, log, hub, history })
    }
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
        let writer = RecordWriter::create(run_dir)?;
        return Ok((Hub::new(writer, Snapshot::default(), wall_clock()), None));
    }
    let history = RecordReader::open(run_dir)?.collect::<Result<Vec<_>, _>>()?;
    let (writer, run) = RecordWriter::append(run_dir, 0)?;
    Ok((Hub::new(writer, run, wall_clock()), Some(history)))
}
