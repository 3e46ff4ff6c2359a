//! A config as it is written: a mirror of the file in which nearly everything may be left out.
//!
//! The doc of each field says what it means, what it is when left out, and what is allowed.
//! Short forms (`model: "owner/name"`, `target: "law"`) are expanded before this is read, see
//! `shorthand.rs`.

mod data;
mod detection;
mod mixing;
mod training;

pub(super) use data::{Data, Domain, Format, HeldOut, Template};
pub(super) use detection::{Detection, Endpoint, Judge, Offline};
pub(super) use mixing::{Detected, Mixing, Numbers, Reference, Tuning};
pub(super) use training::{
    Adam, Checkpoint, Evaluation, Logging, Samples, Schedule, Screen, Training,
};

use super::given::Given;
use super::plan::{DeviceChoice, Precision};
use serde::Deserialize;

/// A run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename = "Run", default, deny_unknown_fields)]
pub(super) struct Run {
    /// Name of the run and of its folder. Default: the config file's name without `.ron`.
    pub name: Given<String>,
    /// Where runs lie. Default: `runs` in the working directory.
    pub runs_dir: Given<String>,
    /// Seed of every random stream. Default: 0.
    pub seed: Given<u64>,
    /// `Auto`, `Cpu` or `Cuda(0)`. Default: `Auto`.
    pub device: Given<DeviceChoice>,
    /// CPU threads of libtorch, ≥ 1. Default: `None`, as many as cores.
    pub threads: Given<Option<usize>>,
    /// The model to tune; has to be given. Short form: the folder or Hub id alone.
    pub model: Given<Model>,
    /// What it is tuned on; has to be given.
    pub data: Given<Data>,
    /// How w(0) is measured. Where it is given, it is measured (`mixing.detected: Measure`).
    pub detection: Given<Detection>,
    /// How the mixture moves.
    pub mixing: Mixing,
    /// How the weights move.
    pub training: Training,
    /// When held-out losses are measured.
    pub evaluation: Evaluation,
    /// Texts that the model writes for people to read.
    pub samples: Samples,
    /// Checkpoints.
    pub checkpoint: Checkpoint,
    /// Log lines.
    pub logging: Logging,
    /// How the screens look.
    pub screen: Screen,
    /// Commands that the run gives itself. Default: none.
    pub schedule: Vec<Scheduled>,
}

/// The model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Model {
    /// `"folder"`, `"owner/name"` on the Hub, or one of the variants; has to be given.
    pub source: Given<Source>,
    /// `F32`, `MixedBf16` or `PureBf16`. Default: `MixedBf16` on a GPU, `F32` on a CPU.
    pub precision: Given<Precision>,
    /// Recompute activations in the backward pass: less memory, a third more time. Default: false.
    pub recompute: Given<bool>,
}

/// Where weights come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Source {
    /// What a bare string means: a folder if there is one of that name, else a Hub id.
    Named(String),
    /// A folder in HF layout.
    Folder(String),
    /// A model on the Hub.
    Hub {
        /// `owner/name`.
        id: String,
        /// Branch, tag or commit. Default: the repository's main branch.
        #[serde(default)]
        revision: Given<Option<String>>,
    },
    /// Random weights for the config and tokenizer in this folder.
    Random(String),
}

/// A command at a step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Scheduled {
    /// After how many steps; has to be given.
    pub at: Given<u64>,
    /// As typed by an operator: `target law`, `set lambda 0.3`; has to be given.
    pub command: Given<String>,
}
