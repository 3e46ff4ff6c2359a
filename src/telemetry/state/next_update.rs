//! When the next mixture update comes.

use super::RunState;
use crate::control::LiveValues;
use crate::telemetry::Phase;
use crate::unit::Step;

/// When the next mixture update comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextUpdate {
    /// After this step.
    After(Step),
    /// Not before the end of the run.
    None,
    /// Not before the mixture is released.
    Held,
}

impl RunState {
    /// When the next update comes with these live values, counted from when the last one was due.
    pub fn next_update(&self, live: &LiveValues) -> NextUpdate {
        let (last, step) = (self.history.since_update.step.0, self.history.step.0);
        let due = last.saturating_add(live.every);
        // An update that is being measured comes before any command.
        let measures = self.phase == Some(Phase::Evaluating) && self.phase_detail.is_none();
        let is_under_way = step >= due && measures && !self.paused;
        let next = match is_under_way {
            true => step.saturating_add(live.every),
            false => due.max(step.saturating_add(1)),
        };
        match next < self.steps {
            _ if live.mixing_held => NextUpdate::Held,
            true => NextUpdate::After(Step(next)),
            false => NextUpdate::None,
        }
    }
}
