//! `training`, `evaluation`, `samples`, `checkpoint`, `logging` and `screen`.

use super::super::given::Given;
use super::super::plan::{Colours, Length, MomentKind, Objective, ScreenMarks, Shape};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How the weights move. Defaults are the paper's where it gives one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Training {
    pub length: Given<Length>,
    pub objective: Given<Objective>,
    pub batch_samples: Given<usize>,
    pub micro_batch: Given<u64>,
    pub lr: Given<f64>,
    pub schedule: Schedule,
    pub adam: Adam,
    pub optimizer_states: Given<Option<MomentKind>>,
    pub clip: Given<Option<f64>>,
    pub loss_chunk: Given<usize>,
    pub max_skipped: Given<u64>,
}

/// Learning rate over the run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Schedule {
    pub warmup: Given<f64>,
    pub shape: Given<Shape>,
    pub last: Given<f64>,
}

/// AdamW's constants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Adam {
    pub beta1: Given<f64>,
    pub beta2: Given<f64>,
    pub eps: Given<f64>,
    pub weight_decay: Given<f64>,
}

/// When held-out losses are measured, besides start, end and every mixture update.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Evaluation {
    pub every: Given<Option<u64>>,
    pub budget: Given<Option<f64>>,
    pub batch: Given<u64>,
}

/// Texts that the model writes for the prompts of held-out rows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Samples {
    pub every: Given<Option<u64>>,
    pub prompts: Given<usize>,
    pub max_tokens: Given<usize>,
    pub temperature: Given<f64>,
}

/// Checkpoints.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Checkpoint {
    pub every: Given<Option<u64>>,
    pub keep_last: Given<usize>,
    pub keep_best: Given<bool>,
    pub before_edit: Given<bool>,
}

/// Log lines.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Logging {
    pub every: Given<u64>,
    pub host_secs: Given<f64>,
    pub tensorboard: Given<bool>,
}

/// The screens.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Screen {
    pub theme: Given<String>,
    pub colours: Given<Colours>,
    pub marks: Given<ScreenMarks>,
    pub refresh_secs: Given<f64>,
    pub low_bandwidth: Given<bool>,
    pub mouse: Given<bool>,
    pub plain: Given<bool>,
    pub close_at_end: Given<bool>,
    pub patience_secs: Given<f64>,
    pub keys: Given<BTreeMap<String, Vec<String>>>,
}
