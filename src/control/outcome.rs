use super::live::Change;
use super::{Actor, Command, CommandId, LiveField, LiveValues, Verdict};
use crate::unit::Step;
use serde::{Deserialize, Serialize};

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandOutcome {
    /// Its number.
    pub id: CommandId,
    /// At which step.
    pub step: Step,
    /// Who asked.
    pub actor: Actor,
    /// For what.
    pub command: Command,
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// Of an undo, the live value that it gave back.
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
        self.undone.or(LiveField::of(&self.command)).filter(|_| self.is_applied())
    }

    /// Carries it out on `live` once more; `None` if it changes no live value. An undo gives back the
    /// value that it gave back then, whatever was changed since.
    pub fn repeat(
        &self,
        live: &mut LiveValues,
        domains: &[String],
    ) -> Option<Result<Change, String>> {
        match self.undone {
            Some(field) => Some(live.take_back(field, domains)),
            None => live.apply(&self.command, domains),
        }
    }
}
