//! The lines of the socket, version 1. `versatune help socket` describes them for people.

use crate::control::CommandOutcome;
use crate::telemetry::words::parts::{phase_word, who_looks};
use crate::telemetry::{BranchOrigin, Phase, Record, RunState, Snapshot};
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of the lines. Fields may be added without a new one.
pub const VERSION: u32 = 1;

/// Why nothing more comes where that is no fault.
pub(super) const RUN_ENDED: &str = "the run has ended";

/// First line of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the lines.
    pub versatune: u32,
    /// Who it is, as `user@tty`.
    pub client: String,
    /// What it wants to get.
    #[serde(default)]
    pub want: Want,
    /// Whether it sends no commands.
    #[serde(default)]
    pub read_only: bool,
}

/// What a client wants to get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The run as it is now, and every later record.
    Run,
    /// Every later record.
    Events,
    /// The outcomes of its own commands.
    #[default]
    Outcomes,
    /// One line about the run; then the connection ends.
    Status,
}

/// A command of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The client's number for it, which comes back with the outcome.
    pub request: u64,
    /// The command, as it is typed.
    pub command: String,
    /// Further commands that take effect between the same two steps, all or none: each is accepted and has an
    /// outcome of its own, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The value that its author saw: where it has changed since, the command is rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<String>,
}

/// A line of the run's process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromRun {
    /// First.
    Hello(Welcome),
    /// The run as it is now.
    Snapshot(Box<Snapshot>),
    /// The next record.
    Record(Box<Record>),
    /// Samples that were left out so far because the client was slow.
    Missed(u64),
    /// One line about the run.
    Status(Box<RunStatus>),
    /// A command is on its way to the engine, which knows it by this number.
    Accepted {
        /// The client's number.
        request: u64,
        /// That of the records.
        id: u64,
    },
    /// What became of a command.
    Outcome {
        /// The client's number.
        request: u64,
        /// The outcome, as it is in the record.
        outcome: Box<CommandOutcome>,
    },
    /// A line that is no command, or a command that cannot be understood.
    Refused {
        /// The client's number, where it could be read.
        request: Option<u64>,
        /// What is wrong.
        why: String,
    },
    /// Nothing more will come, for this reason.
    End(String),
}

/// First line of the run's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Version of the lines.
    pub versatune: u32,
    /// Version of the program.
    pub program: String,
    /// Its process.
    pub pid: u32,
    /// The run's folder.
    pub folder: PathBuf,
}

/// A run in one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStatus {
    /// Its name.
    pub run: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The process that runs it; `None` where none does.
    pub pid: Option<u32>,
    /// What it is doing; of one that ended what it was doing then.
    pub phase: Option<Phase>,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether its process has begun to train: the model is loaded.
    pub trains: bool,
    /// Why it ended, where it has.
    pub ended: Option<String>,
    /// Optimizer steps done.
    pub step: Step,
    /// Steps planned.
    pub steps: u64,
    /// Mean of the newest held-out losses, nats per token.
    pub loss: Option<f64>,
    /// The lowest such mean so far.
    pub best: Option<f64>,
    /// Who looks, the run's own screens included, without those that only look for the moment.
    pub clients: Vec<String>,
    /// Those of them that send no commands.
    #[serde(default)]
    pub watching: Vec<String>,
    /// Who gave the newest command.
    #[serde(default)]
    pub commanded_by: Option<String>,
    /// The checkpoint of another run at which it begins, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branched_from: Option<BranchOrigin>,
    /// When it began, milliseconds since 1970 UTC.
    pub began_ms: u64,
    /// Time of its newest event.
    pub unix_ms: u64,
}

impl RunStatus {
    /// What it does, in a word or two.
    pub fn state_word(&self) -> String {
        match (&self.ended, self.phase) {
            (Some(why), Some(Phase::Failed)) => format!("failed: {why}"),
            (Some(why), _) => why.clone(),
            (None, phase) if self.pid.is_some() => match (self.paused, phase) {
                (true, _) => phase_word(Phase::Paused).into(),
                (false, Some(phase)) => phase_word(phase).into(),
                (false, None) => "starting".into(),
            },
            (None, _) => "no process here".into(),
        }
    }

    /// Whether an error ended it.
    pub fn has_failed(&self) -> bool {
        self.ended.is_some() && self.phase == Some(Phase::Failed)
    }

    /// Who looks, and who of them sends no commands: `ada@pts/3, wall@tty1 (looks)`.
    pub fn clients_text(&self) -> String {
        who_looks(&self.clients, &self.watching).join(", ")
    }

    /// Of the run in this state.
    pub fn of(state: &RunState, folder: PathBuf, pid: Option<u32>) -> Self {
        RunStatus {
            run: state.run.clone(),
            folder,
            pid,
            phase: state.phase,
            paused: state.paused,
            trains: state.trains,
            ended: state.ended.as_ref().map(|ending| ending.why.clone()),
            step: state.history.step,
            steps: state.steps,
            loss: state.history.mean_loss(),
            best: state.history.best_mean_loss,
            clients: if pid.is_some() { state.clients.clone() } else { Vec::new() },
            watching: if pid.is_some() { state.watching.clone() } else { Vec::new() },
            commanded_by: state.history.newest_commander().map(str::to_owned),
            branched_from: state.branched_from.clone(),
            began_ms: state.began_ms,
            unix_ms: state.unix_ms,
        }
    }
}
