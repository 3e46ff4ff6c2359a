use super::cross::CrossJson;
use crate::disk;
use crate::telemetry::{
    BestCheckpoint, BranchOrigin, DomainTable, RecordError, RecordedRun, RunState, RunView,
    ShadowWeights, SourceError,
};
use crate::unit::Step;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder is not that of a run.
    #[error("cannot read {}: {source}; name the folder of a run", path.display())]
    NoRun {
        /// The record, which is missing or not readable.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The record cannot be used.
    #[error(transparent)]
    Record(SourceError),
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

/// A run as it is in its record. It may have ended, been killed, or still be going on.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The folder, as it was named.
    pub dir: PathBuf,
    /// The fold of the record; steps that were done again after a resume count once.
    pub state: RunState,
    /// What was wrong with the record, in sentences; the rest of it is in the state.
    pub damage: Vec<String>,
    /// Whether a process works on the run now; over some network file systems one of another machine is not seen.
    pub goes_on: bool,
}

/// The object that `report --json` prints.
#[derive(Serialize)]
struct ReportJson {
    domains: Vec<DomainTable>,
    steps: u64,
    tokens: u64,
    threshold: ThresholdCounts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shadows: Vec<ShadowWeights>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rollbacks: Vec<RollbackJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branched_from: Option<BranchOrigin>,
    run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best_checkpoint: Option<BestCheckpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cross_losses: Option<CrossJson>,
}

/// A way back, of the newest ones.
#[derive(Serialize)]
struct RollbackJson {
    from: Step,
    to: Step,
}

/// How often Algorithm 3 expanded the targets, and how often it held them.
#[derive(Serialize)]
struct ThresholdCounts {
    expanded: u64,
    held: u64,
}

/// Reads `events.jsonl` in a run's folder.
///
/// # Errors
/// See [`ReportError`].
pub fn load(run_dir: &Path) -> Result<RunReport, ReportError> {
    let (record, run) = RunView::open(RecordedRun::open(run_dir)?)?.finish()?;
    let damage = record.damage().to_vec();
    let goes_on = disk::is_held(run_dir);
    Ok(RunReport { dir: run_dir.to_owned(), state: run.state, damage, goes_on })
}

impl From<SourceError> for ReportError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Record(RecordError::Io { path, source, .. }) => {
                ReportError::NoRun { path, source }
            }
            error => ReportError::Record(error),
        }
    }
}

impl RunReport {
    /// Target tokens that were trained on, all domains together.
    pub fn tokens(&self) -> u64 {
        self.state.history.domain_tokens.iter().sum()
    }

    /// `domains` (`name`, `weight_first`, `weight_last`, `detected`, `loss_first`, `loss_last`, `ceiling`,
    /// `potential`, `forgotten`, the standard errors `loss_error`, `potential_error` and `forgotten_error`,
    /// `samples`, `sample_share`, `tokens`, `token_share`), `steps` done, `tokens` (the domains' sum), `threshold`
    /// (`expanded`, `held`), `shadows` (`strategy`, `weights`; left out where there are none), `rollbacks` (`from`,
    /// `to`; the newest, left out where there are none), `branched_from` (`run`, `step`; of a branch), `run`, its
    /// folder, `model`, the newest checkpoint, a folder in it, and `best_checkpoint` (`step`, `loss`), where there
    /// are some; and, where tuned reference models were measured on every domain, `cross_losses` (see
    /// [`CrossJson`]). A number that was never measured is `null`.
    ///
    /// # Errors
    /// Never for the values that a state holds; serde may fail in principle.
    pub fn json(&self) -> serde_json::Result<serde_json::Value> {
        let history = &self.state.history;
        serde_json::to_value(ReportJson {
            domains: self.state.closing_table(),
            steps: history.step.0,
            tokens: self.tokens(),
            threshold: ThresholdCounts { expanded: history.expanded, held: history.held },
            shadows: history.shadows.clone(),
            rollbacks: self
                .state
                .abandoned
                .iter()
                .map(|left| RollbackJson { from: left.end, to: left.begin })
                .collect(),
            branched_from: self.state.branched_from.clone(),
            run: self.dir.display().to_string(),
            model: history.checkpoint.as_ref().map(|newest| newest.path.clone()),
            best_checkpoint: history.checkpoint.as_ref().and_then(|newest| newest.best),
            cross_losses: CrossJson::of(&self.state),
        })
    }
}
