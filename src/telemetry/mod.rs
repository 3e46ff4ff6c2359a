//! What the engine says: [`Event`]s, their order on disk, and the state that they add up to.
//!
//! The engine owns a hub and emits into it; the hub numbers each event, writes it to
//! `events.jsonl`, folds it into a `RunState` and hands it to the viewers. Step and host samples
//! may be dropped on the way to a viewer that is slow (the number is counted); lifecycle events
//! never are, and the record on disk holds them all.

mod event;

pub use event::{
    DataSummary, DeviceInfo, DomainEval, DomainTable, Event, GpuSample, HostSample, Level, Phase,
    Record, StepSample,
};
