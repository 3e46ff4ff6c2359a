use crate::echo;
use crate::telemetry::RunState;
use crate::unit::Step;
use std::path::PathBuf;

/// The run that alerts are of.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub run: String,
    pub folder: PathBuf,
}

/// What people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub run: String,
    pub folder: PathBuf,
    /// The condition that came true.
    pub what: String,
    /// The values that it names, or how the run ended; may be empty.
    pub found: String,
    pub step: Step,
    /// Alerts of this condition that were held back since the last one.
    pub held_back: u64,
}

impl Message {
    /// What is told of a condition that came true in a run in this state.
    pub fn new(
        origin: &Origin,
        what: String,
        found: String,
        held_back: u64,
        state: &RunState,
    ) -> Self {
        let ended = state.ended.as_ref().map(|ending| echo::line(&ending.why).into_owned());
        Message {
            run: origin.run.clone(),
            folder: origin.folder.clone(),
            what,
            found: ended.filter(|_| found.is_empty()).unwrap_or(found),
            step: state.history.step,
            held_back,
        }
    }

    /// `VersaTune demo`.
    pub fn title(&self) -> String {
        format!("VersaTune {}", self.run)
    }

    /// `forgotten(general) > 0.02 at step 120: forgotten(general) is 0.0213`.
    pub fn text(&self) -> String {
        let mut text = format!("{} at step {}", self.what, self.step);
        if !self.found.is_empty() {
            text += &format!(": {}", self.found);
        }
        if self.held_back > 0 {
            text += &format!(" ({} more since the last alert of this)", self.held_back);
        }
        text
    }
}
