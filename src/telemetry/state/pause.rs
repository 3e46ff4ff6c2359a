//! What the present pause is of.

use super::RunState;
use crate::control::{Command, CommandOutcome, LifecycleCommand};
use crate::telemetry::Phase;

impl RunState {
    /// The command that the present pause is of; `None` where the run is not paused, and where it paused without
    /// one.
    pub fn pause_order(&self) -> Option<&CommandOutcome> {
        if self.phase != Some(Phase::Paused) {
            return None;
        }
        let outcomes = self.history.commands.iter().rev().map(|mark| &mark.outcome);
        let mut orders = outcomes.filter(|outcome| outcome.is_applied()).filter_map(|outcome| {
            match outcome.command {
                Command::Lifecycle(LifecycleCommand::Pause) => Some(Some(outcome)),
                // The pause before it is over.
                Command::Lifecycle(LifecycleCommand::Resume) => Some(None),
                _ => None,
            }
        });
        orders.next().flatten()
    }
}
