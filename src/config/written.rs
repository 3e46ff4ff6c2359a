//! A config as it is written: a mirror of the file in which nearly everything may be left out.
//!
//! The doc of each field says what it means, what it is when left out, and what is allowed.
//! Short forms (`model: "owner/name"`, `target: "law"`) are expanded before this is read, see
//! `shorthand.rs`.

use super::given::Given;
use super::plan::{DeviceChoice, FieldIs, Length, OnBadRow, Precision, Shape, TooLong};
use crate::mixing::{Rule, Share};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

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
    /// How the mixture moves.
    pub mixing: Mixing,
    /// How the weights move.
    pub training: Training,
    /// When held-out losses are measured.
    pub evaluation: Evaluation,
    /// Checkpoints.
    pub checkpoint: Checkpoint,
    /// Log lines.
    pub logging: Logging,
    /// Commands that the run gives itself. Default: none.
    pub schedule: Vec<Scheduled>,
}

/// The model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Model {
    /// `"folder"`, `"owner/name"` on the Hub, or one of the variants; has to be given.
    pub source: Given<Source>,
    /// `F32`, `MixedBf16` or `PureBf16`. Default: `F32` where `device` is `Cpu`, else `MixedBf16`.
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

/// The data.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Data {
    /// The domains, at least one; has to be given. Short form of one: its name alone, where
    /// `train` and `domain_field` below serve them all.
    pub domains: Given<Vec<Domain>>,
    /// Files of every domain that names none of its own.
    pub train: Given<Vec<String>>,
    /// Held-out rows of every domain that says nothing of its own. Default: `Share(0.02)`.
    pub held_out: Given<HeldOut>,
    /// Form of the rows of every domain that says nothing of its own. Default: `Auto`.
    pub format: Given<Format>,
    /// The field whose value is the domain's name, for files that hold several domains.
    pub domain_field: Given<String>,
    /// Longest sample and capacity of a packed row, tokens, ≥ 2. Default: 2048.
    pub sequence_length: Given<usize>,
    /// `Tokenizer`, `BuiltIn("chatml")` or `File("chat.jinja")`. Default: `Tokenizer`.
    pub template: Given<Template>,
    /// `Cut` or `Drop`. Default: `Cut`.
    pub too_long: Given<TooLong>,
    /// `Stop` or `Skip(limit)`. Default: `Stop`.
    pub on_bad_row: Given<OnBadRow>,
    /// Where tokens are cached. Default: `versatune/tokens` in the user's cache folder.
    pub cache_dir: Given<String>,
    /// Most held-out rows of a domain that are measured, ≥ 1, or `None`. Default: 256.
    pub held_out_limit: Given<Option<usize>>,
}

/// A domain.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Domain {
    /// Its name: letters, digits, `_`, `-` and `.`, a letter or digit first; has to be given.
    pub name: Given<String>,
    /// Its files. Default: `data.train`.
    pub train: Given<Vec<String>>,
    /// `Files([…])` or `Share(0.02)`. Default: `data.held_out`.
    pub held_out: Given<HeldOut>,
    /// Form of its rows. Default: `data.format`.
    pub format: Given<Format>,
    /// Only rows whose field has this value. Default: `data.domain_field` and the domain's name,
    /// where the files are `data.train`.
    pub only: Given<Option<FieldIs>>,
    /// Most training rows, ≥ 1, or `None`. Default: `None`.
    pub limit: Given<Option<usize>>,
}

/// Source of held-out rows.
#[derive(Clone, Debug, Deserialize)]
pub(super) enum HeldOut {
    /// Files of their own.
    Files(Vec<String>),
    /// A share of the training rows, above 0 and below 1.
    Share(f64),
}

/// Form of a row; each field name defaults to the usual one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Format {
    /// Recognised by the fields of the first row.
    Auto {},
    /// `instruction`, `input`, `output`.
    Alpaca {
        /// Field of the instruction.
        #[serde(default)]
        instruction: Given<String>,
        /// Field of the input.
        #[serde(default)]
        input: Given<String>,
        /// Field of the answer.
        #[serde(default)]
        output: Given<String>,
    },
    /// `conversations`.
    ShareGpt {
        /// Field of the list.
        #[serde(default)]
        conversations: Given<String>,
    },
    /// `messages`.
    Messages {
        /// Field of the list.
        #[serde(default)]
        messages: Given<String>,
    },
    /// `prompt`, `completion`.
    PromptCompletion {
        /// Field of the prompt.
        #[serde(default)]
        prompt: Given<String>,
        /// Field of the completion.
        #[serde(default)]
        completion: Given<String>,
    },
    /// `text`.
    Text {
        /// Field of the text.
        #[serde(default)]
        text: Given<String>,
    },
}

/// Source of the chat template.
#[derive(Clone, Debug, Deserialize)]
pub(super) enum Template {
    /// The tokenizer's own.
    Tokenizer,
    /// A built-in one.
    BuiltIn(String),
    /// A Jinja file.
    File(String),
}

/// How the mixture moves. λ, δ and τ have no published value; the defaults here are our choices
/// for the tens of updates that a run makes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mixing {
    /// The strategy. Default: `VersaTune(rule: Linear, share: Current)`.
    pub strategy: Given<Strategy>,
    /// w(0): `Uniform`, numbers by domain or in order, `Preset("LLaMA-3-8B")` or
    /// `File("detection.ron")`. Default: `Uniform`.
    pub detected: Given<Detected>,
    /// Mastery ceilings: `None`, losses by domain or in order, `File("reference.ron")` or
    /// `Tune(model: …)`. Default: `Tune` on the run's own model, or `None` where the strategy
    /// needs no ceiling. A small model of the same family is as good and much faster.
    pub reference: Given<Reference>,
    /// λ ≥ 0, how far γ moves a weight. Default: 0.1: a domain whose γ stays 0.2 above another's
    /// then doubles against it within 40 updates, (1 + 0.1 · 0.2)^40 ≈ 2.2.
    pub lambda: Given<f64>,
    /// δ, 0 to 1, by how much a target's share grows at an expansion. Default: 0.05: from a
    /// tenth to a half in eight expansions.
    pub delta: Given<f64>,
    /// τ ≥ 0, what γ_e / mean φ must exceed for an expansion. Default: 10: γ_e is what can still
    /// be gained at all, φ what one update lost, and such losses add up over tens of updates.
    pub tau: Given<f64>,
    /// Least share of a domain, from 0 to below 1/K. Default: 0, as in the paper.
    pub floor: Given<f64>,
    /// Pull towards w(0) after each update, 0 to 1. Default: 0, as in the paper.
    pub anchor: Given<f64>,
    /// The domain or domains to expand, or `None`. Default: `None`.
    pub target: Given<Option<Vec<String>>>,
    /// Optimizer steps between two updates, ≥ 1. Default: a fortieth of the run where
    /// `training.length` is in steps, else 50.
    pub every: Given<u64>,
    /// Weight of the past in the average of held-out losses, 0 to below 1. Default: 0.
    pub smoothing: Given<f64>,
}

/// A strategy, domains by name. Constants default to the published ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Strategy {
    /// Algorithms 2 and 3.
    VersaTune {
        /// `Linear` or `Exponential`. Default: `Linear`.
        #[serde(default)]
        rule: Given<Rule>,
        /// `Current` or `Detected`. Default: `Current`.
        #[serde(default)]
        share: Given<Share>,
    },
    /// w(0) for good.
    Constant {},
    /// The same for each.
    Uniform {},
    /// The more, the less was detected.
    Inverse {},
    /// One domain alone.
    Only(String),
    /// One domain raised, the rest even.
    UniformRest {
        /// The raised domain. Default: `mixing.target`.
        #[serde(default)]
        target: Given<String>,
        /// Its share, above 0 and below 1.
        share: f64,
    },
    /// Algorithm 3 without its test.
    Unconditional {
        /// `Current` or `Detected`. Default: `Current`.
        #[serde(default)]
        share: Given<Share>,
    },
    /// DoReMi.
    DoReMi {
        /// η > 0. Default: 1.
        #[serde(default)]
        eta: Given<f64>,
        /// c, 0 to 1. Default: 1e-4.
        #[serde(default)]
        smoothing: Given<f64>,
    },
    /// Sheared LLaMA's dynamic loading.
    ShearedLlama {
        /// η > 0. Default: 1.
        #[serde(default)]
        eta: Given<f64>,
        /// c, 0 to 1. Default: 1e-4.
        #[serde(default)]
        smoothing: Given<f64>,
    },
    /// Online data mixing.
    Odm {
        /// α, 0 to below 1. Default: 0.9.
        #[serde(default)]
        alpha: Given<f64>,
    },
    /// Velocitune.
    Velocitune {},
    /// DMT.
    Dmt {
        /// The general domain. Default: `general`.
        #[serde(default)]
        general: Given<String>,
        /// k, 0 to 1. Default: 1/256.
        #[serde(default)]
        k: Given<f64>,
        /// Share of the run that is the first stage, above 0 and below 1. Default: 0.5.
        #[serde(default)]
        first_stage: Given<f64>,
    },
}

/// Source of w(0).
#[derive(Clone, Debug, Deserialize)]
pub(super) enum Detected {
    /// The same for each.
    Uniform,
    /// Shares that sum to 1.
    Given(Numbers),
    /// The authors' counts for a model.
    Preset(String),
    /// A stored answer.
    File(String),
}

/// Source of the ceilings.
#[derive(Clone, Debug, Deserialize)]
pub(super) enum Reference {
    /// None.
    None,
    /// Losses in nats, > 0.
    Given(Numbers),
    /// A stored answer.
    File(String),
    /// Measured by tuning a small model on each domain alone.
    Tune(Tuning),
}

/// How the ceilings are measured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tuning {
    /// The small model. Default: the run's own.
    pub model: Given<Source>,
    /// Epochs over each domain, ≥ 1. Default: 4.
    pub epochs: Given<u64>,
    /// Optimizer steps of an epoch, ≥ 1, or `None` for all rows. Default: `None`.
    pub steps_per_epoch: Given<Option<u64>>,
    /// Samples per step, ≥ 1. Default: `training.batch_samples`.
    pub batch_samples: Given<usize>,
    /// Learning rate, above 0, at most 1. Default: `training.lr`.
    pub lr: Given<f64>,
}

/// One number per domain.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    /// In the order of the domains: `[0.5, 0.5]`.
    InOrder(Vec<f64>),
    /// By name: `{"law": 0.5, "code": 0.5}`.
    ByName(Vec<(String, f64)>),
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number per domain: {\"law\": 0.5, …} or [0.5, …]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Numbers, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Numbers::InOrder(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Numbers, A::Error> {
        let mut values = Vec::new();
        while let Some(entry) = map.next_entry()? {
            values.push(entry);
        }
        Ok(Numbers::ByName(values))
    }
}

/// How the weights move. Defaults are the paper's where it gives one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Training {
    /// `Epochs(4)` or `Steps(300)`. Default: `Epochs(4)`, the paper's.
    pub length: Given<Length>,
    /// Samples per optimizer step, ≥ 1. Default: 128, the paper's.
    pub batch_samples: Given<usize>,
    /// Most tokens of a micro-batch, ≥ `data.sequence_length`. Default: four times that. Halved
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
pub(super) struct Schedule {
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
pub(super) struct Adam {
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
pub(super) struct Evaluation {
    /// Optimizer steps between two, ≥ 1, or `None`. Default: `None`.
    pub every: Given<Option<u64>>,
    /// Most tokens of a batch, ≥ `data.sequence_length`. Default: `training.micro_batch`.
    pub batch: Given<u64>,
}

/// Checkpoints.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Checkpoint {
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
pub(super) struct Logging {
    /// Optimizer steps between two, ≥ 1. Default: 10.
    pub every: Given<u64>,
    /// Seconds between two host samples, ≥ 0; 0 takes none. Default: 1.
    pub host_secs: Given<f64>,
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
