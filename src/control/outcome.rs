use super::{Actor, Command, LiveField, LiveValues, RequestId};
use crate::unit::Step;
use serde::{Deserialize, Serialize};

/// Number of a request within its run, from 1, in the order in which the engine took them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub u64);

/// Whether a request was carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// Carried out; where a value changed, from what to what.
    Applied {
        /// Value before, in words.
        old: Option<String>,
        /// Value after, in words.
        new: Option<String>,
    },
    /// Not carried out.
    Rejected {
        /// What is wrong with it, and what is allowed.
        why: String,
    },
}

/// A request and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandOutcome {
    /// Its number within the run.
    pub id: CommandId,
    /// The number that the sender gave it. After a resume another request of the new process may have
    /// the same one.
    pub request: RequestId,
    /// Optimizer steps done when the request was carried out or rejected.
    pub step: Step,
    /// Who sent it.
    pub actor: Actor,
    /// What was to be done.
    pub command: Command,
    /// Why it was sent, in the operator's words.
    pub reason: Option<String>,
    /// Whether it was done.
    pub verdict: Verdict,
    /// Of an undo, the live value that it took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<LiveField>,
}

impl CommandOutcome {
    /// Whether it was carried out.
    pub fn is_applied(&self) -> bool {
        matches!(self.verdict, Verdict::Applied { .. })
    }

    /// The live value that it changed, if it did.
    pub fn changes(&self) -> Option<LiveField> {
        let field = match &self.command {
            Command::Live(change) => change.field(),
            Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => None,
        };
        self.undone.or(field).filter(|_| self.is_applied())
    }

    /// Makes its change of `live` once more; a command that changes no live value does nothing. An undo
    /// takes back the same value as then, whatever was changed since.
    ///
    /// # Errors
    /// Why the change is not allowed.
    pub fn repeat(&self, live: &mut LiveValues, domains: &[String]) -> Result<(), String> {
        let change = match (&self.command, self.undone) {
            (Command::Live(_), Some(field)) => live.take_back(field, domains),
            (Command::Live(change), None) => live.apply(change, domains),
            (Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_), _) => return Ok(()),
        };
        change.map(drop)
    }
}
