//! The checkpoint before an edit, where `checkpoint.before_edit` asks for it.

use super::Engine;
use crate::control::{Actor, Command, EngineCommand, Request};
use crate::train::error::TrainError;

impl Engine<'_> {
    /// Writes a checkpoint before an edit by hand that will take effect. `Err` inside is why it could not:
    /// then the edit must not be made either.
    pub(super) fn save_before_edit(
        &mut self,
        request: &Request,
    ) -> Result<Result<(), String>, TrainError> {
        if !self.plan.checkpoint.before_edit || !self.is_edit_by_hand(request) {
            return Ok(Ok(()));
        }
        let why = format!("before `{}` of {}", request.command, request.actor);
        match self.save(&why) {
            Ok(()) => Ok(Ok(())),
            Err(error @ TrainError::Record(_)) => Err(error),
            Err(error) => Ok(Err(format!(
                "checkpoint.before_edit asks for a checkpoint first, and none was written: {error}"
            ))),
        }
    }

    fn is_edit_by_hand(&self, request: &Request) -> bool {
        if !matches!(request.actor, Actor::Operator(_) | Actor::Remote(_)) {
            return false;
        }
        request.each().iter().any(|one| self.is_edit(one))
    }

    fn is_edit(&self, request: &Request) -> bool {
        let status = &self.control.status;
        match &request.command {
            Command::Live(change) => {
                status.has_changed(request, change).is_none() && status.allows(change).is_ok()
            }
            Command::Engine(EngineCommand::Weights(named)) => self.weights_with(named).is_ok(),
            Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => false,
        }
    }
}
