//! What the engine reports: [`Event`]s, their record on disk, and the state that is their fold.
//!
//! ```text
//!  engine ─Event─▶ Hub ─▶ events.jsonl ─▶ RecordedRun ─┐   (Recording: at any moment)
//!                   └────▶ ViewerQueue ──▶ Viewer ──────┴▶ EventSource ─▶ screens, log lines, report
//! ```
//!
//! The engine emits into a [`Hub`]; the hub numbers each event, writes it to `events.jsonl`, applies
//! it to the [`Snapshot`] of the run and hands it to the viewers. Everything that shows a run reads an
//! [`EventSource`]: a snapshot, then records. Steps, readings and progress are dropped (and counted)
//! where a viewer is slow; other events never are, and the record on disk has all.

mod abandoned;
mod bucket;
mod config_value;
mod detecting;
mod event;
mod event_groups;
mod from_json;
mod history;
mod hub;
mod machine;
mod marks;
mod measured;
mod measured_rows;
mod number;
mod past;
mod phase;
mod playback;
mod point;
mod record;
mod recorded;
mod remember;
mod series;
mod snapshot;
mod source;
mod span;
mod state;
mod step;
mod viewer;
pub mod words;

#[cfg(test)]
pub(crate) mod any;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod many;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;

pub use crate::data::{
    DataSummary, FieldCount, FieldUse, FileFields, Lengths, SharedRows, ShownRow,
};
pub use abandoned::AbandonedWay;
pub use bucket::Mean;
pub use config_value::{ConfigOrigin, ConfigValue};
pub use detecting::{DetectionSample, JudgeUsage, JudgedText, ShareEstimate};
pub use event::{DeviceInfo, Event, Record};
pub use history::{History, SinceUpdate, TimeSpent};
pub use hub::{AttachedClient, Clock, Hub, Presence, now_ms, wall_clock};
pub use machine::{GpuPoint, GpuSample, HostPoint, HostSample};
pub use marks::{
    AskedMark, CheckpointMark, CommandMark, Curves, DomainLoss, Incident, IncidentMark,
    MeasuringMark, SampleMark, ShadowCurves, ThresholdMark,
};
pub use measured::{
    BestCheckpoint, BothWays, CrossTable, DomainEval, DomainTable, SampleText, ShadowWeights,
};
pub use measured_rows::{DomainRows, HELD_OUT, Measured, MeasuredRows, RowsError};
pub use past::{PastEvent, PastKind, Rollback};
pub use phase::{Level, Phase};
pub use playback::{Moment, Recording, Seeker};
pub use point::Point;
pub use record::{Continued, RECORD_FILE, RecordError, RecordReader, RecordWriter, copy_beginning};
pub use recorded::RecordedRun;
pub use series::Series;
pub use snapshot::{RECENT_EVENTS, Snapshot};
pub use source::{Arrival, EventSource, Moved, RunView, SourceError};
pub use span::Span;
pub use state::{
    BranchOrigin, Ending, Figure, ForgettingRoom, ModelInfo, NextUpdate, Notice, Progress,
    RunConfig, RunState, Standing,
};
pub use step::{NonFinite, Pass, StepSample};
pub use viewer::{Viewer, ViewerStopper};
