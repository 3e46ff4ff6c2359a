use crate::config::{PLAN_FILE, RunPlan};
use crate::telemetry::{DomainTable, RecordError, RunState, replay};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder is no run's.
    #[error("cannot read {}: {source}; name the folder of a run", path.display())]
    NoRun {
        /// The file that is missing or not readable.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The plan is no config of this version.
    #[error("{} cannot be used: {reason}", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the fix.
        reason: String,
    },
    /// The record is damaged.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A plot could not be drawn.
    #[error("cannot draw {name}: {reason}")]
    Plot {
        /// Its file name.
        name: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// A plot could not be written.
    #[error("cannot write {}: {source}; make the folder writable or name another", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// A run as its folder tells it. It may have ended, have been killed, or be going on.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The folder, as it was named.
    pub dir: PathBuf,
    /// The plan.
    pub plan: RunPlan,
    /// What the record adds up to; what a resume did over counts once.
    pub state: RunState,
}

/// The object that `report --json` prints.
#[derive(Serialize)]
struct Json {
    domains: Vec<DomainTable>,
    steps: u64,
    tokens: u64,
    threshold: Counts,
    run: String,
}

#[derive(Serialize)]
struct Counts {
    expanded: u64,
    held: u64,
}

/// Reads `run.ron` and `events.jsonl` in a run's folder.
///
/// # Errors
/// See [`ReportError`].
pub fn load(run_dir: &Path) -> Result<RunReport, ReportError> {
    let path = run_dir.join(PLAN_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ReportError::NoRun { path, source }),
    };
    let plan = RunPlan::from_ron(&text)
        .map_err(|error| ReportError::Plan { path, reason: error.to_string() })?;
    Ok(RunReport { dir: run_dir.to_owned(), plan, state: replay(run_dir)? })
}

impl RunReport {
    /// Tokens that were trained on, all domains together: those that the loss counted.
    pub fn tokens(&self) -> u64 {
        self.state.history.domain_tokens.iter().sum()
    }

    /// `domains` (`name`, `weight_first`, `weight_last`, `detected`, `loss_first`, `loss_last`,
    /// `ceiling`, `potential`, `forgetting`, `tokens`), `steps` done, `tokens` (the domains' sum),
    /// `threshold` (`expanded`, `held`) and `run`, its folder. A number that the run never came to
    /// know is `null`.
    ///
    /// # Errors
    /// None is known; serialization may fail.
    pub fn json(&self) -> serde_json::Result<serde_json::Value> {
        let history = &self.state.history;
        serde_json::to_value(Json {
            domains: self.state.closing_table(),
            steps: history.step.0,
            tokens: self.tokens(),
            threshold: Counts { expanded: history.expanded, held: history.held },
            run: self.dir.display().to_string(),
        })
    }
}
