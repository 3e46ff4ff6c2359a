use super::parts::{level_word, outcome_word};
use crate::telemetry::Event;

/// Every word that [`kind`] can give.
pub const KINDS: [&str; 40] = [
    "run",
    "config",
    "live",
    "plan",
    "device",
    "phase",
    "progress",
    "note",
    "warning",
    "error",
    "model",
    "data",
    "detecting",
    "detected",
    "reference",
    "ceilings",
    "step",
    "eval",
    "sampled",
    "asked",
    "rehearsed",
    "mixture",
    "shadow",
    "expanded",
    "held",
    "full",
    "pass",
    "saving",
    "saved",
    "removed",
    "resumed",
    "rollback",
    "branch",
    "replay",
    "command",
    "replayed",
    "client",
    "host",
    "finished",
    "failed",
];

/// The kind of an event in one word, one of [`KINDS`].
pub fn kind(event: &Event) -> &'static str {
    match event {
        Event::RunStarted { .. } => "run",
        Event::Configured { .. } | Event::ConfigChanged { .. } => "config",
        Event::LiveValues(_) => "live",
        Event::Planned { .. } => "plan",
        Event::DeviceChosen(_) => "device",
        Event::PhaseChanged { .. } => "phase",
        Event::Progress { .. } => "progress",
        Event::Notice { level, .. } => level_word(*level),
        Event::ModelLoaded { .. } => "model",
        Event::DataReady(_) => "data",
        Event::Detecting(_) => "detecting",
        Event::Detected { .. } => "detected",
        Event::ReferenceEpoch { .. } => "reference",
        Event::ReferenceLosses { .. } | Event::CrossLosses(_) => "ceilings",
        Event::Step(_) => "step",
        Event::Evaluated { .. } => "eval",
        Event::Sampled { .. } => "sampled",
        Event::Asked { .. } => "asked",
        Event::Rehearsed { .. } => "rehearsed",
        Event::MixtureUpdated { .. }
        | Event::UpdateHeld { .. }
        | Event::Measuring { .. }
        | Event::LambdaSolved { .. }
        | Event::MixtureProjected { .. } => "mixture",
        Event::ShadowsUpdated { .. } => "shadow",
        Event::ThresholdTested { threshold, .. } => outcome_word(threshold.outcome),
        Event::LossRejected { .. }
        | Event::StepSkipped { .. }
        | Event::MicroBatchHalved { .. }
        | Event::CheckpointSkipped { .. }
        | Event::EventsLost { .. } => "warning",
        Event::PassCompleted { .. } => "pass",
        Event::CheckpointBegun { .. } => "saving",
        Event::CheckpointSaved { .. } => "saved",
        Event::CheckpointRemoved { .. } => "removed",
        Event::Resumed { .. } => "resumed",
        Event::RolledBack { .. } => "rollback",
        Event::Branched { .. } => "branch",
        Event::Repeats { .. } => "replay",
        Event::CommandOutcome(_) => "command",
        Event::CommandReplayed(_) => "replayed",
        Event::ClientAttached { .. } | Event::ClientLeft { .. } => "client",
        Event::Host(_) => "host",
        Event::Finished { .. } => "finished",
        Event::Failed { .. } => "failed",
    }
}
