use super::checkpoint::{EngineState, SaveConditions};
use super::edits::Edits;
use super::error::TrainError;
use super::events::EventSink;
use super::examples::domain_names;
use super::folder::RunFolder;
use crate::config::RunPlan;
use crate::sandbox::Isolation;
use crate::telemetry::{ConfigValue, Event, Hub, Level, PastEvent, PastKind};

/// What a run begins with, besides the [`Inbox`](super::Inbox) of its requests.
pub struct Setup<'a> {
    /// The checked config.
    pub plan: RunPlan,
    /// Where templates and tokenizers that come with models work.
    pub isolation: Isolation,
    /// The run's locked folder.
    pub folder: &'a RunFolder,
    /// The run's record, open for writing, with its viewers. While no client is attached to it,
    /// nobody can end a pause, so that the run fails where it would otherwise pause by itself.
    pub hub: Hub,
    /// What earlier processes did, where this process resumes their run.
    pub past: Option<Vec<PastEvent>>,
    /// The edits of another run that a new one repeats.
    pub edits: Option<Edits>,
    /// Every value of the config with its origin, for display.
    pub config: Vec<ConfigValue>,
    /// What is to be said about the files of the run as they were found.
    pub notices: Vec<(Level, String)>,
    /// What the saving of checkpoints meets.
    pub saving: SaveConditions,
}

impl Setup<'_> {
    /// The first event of a process, and the notices. Values that a resume does not take from the
    /// config are those of the checkpoint.
    pub(super) fn announce(
        &self,
        resumed: Option<&EngineState>,
        events: &mut EventSink,
    ) -> Result<(), TrainError> {
        let in_force = resumed.map_or(&self.plan, |state| &state.plan);
        events.emit(Event::RunStarted {
            run: self.folder.name(),
            version: env!("CARGO_PKG_VERSION").into(),
            domains: domain_names(in_force),
            strategy: in_force.mixing.strategy.name().into(),
            resumed_at: resumed.map(|state| state.step),
            seed: in_force.seed,
        })?;
        for (level, text) in self.folder.notices().iter().chain(&self.notices) {
            events.notice(*level, text)?;
        }
        Ok(())
    }

    /// Number of requests that were answered already: that of the newest outcome in the record.
    pub(super) fn answered_requests(&self) -> u64 {
        let ids = self.past.iter().flatten().filter_map(|event| match &event.kind {
            PastKind::Answered(outcome) => Some(outcome.id.0),
            _ => None,
        });
        ids.max().unwrap_or(0)
    }
}
