//! `training`, `evaluation`, `samples`, `checkpoint`, `logging` and `screen`.

use super::super::given::Given;
use super::super::plan::{Colours, Length, ScreenMarks, Shape};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How the weights move. Defaults are the paper's where it gives one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Training {
    /// `Epochs(4)` or `Steps(300)`. Default: `Epochs(4)`, the paper's.
    pub length: Given<Length>,
    /// Samples per optimizer step, ≥ 1. Default: 128, the paper's.
    pub batch_samples: Given<usize>,
    /// Most tokens of a micro-batch, ≥ `data.sequence_length`. Default: four times that. BudgetReduced
    /// by itself where memory does not suffice.
    pub micro_batch: Given<u64>,
    /// Peak learning rate, above 0, at most 1. Default: 2e-5, the paper's.
    pub lr: Given<f64>,
    /// Learning rate over the run.
    pub schedule: Schedule,
    /// AdamW's constants.
    pub adam: Adam,
    /// Largest gradient norm, > 0, or `None`. Default: 1.
    pub clip: Given<Option<f64>>,
    /// Tokens whose logits exist at one time, ≥ 1. Default: 1024.
    pub loss_chunk: Given<usize>,
    /// Skipped steps in a row before the run pauses, ≥ 1. Default: 5.
    pub max_skipped: Given<u64>,
}

/// Learning rate over the run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Schedule {
    /// Share of the steps that is linear warm-up, 0 to below 1. Default: 0.03, the paper's.
    pub warmup: Given<f64>,
    /// `Cosine`, `Linear` or `Constant`. Default: `Cosine`, the paper's.
    pub shape: Given<Shape>,
    /// Least learning rate at the end, as a share of the peak, 0 to 1. Default: 0.
    pub last: Given<f64>,
}

/// AdamW's constants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Adam {
    /// 0 to below 1. Default: 0.9.
    pub beta1: Given<f64>,
    /// 0 to below 1. Default: 0.999.
    pub beta2: Given<f64>,
    /// > 0. Default: 1e-8.
    pub eps: Given<f64>,
    /// ≥ 0. Default: 0, the paper's.
    pub weight_decay: Given<f64>,
}

/// When held-out losses are measured, besides start, end and every mixture update.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Evaluation {
    /// Optimizer steps between two, ≥ 1, or `None`. Default: `None`.
    pub every: Given<Option<u64>>,
    /// Most tokens of a batch, ≥ `data.sequence_length`. Default: `training.micro_batch`.
    pub batch: Given<u64>,
}

/// Texts that the model writes for the prompts of held-out rows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Samples {
    /// Optimizer steps between two times, ≥ 1, or `None`. Default: `None`, on request only.
    pub every: Given<Option<u64>>,
    /// Prompts per domain, ≥ 1. Default: 2.
    pub prompts: Given<usize>,
    /// Most tokens of a text, ≥ 1. Default: 64.
    pub max_tokens: Given<usize>,
    /// Divides the logits, ≥ 0. Default: 0, the likeliest token every time.
    pub temperature: Given<f64>,
}

/// Checkpoints.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Checkpoint {
    /// Optimizer steps between two, ≥ 1, or `None`. Default: 500.
    pub every: Given<Option<u64>>,
    /// How many of the newest stay, ≥ 1. Default: 2.
    pub keep_last: Given<usize>,
    /// Whether the best stays too. Default: true.
    pub keep_best: Given<bool>,
}

/// Log lines.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Logging {
    /// Optimizer steps between two, ≥ 1. Default: 10.
    pub every: Given<u64>,
    /// Seconds between two host samples, ≥ 0; 0 takes none. Default: 1.
    pub host_secs: Given<f64>,
}

/// The screens.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Screen {
    /// A shipped theme, or a file that ends in `.ron`. Default: `dark`.
    pub theme: Given<String>,
    /// `Auto`, `True`, `Indexed`, `Basic` or `None`. Default: `Auto`, what the terminal can show.
    pub colours: Given<Colours>,
    /// `Auto`, `Braille`, `Block` or `Ascii`. Default: `Auto`.
    pub marks: Given<ScreenMarks>,
    /// Seconds between two frames, 0.05 to 60. Default: 0.5.
    pub refresh_secs: Given<f64>,
    /// For slow lines: a frame every 2 s, if `refresh_secs` is not given. Default: false.
    pub low_bandwidth: Given<bool>,
    /// Whether the mouse is taken. Default: true.
    pub mouse: Given<bool>,
    /// Whether the screens end with the run. Default: false, they stay until they are left.
    pub close_at_end: Given<bool>,
    /// Seconds after which a terminal that does not read is given up, 1 to 86400. Default: 60.
    pub patience_secs: Given<f64>,
    /// Other keys for actions: `{"pause": ["p"]}`. Default: none.
    pub keys: Given<BTreeMap<String, Vec<String>>>,
}
