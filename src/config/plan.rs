//! The checked configuration: complete, valid, ready to run. Paths in it are resolved against the
//! folder of the config file that named them.

mod alerts;
mod detection;
mod fit;
mod key;

pub use alerts::*;
pub use detection::*;
pub use fit::*;

use crate::control::{Command, Intervals, LiveValues, Rule, Rules, usual_span};
pub use crate::data::{
    ChatRole, DataPlan, DomainPlan, FieldIs, HeldOut, LossRule, OnBadRow, RowFormat,
    TemplateChoice, TooLong,
};
pub use crate::lr::{Schedule, Shape};
use crate::mixing::{Cadence, MixingParams, Mixture, StrategyKind};
pub use crate::model::{ModelSource, Precision, Recompute};
pub use crate::torch::DeviceChoice;
pub use crate::torch::optim::MomentKind;
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One run with every value decided, but for those that its device decides ([`FitPlan`]) and
/// `mixing.every`. It is stored in the run's folder as `run.ron`, which is a config with every value in it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    /// Name of the run, and of its folder under `runs_dir`.
    pub name: String,
    /// Folder that holds the folders of runs.
    pub runs_dir: PathBuf,
    /// Seed of every random stream.
    pub seed: u64,
    /// Which device to compute on.
    pub device: DeviceChoice,
    /// CPU threads of libtorch; `None` is all that the process may use.
    pub threads: Option<usize>,
    /// What is chosen for the memory of the device.
    pub fit: FitPlan,
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
    /// When checkpoints are written, and how many are kept.
    pub checkpoint: CheckpointPlan,
    /// What the run logs, and how often.
    pub logging: LoggingPlan,
    /// How the screens look.
    pub screen: ScreenPlan,
    /// Commands that the config gives, in the order of their steps.
    pub schedule: Vec<Scheduled>,
    /// Commands that the config gives on conditions.
    pub rules: Vec<Rule>,
    /// What people are told of, besides the usual.
    pub alerts: Vec<AlertPlan>,
    /// How people are told.
    pub notify: NotifyPlan,
}

impl RunPlan {
    /// The first values of those that an operator may change during the run.
    pub fn live(&self) -> LiveValues {
        let (lambda_auto, lambda_span) = match self.mixing.lambda {
            LambdaPlan::Auto(span) => (true, span),
            LambdaPlan::Fixed(_) => (false, usual_span()),
        };
        LiveValues {
            params: self.mixing.params.clone(),
            lambda_auto,
            lambda_span,
            every: self.mixing.every_of(self.training.length.steps_if_known()),
            smoothing: self.mixing.smoothing,
            lr: self.training.lr,
            clip: self.training.clip,
            mixing_held: false,
            intervals: Intervals {
                length: self.training.length.steps_if_known(),
                stop_at: None,
                checkpoint_every: self.checkpoint.every,
                samples_every: self.samples.every,
                logging_every: Some(self.logging.every),
                budget: self.evaluation.budget,
            },
            rules: Rules::of_config(&self.rules),
            alerts_off: Default::default(),
            earlier: Vec::new(),
        }
    }
}

/// The model to tune, and its number formats.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelPlan {
    /// A folder, a Hub model, or random weights.
    pub source: ModelSource,
    /// Number formats; `None` is what suits the device ([`Precision::suiting`]).
    pub precision: Option<Precision>,
    /// What is computed again in the backward pass instead of being kept.
    pub recompute: Recompute,
}

/// How the mixture moves.
#[derive(Clone, Debug, PartialEq)]
pub struct MixingPlan {
    /// The rule that moves it.
    pub strategy: StrategyKind,
    /// Rules that are run beside it and move nothing.
    pub shadow: Vec<StrategyKind>,
    /// Where w(0) comes from.
    pub detected: DetectedSource,
    /// Where the mastery ceilings come from.
    pub reference: ReferenceSource,
    /// How λ is found.
    pub lambda: LambdaPlan,
    /// λ (0 where it is still to be solved), δ, τ, floor, anchor, targets, confidence and forgetting limits
    /// as the run begins.
    pub params: MixingParams,
    /// Optimizer steps between two updates, ≥ 1; `None` until the steps of the run are counted, where
    /// the config leaves it to them ([`MixingPlan::every_of`]).
    pub every: Option<u64>,
    /// Weight of the past in the average of held-out losses: 0 (none) to below 1.
    pub smoothing: f64,
}

/// How λ is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LambdaPlan {
    /// Solved at the first measurement for this span; see [`AutoLambda`](crate::mixing::AutoLambda).
    Auto(f64),
    /// This number.
    Fixed(f64),
}

/// Folder of runs, in the working directory, where a config names no other.
pub const RUNS_DIR: &str = "runs";

/// Updates that a run makes by default: a fortieth of its steps lies between two.
const UPDATES: u64 = 40;

/// Steps that are assumed while they are not counted.
const ASSUMED_STEPS: u64 = 2000;

impl MixingPlan {
    /// Optimizer steps between two updates in a run of so many steps: as given; 1 for a strategy that
    /// learns from every step; else a fortieth of them, at least 1. `None` is a run whose steps are not
    /// counted yet; nothing is decided by that number.
    pub fn every_of(&self, steps: Option<u64>) -> u64 {
        self.every.unwrap_or_else(|| self.usual_every(steps))
    }

    /// The same, where the config does not say it.
    pub fn usual_every(&self, steps: Option<u64>) -> u64 {
        match self.strategy.spec().cadence {
            Cadence::EveryStep => 1,
            Cadence::Interval => (steps.unwrap_or(ASSUMED_STEPS) / UPDATES).max(1),
        }
    }

    /// Whether a run of so many steps ends before the first update of a strategy that moves the mixture.
    pub fn stands_still(&self, steps: u64) -> bool {
        self.strategy.spec().moves && never_updates(self.every_of(Some(steps)), steps)
    }
}

/// Whether a run of `steps` steps with an update after each `every` ends before the first. Nothing is
/// updated after the last step, so that a run of one step has no update whatever `every` is: that is no
/// mistake in it.
pub(super) fn never_updates(every: u64, steps: u64) -> bool {
    steps > 1 && every >= steps
}

/// Source of the detected distribution w(0).
#[derive(Clone, Debug, PartialEq)]
pub enum DetectedSource {
    /// Shares in the config.
    Given {
        /// The shares as they are written, in the order of the domains.
        shares: Vec<f64>,
        /// The shares divided by their sum, which may differ from 1 by a rounding error.
        mixture: Mixture,
    },
    /// The authors' counts for a model (`presets`).
    Preset {
        /// Name of the model, as the config writes it.
        name: String,
        /// The counts in the order of this run's domains.
        mixture: Mixture,
    },
    /// A stored `detection.ron`.
    File(PathBuf),
    /// Measured in the run, by [`RunPlan::detection`].
    Measure,
    /// By the losses of the models that the mastery ceilings are measured with.
    MixMin,
}

/// Source of the mastery ceilings.
#[derive(Clone, Debug, PartialEq)]
pub enum ReferenceSource {
    /// No ceilings: allowed only for strategies that need none.
    None,
    /// These losses, nats, one per domain.
    Given(Vec<f64>),
    /// A stored `reference.ron`, whose losses hold for this run's held-out rows or are refused.
    File(PathBuf),
    /// A stored `reference.ron`, taken as it is.
    Unchecked(PathBuf),
    /// Tune a small model on each domain alone and keep its lowest held-out loss.
    Tune(ReferenceTuning),
}

/// How the reference model is tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceTuning {
    /// The model to tune, best a small one.
    pub model: ModelSource,
    /// Epochs over each domain.
    pub epochs: u64,
    /// Optimizer steps of an epoch; `None` is all rows once.
    pub steps_per_epoch: Option<u64>,
    /// Examples per optimizer step.
    pub batch_samples: usize,
    /// Learning rate, constant after 10 % of warm-up.
    pub lr: f64,
    /// Whether the losses of every domain under the model tuned on each are measured too.
    pub table: CrossTableChoice,
}

/// Domains above which the table is measured only if it is asked for: it takes K² measurements.
const MOST_DOMAINS_OF_A_TABLE: usize = 16;

impl ReferenceTuning {
    /// Whether the losses of so many domains under the model tuned on each are measured.
    pub fn measures_table(&self, domains: usize) -> bool {
        match self.table {
            CrossTableChoice::Auto => domains <= MOST_DOMAINS_OF_A_TABLE,
            CrossTableChoice::On => true,
            CrossTableChoice::Off => false,
        }
    }
}

/// Whether the losses of every domain are measured under the model that was tuned on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CrossTableChoice {
    /// Up to 16 domains.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How the weights move.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPlan {
    /// Length of the run.
    pub length: Length,
    /// What each optimizer step minimizes.
    pub objective: Objective,
    /// B: examples per optimizer step.
    pub batch_samples: usize,
    /// Most tokens of one micro-batch (≥ `sequence_length`).
    pub micro_batch: Tokens,
    /// Peak learning rate.
    pub lr: f64,
    /// Warm-up and fall of the learning rate.
    pub schedule: Schedule,
    /// AdamW's constants.
    pub adam: Adam,
    /// What its moments are kept in; `None` is what the precision has ([`Precision::moments`]).
    pub optimizer_states: Option<MomentKind>,
    /// Largest gradient norm; `None` does not clip.
    pub clip: Option<f64>,
    /// Tokens whose logits exist at one time.
    pub loss_chunk: usize,
    /// Skipped steps in a row after which the run pauses, or fails where no client is attached.
    pub max_skipped: u64,
}

/// How the losses of a step's target tokens are averaged into the number that it minimizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objective {
    /// Over target tokens.
    Tokens,
    /// Over samples, of each sample's token mean.
    Samples,
    /// By the weights of the mixture, of each domain's token mean.
    Domains,
}

/// Length of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Length {
    /// Optimizer steps.
    Steps(u64),
    /// Times the number of all training rows, divided by the batch.
    Epochs(f64),
}

impl Length {
    /// The optimizer steps, where they do not depend on the data.
    pub fn steps_if_known(self) -> Option<u64> {
        match self {
            Length::Steps(steps) => Some(steps),
            Length::Epochs(_) => None,
        }
    }
}

/// AdamW's constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// β₁, decay of the first moment.
    pub beta1: f64,
    /// β₂, decay of the second moment.
    pub beta2: f64,
    /// ε, added to the root of the second moment.
    pub eps: f64,
    /// Decoupled weight decay; not applied to norms and biases.
    pub weight_decay: f64,
}

/// When held-out losses are measured, besides start, end and the updates of a strategy that needs
/// them.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationPlan {
    /// Optimizer steps between two more measurements; `None` makes none.
    pub every: Option<u64>,
    /// The share of the run's work, counted in tokens, that measuring may take; `None` measures every held-out
    /// row.
    pub budget: Option<f64>,
    /// Most tokens of one evaluation batch.
    pub batch: Tokens,
}

/// Texts that the model writes for the prompts of held-out rows; they change nothing of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplesPlan {
    /// Optimizer steps between two times, the first of them step 0; `None` is on command only.
    pub every: Option<u64>,
    /// Prompts per domain, ≥ 1.
    pub prompts: usize,
    /// Most tokens of a text, ≥ 1.
    pub max_tokens: usize,
    /// Divides the logits; 0 takes the likeliest token every time.
    pub temperature: f64,
}

/// When checkpoints are written, and how many are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointPlan {
    /// Optimizer steps between two; `None` is at the end and on command only.
    pub every: Option<u64>,
    /// How many of the newest are kept (≥ 1).
    pub keep_last: usize,
    /// Whether the one with the lowest mean held-out loss is kept too.
    pub keep_best: bool,
    /// Whether one is written before an operator's edit takes effect.
    pub before_edit: bool,
}

/// What the run logs, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggingPlan {
    /// Optimizer steps between two log lines of training.
    pub every: u64,
    /// Seconds between two host samples; 0 takes none.
    pub host_secs: f64,
    /// Whether TensorBoard's events are written into the run's folder.
    pub tensorboard: bool,
}

/// How the screens look; it changes nothing of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreenPlan {
    /// Name of a shipped theme, or a file that ends in `.ron`.
    pub theme: String,
    /// How many colours are used.
    pub colours: Colours,
    /// The characters that plots are drawn with.
    pub marks: ScreenMarks,
    /// Seconds between two frames.
    pub refresh_secs: f64,
    /// Whether the mouse works.
    pub mouse: bool,
    /// Whether the run is told in lines instead of screens.
    pub plain: bool,
    /// Whether the screens end with the run.
    pub close_at_end: bool,
    /// Seconds after which a terminal that does not read is given up.
    pub patience_secs: f64,
    /// Keys by the name of their action, in place of the usual ones.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// Colours of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colours {
    /// Those that the environment says the terminal shows.
    Auto,
    /// 24 bits.
    True,
    /// The palette of 256.
    Indexed,
    /// The terminal's own 16.
    Basic,
    /// No colours.
    None,
}

/// The characters that plots are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScreenMarks {
    /// What the locale and the terminal can show.
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
    /// It takes effect after this many steps.
    pub at: Step,
    /// What is to be done.
    pub command: Command,
}
