//! The checked configuration: complete, valid, ready to run. Paths in it are resolved against the
//! folder of the config file that named them.

mod detection;

pub use detection::*;

use crate::control::{Command, LiveValues};
pub use crate::data::{
    DataPlan, DomainPlan, FieldIs, HeldOut, OnBadRow, RowFormat, TemplateChoice, TooLong,
};
pub use crate::lr::{Schedule, Shape};
use crate::mixing::{MixingParams, Mixture, StrategyKind};
pub use crate::model::{ModelSource, Precision};
pub use crate::torch::DeviceChoice;
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One run, decided. The run's folder has it as `run.ron`, a config with every value in it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    /// Name of the run, and of its folder under `runs_dir`.
    pub name: String,
    /// Where runs lie.
    pub runs_dir: PathBuf,
    /// Seed of every random stream.
    pub seed: u64,
    /// Which device to compute on.
    pub device: DeviceChoice,
    /// CPU threads of libtorch; `None` is as many as cores.
    pub threads: Option<usize>,
    /// The model to tune.
    pub model: ModelPlan,
    /// What it is tuned on.
    pub data: DataPlan,
    /// How w(0) is measured, where `mixing.detected` says so or `versatune detect` is called.
    pub detection: DetectionPlan,
    /// How the mixture moves.
    pub mixing: MixingPlan,
    /// How the weights move.
    pub training: TrainingPlan,
    /// When held-out losses are measured.
    pub evaluation: EvaluationPlan,
    /// Texts that the model writes for people to read.
    pub samples: SamplesPlan,
    /// When and how many checkpoints are written.
    pub checkpoint: CheckpointPlan,
    /// What is logged, how often.
    pub logging: LoggingPlan,
    /// How the screens look.
    pub screen: ScreenPlan,
    /// Commands given by the config, in order of their steps.
    pub schedule: Vec<Scheduled>,
}

impl RunPlan {
    /// The values that a run begins with and that its operator may change.
    pub fn live(&self) -> LiveValues {
        LiveValues {
            params: self.mixing.params.clone(),
            every: self.mixing.every,
            smoothing: self.mixing.smoothing,
            lr: self.training.lr,
            clip: self.training.clip,
            mixing_held: false,
            earlier: Vec::new(),
        }
    }
}

/// The model and how it is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelPlan {
    /// Where it comes from.
    pub source: ModelSource,
    /// Number formats; `None` is what suits the device ([`Precision::suiting`]).
    pub precision: Option<Precision>,
    /// Recompute each layer's activations in the backward pass instead of keeping them.
    pub recompute: bool,
}

/// How the mixture moves.
#[derive(Clone, Debug, PartialEq)]
pub struct MixingPlan {
    /// By which strategy.
    pub strategy: StrategyKind,
    /// w(0).
    pub detected: DetectedSource,
    /// Mastery ceilings.
    pub reference: ReferenceSource,
    /// First values of the knobs.
    pub params: MixingParams,
    /// Optimizer steps between two updates, ≥ 1.
    pub every: u64,
    /// Weight of the past in the average of held-out losses: 0 (none) to below 1.
    pub smoothing: f64,
}

/// Source of the detected distribution.
#[derive(Clone, Debug, PartialEq)]
pub enum DetectedSource {
    /// These shares.
    Given {
        /// As they were written, in the order of the domains.
        shares: Vec<f64>,
        /// Divided by their sum, which a rounding error may keep off 1.
        mixture: Mixture,
    },
    /// The authors' counts for a model (`presets`), by its name.
    Preset {
        /// Name of the model.
        name: String,
        /// Its numbers in the order of this run's domains.
        mixture: Mixture,
    },
    /// A stored `detection.ron`.
    File(PathBuf),
    /// Measured in the run, as [`RunPlan::detection`] says.
    Measure,
}

/// Source of the mastery ceilings.
#[derive(Clone, Debug, PartialEq)]
pub enum ReferenceSource {
    /// None: allowed only for strategies that need no ceiling.
    None,
    /// These losses, nats, one per domain.
    Given(Vec<f64>),
    /// A stored `reference.ron`.
    File(PathBuf),
    /// Tune a small model on each domain alone and keep its lowest held-out loss.
    Tune(ReferenceTuning),
}

/// How the reference model is tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceTuning {
    /// The small model.
    pub model: ModelSource,
    /// Epochs over each domain.
    pub epochs: u64,
    /// Optimizer steps of an epoch; `None` is all rows once.
    pub steps_per_epoch: Option<u64>,
    /// Samples per step.
    pub batch_samples: usize,
    /// Learning rate, constant after 10 % of warm-up.
    pub lr: f64,
}

/// How the weights move.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPlan {
    /// How long.
    pub length: Length,
    /// B: samples per optimizer step.
    pub batch_samples: usize,
    /// Most tokens of one micro-batch (≥ `sequence_length`).
    pub micro_batch: Tokens,
    /// Peak learning rate.
    pub lr: f64,
    /// Shape of the learning rate over the run.
    pub schedule: Schedule,
    /// AdamW's constants.
    pub adam: Adam,
    /// Largest gradient norm; `None` does not clip.
    pub clip: Option<f64>,
    /// Tokens whose logits exist at one time.
    pub loss_chunk: usize,
    /// After this many skipped steps in a row the run pauses (headless: stops).
    pub max_skipped: u64,
}

/// Length of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Length {
    /// Optimizer steps.
    Steps(u64),
    /// Times the number of all training rows, divided by the batch.
    Epochs(f64),
}

/// AdamW's constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Decoupled weight decay; not applied to norms and biases.
    pub weight_decay: f64,
}

/// When held-out losses are measured, besides every mixture update, start and end.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationPlan {
    /// Optimizer steps between two; `None` is at mixture updates only.
    pub every: Option<u64>,
    /// Most tokens of one evaluation batch.
    pub batch: Tokens,
}

/// Texts that the model writes for the prompts of held-out rows; nothing of the run depends on them.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplesPlan {
    /// Optimizer steps between two times, the first of them step 0; `None` is on request only.
    pub every: Option<u64>,
    /// Prompts per domain, ≥ 1.
    pub prompts: usize,
    /// Most tokens of a text, ≥ 1.
    pub max_tokens: usize,
    /// Divides the logits; 0 takes the likeliest token every time.
    pub temperature: f64,
}

/// When checkpoints are written, and how many stay.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointPlan {
    /// Optimizer steps between two; `None` is at the end and on request only.
    pub every: Option<u64>,
    /// How many of the newest stay (≥ 1).
    pub keep_last: usize,
    /// Whether the one of the lowest mean held-out loss stays too.
    pub keep_best: bool,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggingPlan {
    /// Optimizer steps between two lines.
    pub every: u64,
    /// Seconds between two host samples; 0 takes none.
    pub host_secs: f64,
}

/// How the screens look; nothing of the run depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreenPlan {
    /// Name of a shipped theme, or a file that ends in `.ron`.
    pub theme: String,
    /// Which colours are used.
    pub colours: Colours,
    /// Which marks are used.
    pub marks: ScreenMarks,
    /// Seconds between two frames.
    pub refresh_secs: f64,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Whether the screens end with the run.
    pub close_at_end: bool,
    /// Seconds after which a terminal that does not read is given up.
    pub patience_secs: f64,
    /// Other keys for actions.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// Colours of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colours {
    /// What the terminal says that it can show.
    Auto,
    /// 24 bits.
    True,
    /// The palette of 256.
    Indexed,
    /// The 16 of the terminal.
    Basic,
    /// None.
    None,
}

/// Marks of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScreenMarks {
    /// What the terminal says that it can show.
    Auto,
    /// Braille dots.
    Braille,
    /// Blocks and lines.
    Block,
    /// ASCII only.
    Ascii,
}

/// A command that the config gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// Before which step it takes effect: `Step(n)` is after n steps.
    pub at: Step,
    /// What.
    pub command: Command,
}
