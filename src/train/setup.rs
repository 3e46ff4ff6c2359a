use super::checkpoint::EngineState;
use super::examples::domain_names;
use super::folder::RunFolder;
use crate::config::RunPlan;
use crate::telemetry::{ConfigValue, Event, Hub, Record};

/// What a run begins with, besides the [`Inbox`](super::Inbox) of its requests.
pub struct Setup<'a> {
    /// The checked config.
    pub plan: RunPlan,
    /// The run's locked folder.
    pub folder: &'a RunFolder,
    /// The run's record, open for writing, with its viewers. While no client is attached to it,
    /// nobody can end a pause, so that the run fails where it would otherwise pause by itself.
    pub hub: Hub,
    /// The record of earlier processes, where this process resumes their run.
    pub history: Option<Vec<Record>>,
    /// Every value of the config with its origin, for display.
    pub config: Vec<ConfigValue>,
}

impl Setup<'_> {
    /// The first event of a process. Values that a resume does not take from the config are those of
    /// the checkpoint.
    pub(super) fn started_event(&self, resumed: Option<&EngineState>) -> Event {
        let in_force = resumed.map_or(&self.plan, |state| &state.plan);
        Event::RunStarted {
            run: self.folder.name(),
            version: env!("CARGO_PKG_VERSION").into(),
            domains: domain_names(in_force),
            strategy: in_force.mixing.strategy.name().into(),
            resumed_at: resumed.map(|state| state.step),
            seed: in_force.seed,
        }
    }

    /// Number of requests whose outcomes the record holds already.
    pub(super) fn answered_requests(&self) -> u64 {
        let is_outcome = |record: &&Record| matches!(record.event, Event::CommandOutcome(_));
        self.history.iter().flatten().filter(is_outcome).count() as u64
    }
}
