//! Events that are treated alike.

use super::Event;

impl Event {
    /// Whether a slow viewer may miss it: steps, readings and progress, of which there are many. The
    /// record has them all the same.
    pub fn is_droppable(&self) -> bool {
        matches!(
            self,
            Event::Step(_) | Event::Host(_) | Event::Progress { .. } | Event::Detecting(_)
        )
    }

    /// Whether it is marked on the x axis of curves: a checkpoint, a command that took effect, a resume, a step
    /// that was not taken, a loss that was not used.
    pub fn is_mark(&self) -> bool {
        match self {
            Event::CommandOutcome(outcome) => outcome.is_applied(),
            event => matches!(
                event,
                Event::CheckpointSaved { .. }
                    | Event::Resumed { .. }
                    | Event::StepSkipped { .. }
                    | Event::LossRejected { .. }
            ),
        }
    }
}
