use super::measured::{DomainEval, DomainTable, SampleText};
use super::{ConfigValue, DetectionSample, HostSample, number};
use crate::control::{CommandOutcome, LiveValues};
use crate::data::DataSummary;
use crate::lr::Schedule;
use crate::mixing::{Mixture, StrategyKind, StrategyState, Threshold};
use crate::unit::{Bytes, Step, Tokens};
use serde::{Deserialize, Serialize};

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Number of the event in its run, from 1, without gaps, continued over resumes.
    pub seq: u64,
    /// Wall clock, milliseconds since 1970 UTC: for people only, nothing is decided by it.
    pub unix_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What the run is busy with; each has a face on the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading config, device and weights.
    Loading,
    /// Data files → tokens.
    Tokenizing,
    /// Algorithm 1.
    Detection,
    /// Tuning the reference model, domain by domain.
    Reference,
    /// Measuring held-out losses.
    Evaluating,
    /// Optimizer steps.
    Training,
    /// Writing a checkpoint.
    Saving,
    /// Standing still at the operator's wish.
    Paused,
    /// Ended as planned, or stopped and saved.
    Finished,
    /// Ended by an error.
    Failed,
}

/// What goes through the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Training samples, forward and backward.
    Training,
    /// Held-out samples, forward only.
    Evaluation,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Something failed.
    Error,
}

/// The device that the run took, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// `cpu` or `cuda:0`.
    pub name: String,
    /// The model of GPU or CPU.
    pub model: String,
    /// Why this one, in a sentence.
    pub why: String,
    /// Threads that libtorch computes with.
    pub threads: usize,
    /// Memory of the device.
    pub memory: Bytes,
    /// Peak of dense bf16 (GPU) matrix products in FLOP/s, where known: what MFU is measured against.
    pub peak_flops: Option<f64>,
}

/// One optimizer step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepSample {
    /// The step that this completed.
    pub step: Step,
    /// Token-mean training loss, nats.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub loss: f64,
    /// Sum of the training loss per domain, nats; 0 where not drawn.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub domain_loss_sum: Vec<f64>,
    /// Target tokens per domain.
    pub domain_tokens: Vec<u64>,
    /// Rows drawn per domain.
    pub domain_examples: Vec<u64>,
    /// Learning rate of this step.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub lr: f64,
    /// Gradient norm before clipping.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub grad_norm: f64,
    /// All tokens that went through the model.
    pub tokens: Tokens,
    /// Micro-batches of this step.
    pub micro_batches: u64,
    /// Seconds that the step took, data included.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub secs: f64,
    /// Model FLOP of this step (6 per parameter and token, and attention; no recompute).
    #[serde(deserialize_with = "number::nan_if_null")]
    pub flops: f64,
    /// Peak device memory so far (CUDA), or the process's resident memory (CPU).
    pub memory: Bytes,
}

/// Everything that happens in a run, in plain data. Vectors have one entry per domain, in the
/// order that [`Event::RunStarted`] names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// First event of every process that works on the run (a resume writes another one).
    RunStarted {
        /// Its name.
        run: String,
        /// Version of this program.
        version: String,
        /// Names of the domains.
        domains: Vec<String>,
        /// The strategy's name.
        strategy: String,
        /// Steps that lay behind when this process began.
        resumed_at: Option<Step>,
        /// The run's seed.
        seed: u64,
    },
    /// What the run was asked for; what a later command changes is in its outcome.
    Configured {
        /// Every value of the config, in its order.
        values: Vec<ConfigValue>,
        /// The strategy with its constants.
        strategy: StrategyKind,
        /// The learning rate over the run.
        schedule: Schedule,
    },
    /// The values that an operator may change, as this process begins with them; what changes them
    /// later is a command.
    LiveValues(LiveValues),
    /// How long the run will be, once its data are counted.
    Planned {
        /// Optimizer steps.
        steps: u64,
    },
    /// Which device, and why.
    DeviceChosen(DeviceInfo),
    /// The run is now busy with something else.
    PhaseChanged {
        /// With what.
        phase: Phase,
        /// A detail, such as the domain whose ceiling is being measured.
        detail: Option<String>,
    },
    /// How far a long phase has come.
    Progress {
        /// The phase.
        phase: Phase,
        /// Of what (a file, a domain).
        what: String,
        /// Units done.
        done: u64,
        /// Units in all, where known.
        total: Option<u64>,
    },
    /// A sentence for people.
    Notice {
        /// How much it matters.
        level: Level,
        /// The sentence.
        text: String,
    },
    /// The weights are loaded.
    ModelLoaded {
        /// Folder or Hub id.
        source: String,
        /// Family (`llama`, …).
        family: String,
        /// Parameters, tied ones counted once.
        parameters: u64,
        /// Precision in words.
        precision: String,
    },
    /// A domain's data are ready.
    DataReady(DataSummary),
    /// How far detection has come (a sample: viewers may miss some).
    Detecting(DetectionSample),
    /// w(0) is known.
    Detected {
        /// The distribution.
        mixture: Mixture,
        /// Its source in words (`given`, `preset LLaMA-2-7B`, a file).
        source: String,
        /// The 95 % interval of each share, where it was measured; else empty.
        intervals: Vec<(f64, f64)>,
    },
    /// One epoch of reference tuning on one domain.
    ReferenceEpoch {
        /// The domain.
        domain: String,
        /// Epoch, from 1; 0 is the untuned reference model.
        epoch: u64,
        /// Held-out loss after it.
        #[serde(deserialize_with = "number::nan_if_null")]
        loss: f64,
    },
    /// Mastery ceilings are known.
    ReferenceLosses {
        /// r per domain.
        #[serde(deserialize_with = "number::nans_if_null")]
        losses: Vec<f64>,
        /// Their source in words.
        source: String,
    },
    /// One optimizer step (a step sample: viewers may miss some, the record does not).
    Step(StepSample),
    /// Held-out losses.
    Evaluated {
        /// At which step.
        step: Step,
        /// Per domain.
        domains: Vec<DomainEval>,
        /// The losses that the mixer uses: averaged if smoothing is on, the last good one where a
        /// new one was rejected.
        #[serde(deserialize_with = "number::nans_if_null")]
        used: Vec<f64>,
        /// Seconds it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// The model wrote texts for people to read.
    Sampled {
        /// At which step.
        step: Step,
        /// Per domain some, in the order of the domains; the same prompts every time.
        texts: Vec<SampleText>,
        /// Seconds it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// The mixture was updated by the strategy.
    MixtureUpdated {
        /// At which step.
        step: Step,
        /// Number of the update, from 1; 0, at step 0, puts the strategy's first weights in force.
        update: u64,
        /// Weights before.
        old: Mixture,
        /// Weights from now on.
        new: Mixture,
        /// γ.
        #[serde(deserialize_with = "number::nans_if_null")]
        potential: Vec<f64>,
        /// φ.
        #[serde(deserialize_with = "number::nans_if_null")]
        forgetting: Vec<f64>,
        /// What the strategy carries from now on besides the weights.
        #[serde(default, skip_serializing_if = "StrategyState::is_empty")]
        state: StrategyState,
    },
    /// An update was due while the operator held the mixture: the losses moved on, the weights stayed.
    UpdateHeld {
        /// At which step.
        step: Step,
    },
    /// Algorithm 3's test was made.
    ThresholdTested {
        /// At which step.
        step: Step,
        /// Number of the update.
        update: u64,
        /// The test.
        #[serde(with = "number::ThresholdForm")]
        threshold: Threshold,
    },
    /// A held-out loss was not used because it is not finite or not positive.
    LossRejected {
        /// At which step.
        step: Step,
        /// The domain.
        domain: String,
        /// What was measured, in words (`NaN` has no JSON).
        value: String,
    },
    /// A step was not taken.
    StepSkipped {
        /// The step that would have been.
        step: Step,
        /// Which quantity was not finite.
        why: String,
        /// How many in a row.
        in_a_row: u64,
    },
    /// The device had too little memory: batches are smaller from now on.
    MicroBatchHalved {
        /// At which step.
        step: Step,
        /// Those of training or of held-out measurements.
        pass: Pass,
        /// Tokens of a micro-batch before.
        old: Tokens,
        /// And after.
        new: Tokens,
    },
    /// A domain's rows were all seen once more.
    PassCompleted {
        /// At which step.
        step: Step,
        /// The domain.
        domain: String,
        /// Passes completed.
        passes: u64,
    },
    /// A checkpoint is complete on disk.
    CheckpointSaved {
        /// At which step.
        step: Step,
        /// Folder, relative to the run's.
        path: String,
        /// Its size.
        bytes: Bytes,
        /// Seconds it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
        /// Why it was written (`every 200 steps`, `SIGTERM`).
        why: String,
    },
    /// An older checkpoint was removed to keep the last k and the best.
    CheckpointRemoved {
        /// Folder, relative to the run's.
        path: String,
    },
    /// A checkpoint on disk was not usable.
    CheckpointSkipped {
        /// Folder, relative to the run's.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Training goes on from a checkpoint.
    Resumed {
        /// At which step.
        step: Step,
        /// Folder, relative to the run's.
        path: String,
        /// Events after the checkpoint that this process does over; they stay in the record.
        replayed_from_seq: u64,
    },
    /// A field of the config is not what it was when the run began.
    ConfigChanged {
        /// Path of the field.
        field: String,
        /// Value of the run.
        old: String,
        /// Value in the config now.
        new: String,
        /// Whether the new value is obeyed.
        obeyed: bool,
    },
    /// The one outcome of a request.
    CommandOutcome(CommandOutcome),
    /// A command that took effect after the checkpoint that the run was resumed from is carried out
    /// again, at the step where it was; its outcome is in the record already.
    CommandReplayed(CommandOutcome),
    /// Readings of the machine (a sample: viewers may miss some).
    Host(HostSample),
    /// The run ended.
    Finished {
        /// At which step.
        step: Step,
        /// Why (`all steps done`, `stopped by SIGTERM`).
        why: String,
        /// Whether all planned steps were done.
        complete: bool,
        /// The closing table.
        domains: Vec<DomainTable>,
    },
    /// The run ended by an error.
    Failed {
        /// At which step.
        step: Step,
        /// The error with its fix.
        error: String,
    },
}

impl Event {
    /// Whether a slow viewer may miss it.
    pub fn is_sample(&self) -> bool {
        matches!(
            self,
            Event::Step(_) | Event::Host(_) | Event::Progress { .. } | Event::Detecting(_)
        )
    }
}
