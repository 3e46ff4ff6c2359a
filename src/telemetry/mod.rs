//! What the engine says: [`Event`]s, their order on disk, and the state that they add up to.
//!
//! The engine emits into a [`Hub`]; the hub numbers each event, writes it to `events.jsonl`, folds
//! it into a [`RunState`] and hands it to the viewers. Step and host samples may be dropped on the
//! way to a viewer that is slow (the number is counted); lifecycle events never are, and the record
//! on disk holds them all.

mod asked;
mod bucket;
mod detecting;
mod event;
mod history;
mod hub;
mod machine;
mod marks;
mod measured;
mod number;
mod record;
mod series;
mod state;
mod viewer;
pub mod words;

#[cfg(test)]
pub(crate) mod any;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use crate::data::DataSummary;
pub use asked::{ConfigOrigin, ConfigValue};
pub use bucket::Mean;
pub use detecting::{DetectionSample, JudgeUsage, JudgedText, ShareEstimate};
pub use event::{DeviceInfo, Event, Level, Pass, Phase, Record, StepSample};
pub use history::{History, SinceUpdate};
pub use hub::{Clock, Hub, wall_clock};
pub use machine::{GpuPoint, GpuSample, HostPoint, HostSample};
pub use marks::{
    CheckpointMark, CommandMark, Curves, DomainLoss, Incident, IncidentMark, SampleMark,
    ThresholdMark,
};
pub use measured::{DomainEval, DomainTable, SampleText};
pub use record::{RECORD_FILE, RecordError, RecordReader, RecordWriter, replay};
pub use series::{Point, Series};
pub use state::{Asked, Ending, ModelInfo, Notice, Progress, RunState};
pub use viewer::{StreamEnded, Viewer};
