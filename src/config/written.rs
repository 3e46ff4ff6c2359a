//! A config as it is written: a mirror of the file for serde, in which nearly everything may be
//! left out.
//!
//! The meaning, default and range of each field are in the table of [fields](super::fields). Short
//! forms (`model: "owner/name"`, `target: "law"`) are expanded before this is read, see
//! `shorthand.rs`.

mod alerts;
mod data;
mod detection;
mod mixing;
mod model;
mod training;

pub(super) use alerts::{Alert, Notify};
pub(super) use data::{Data, Domain, Format, HeldOut, Template};
pub(super) use detection::{Detection, Endpoint, Judge, Offline};
pub(super) use mixing::{Detected, Lambda, Mixing, Numbers, Reference, Test, Tuning};
pub(super) use model::{Model, Recompute, Source};
pub(super) use training::{
    Adam, Checkpoint, Evaluation, Logging, Samples, Schedule, Screen, Training,
};

use super::given::Given;
use super::plan::{DeviceChoice, FitChoice, Repeat};
use serde::Deserialize;

/// A run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename = "Run", default, deny_unknown_fields)]
pub(super) struct Run {
    pub name: Given<String>,
    pub runs_dir: Given<String>,
    pub seed: Given<u64>,
    pub device: Given<DeviceChoice>,
    pub threads: Given<Option<usize>>,
    pub fit: Given<FitChoice>,
    pub model: Given<Model>,
    pub data: Given<Data>,
    pub detection: Given<Detection>,
    pub mixing: Mixing,
    pub training: Training,
    pub evaluation: Evaluation,
    pub samples: Samples,
    pub checkpoint: Checkpoint,
    pub logging: Logging,
    pub screen: Screen,
    pub schedule: Vec<Scheduled>,
    pub alerts: Vec<Alert>,
    pub notify: Notify,
}

/// A command at a step, or on a condition.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Scheduled {
    pub at: Given<u64>,
    pub command: Given<String>,
    pub when: Given<String>,
    pub r#do: Given<String>,
    pub repeat: Given<Repeat>,
}
