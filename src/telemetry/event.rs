use super::measured::{
    BestCheckpoint, BothWays, CrossTable, DomainEval, DomainTable, SampleText, ShadowWeights,
};
use super::{
    ConfigValue, DetectionSample, HostSample, Level, NonFinite, Pass, Phase, StepSample, number,
};
use crate::control::{Actor, Command, CommandOutcome, LiveValues};
use crate::data::DataSummary;
use crate::lr::Schedule;
use crate::mixing::{Mixture, SolvedLambda, StrategyKind, StrategyState, Threshold};
pub use crate::torch::DeviceInfo;
use crate::unit::{Bytes, Step, Tokens};
use serde::{Deserialize, Serialize};

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Number of the event within its run, from 1, without gaps; resumes go on counting.
    pub seq: u64,
    /// Wall clock, milliseconds since 1970 UTC; for people only, no decision depends on it.
    pub unix_ms: u64,
    /// What happened; in JSON its fields are beside `seq` and `unix_ms`.
    #[serde(flatten)]
    pub event: Event,
}

/// Everything that happens in a run, in plain data. Losses are in nats per token. Vectors have one
/// entry per domain, in the order that [`Event::RunStarted`] names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// First event of every process that works on the run (a resume writes another one).
    RunStarted {
        /// The run's name: that of its folder.
        run: String,
        /// Version of this program.
        version: String,
        /// Names of the domains.
        domains: Vec<String>,
        /// Name of the mixing strategy.
        strategy: String,
        /// Optimizer steps done when this process began; `None` in the first process of a run.
        resumed_at: Option<Step>,
        /// The run's seed.
        seed: u64,
    },
    /// The config; what a command changes later is in its outcome.
    Configured {
        /// Every value of the config, in its order.
        values: Vec<ConfigValue>,
        /// The strategy with its constants.
        strategy: StrategyKind,
        /// The learning rate over the run.
        schedule: Schedule,
    },
    /// The values that an operator may change, as this process begins with them; later only commands
    /// change them.
    LiveValues(LiveValues),
    /// How long the run will be, once its data are counted.
    Planned {
        /// Optimizer steps of the whole run.
        steps: u64,
    },
    /// The device is chosen.
    DeviceChosen(DeviceInfo),
    /// Another phase begins.
    PhaseChanged {
        /// The new phase.
        phase: Phase,
        /// More about it, such as the domain whose mastery ceiling is being measured.
        detail: Option<String>,
    },
    /// How far a long phase has come.
    Progress {
        /// The phase.
        phase: Phase,
        /// The file or domain that is worked on.
        what: String,
        /// Rows, texts or bytes done.
        done: u64,
        /// The same in all, where known.
        total: Option<u64>,
    },
    /// A sentence for people.
    Notice {
        /// Whether it needs attention.
        level: Level,
        /// The sentence, without a line break at its end.
        text: String,
    },
    /// The weights are loaded.
    ModelLoaded {
        /// Folder or Hub id.
        source: String,
        /// Family (`llama`, …).
        family: String,
        /// Number of parameters, tied ones counted once.
        parameters: u64,
        /// Precision in words.
        precision: String,
    },
    /// A domain's data are ready.
    DataReady(DataSummary),
    /// How far detection has come (droppable: viewers may miss some).
    Detecting(DetectionSample),
    /// w(0) is known.
    Detected {
        /// The shares of the domains.
        mixture: Mixture,
        /// Where it comes from, in words (`given`, `preset LLaMA-2-7B`, a file).
        source: String,
        /// The 95 % interval of each share, where it was measured; else empty.
        intervals: Vec<(f64, f64)>,
        /// 1 − total variation from the shares that the model was trained on, where it was measured and
        /// these are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<f64>,
    },
    /// One epoch of reference tuning on one domain.
    ReferenceEpoch {
        /// Name of the domain.
        domain: String,
        /// Epoch, from 1; 0 is the untuned reference model.
        epoch: u64,
        /// Held-out loss after it.
        #[serde(deserialize_with = "number::nan_if_null")]
        loss: f64,
    },
    /// What tuning the reference model on each domain did to the losses of all.
    CrossLosses(CrossTable),
    /// Mastery ceilings are known.
    #[serde(rename = "ceilings")]
    ReferenceLosses {
        /// r per domain, nats.
        #[serde(deserialize_with = "number::nans_if_null")]
        losses: Vec<f64>,
        /// Where they come from, in words.
        source: String,
    },
    /// One optimizer step (droppable: viewers may miss some, the record has all).
    Step(StepSample),
    /// Held-out losses were measured.
    Evaluated {
        /// Optimizer steps done.
        step: Step,
        /// One measurement per domain.
        domains: Vec<DomainEval>,
        /// The losses that the mixer uses: averaged if smoothing is on, the last good one where a
        /// new one was rejected; the measured ones where the strategy needs none.
        #[serde(deserialize_with = "number::nans_if_null")]
        used: Vec<f64>,
        /// Seconds that the measurement took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// The model wrote texts for people to read.
    Sampled {
        /// Optimizer steps done.
        step: Step,
        /// A few per domain, in the order of the domains; the same prompts every time.
        texts: Vec<SampleText>,
        /// Seconds that it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// The model answered a prompt that an operator typed.
    Asked {
        /// Optimizer steps done.
        step: Step,
        /// The prompt.
        prompt: String,
        /// What the model as it is wrote.
        answer: String,
        /// What the model that the run began with wrote; `Err` is why there is nothing of it.
        base: Result<String, String>,
        /// Seconds that it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// An edit was tried from this step on, beside as many steps without it on the same rows; the run is where
    /// it was before.
    Rehearsed {
        /// Optimizer steps done.
        step: Step,
        /// Steps of each of the two ways.
        steps: u64,
        /// The edit.
        edit: Command,
        /// The held-out losses after both, one entry per domain.
        losses: Vec<BothWays>,
        /// Seconds that it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// The mixture was updated by the strategy. Of updates that measure nothing, which may come after
    /// every step, there is one of these now and then, at the latest ten steps after the one before:
    /// the decisions between follow from the training losses of the steps.
    MixtureUpdated {
        /// Optimizer steps done.
        step: Step,
        /// Number of the update, from 1; 0, at step 0, puts the strategy's first weights in force.
        update: u64,
        /// Weights before.
        old: Mixture,
        /// Weights from now on.
        new: Mixture,
        /// γ per domain; empty where no held-out losses were measured for the update.
        #[serde(deserialize_with = "number::nans_if_null")]
        potential: Vec<f64>,
        /// φ per domain; empty where γ is.
        #[serde(deserialize_with = "number::nans_if_null")]
        forgetting: Vec<f64>,
        /// Standard error of γ per domain; empty where it is not known.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        potential_error: Vec<f64>,
        /// Standard error of φ per domain; empty where it is not known.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        forgetting_error: Vec<f64>,
        /// ⟨g_j, Σ g_i⟩ per domain: the inner product of its gradient with the sum of all; empty
        /// where gradients were not measured for the update.
        #[serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            deserialize_with = "number::nans_if_null"
        )]
        gradient_products: Vec<f64>,
        /// What the strategy carries from now on besides the weights.
        #[serde(default, skip_serializing_if = "StrategyState::is_empty")]
        state: StrategyState,
    },
    /// Strategies that run beside the one in force were updated with it; it follows the event of that
    /// update.
    ShadowsUpdated {
        /// Optimizer steps done.
        step: Step,
        /// Number of the update, from 1; 0, at step 0, has their first weights.
        update: u64,
        /// Where each would have the weights from now on.
        shadows: Vec<ShadowWeights>,
    },
    /// What is measured in this run, and what share of its work that takes.
    Measuring {
        /// Most held-out rows of a domain.
        rows: u64,
        /// Tokens of a measurement of all domains.
        tokens: Tokens,
        /// Measurements of the whole run as it is planned.
        measurements: u64,
        /// The share of the run's work that they take: a measured token is a third of one that is trained on.
        #[serde(deserialize_with = "number::nan_if_null")]
        share: f64,
        /// The share that they may take; `None` is any.
        budget: Option<f64>,
    },
    /// λ was solved by what was measured; it is in force from here on.
    LambdaSolved {
        /// Optimizer steps done.
        step: Step,
        /// λ with the numbers that led to it.
        #[serde(flatten)]
        solved: SolvedLambda,
    },
    /// Where the weights would stand at the end of the run if every potential stayed as it is: an upper
    /// bound, as potentials shrink.
    MixtureProjected {
        /// Optimizer steps done.
        step: Step,
        /// Updates until the end.
        updates: u64,
        /// The weights at the end.
        mixture: Mixture,
        /// How many of the samples until the update after it the next one moves.
        #[serde(deserialize_with = "number::nan_if_null")]
        samples: f64,
    },
    /// An update was due while the operator held the mixture: the losses count from here on, the weights
    /// stay.
    UpdateHeld {
        /// Optimizer steps done.
        step: Step,
    },
    /// Algorithm 3 tested its threshold.
    ThresholdTested {
        /// Optimizer steps done.
        step: Step,
        /// Number of the mixture update, from 1.
        update: u64,
        /// The quantities of the test and its outcome.
        #[serde(with = "number::ThresholdForm")]
        threshold: Threshold,
    },
    /// A held-out loss was not used because it is not finite or not positive.
    LossRejected {
        /// Optimizer steps done.
        step: Step,
        /// Name of the domain.
        domain: String,
        /// What was measured, in words (`NaN` has no JSON).
        value: String,
    },
    /// An optimizer step was not taken.
    StepSkipped {
        /// The step that would have been taken.
        step: Step,
        /// Which quantity was not finite.
        why: NonFinite,
        /// Steps in a row that were not taken, this one included.
        in_a_row: u64,
    },
    /// The device had too little memory: batches are smaller from now on.
    MicroBatchHalved {
        /// Optimizer steps done.
        step: Step,
        /// Whether of training or of held-out measurements.
        pass: Pass,
        /// Tokens of a micro-batch before.
        old: Tokens,
        /// Tokens of a micro-batch from now on.
        new: Tokens,
    },
    /// A domain's rows were all seen once more.
    PassCompleted {
        /// Optimizer steps done.
        step: Step,
        /// Name of the domain.
        domain: String,
        /// Passes completed, ≥ 1.
        passes: u64,
    },
    /// What a checkpoint is to hold was copied; it is written while training goes on.
    CheckpointBegun {
        /// Optimizer steps done.
        step: Step,
        /// Folder, relative to the run's, in which it is once it is complete.
        path: String,
        /// Size of the copy.
        bytes: Bytes,
        /// Seconds that training stood still for it.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
    },
    /// A checkpoint is complete on disk.
    CheckpointSaved {
        /// Optimizer steps done.
        step: Step,
        /// Folder, relative to the run's.
        path: String,
        /// Size on disk.
        bytes: Bytes,
        /// Seconds that it took.
        #[serde(deserialize_with = "number::nan_if_null")]
        secs: f64,
        /// Seconds of them that training stood still; `None` is all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped_secs: Option<f64>,
        /// Why it was written (`every 200 steps`, `SIGTERM`).
        why: String,
        /// Mean of the held-out losses of this very step, nats; `None` where they were not measured at
        /// it, so that the checkpoint has no rank.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loss: Option<f64>,
        /// The best of the checkpoints that are there now, which is kept; `None` where the best is not
        /// kept, or none has a rank.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        best: Option<BestCheckpoint>,
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
    /// Training resumes from a checkpoint.
    Resumed {
        /// Optimizer steps done.
        step: Step,
        /// Folder, relative to the run's.
        path: String,
        /// Number of the last event that the checkpoint knows of. The steps of the record behind it are done
        /// again; their events stay in the record.
        replayed_from_seq: u64,
    },
    /// The run went back to a checkpoint and goes another way from there. What the record holds after the
    /// checkpoint and before this event is abandoned: no resume does it again.
    RolledBack {
        /// Optimizer steps done before.
        from: Step,
        /// Optimizer steps that the checkpoint holds.
        step: Step,
        /// Its folder, relative to the run's.
        path: String,
        /// Number of the last event that the checkpoint knows of.
        to_seq: u64,
        /// Who went back.
        actor: Actor,
    },
    /// The run begins at a checkpoint of another one: what comes before in the record is that run's history.
    Branched {
        /// The other run's folder.
        from: String,
        /// Optimizer steps that the checkpoint holds.
        step: Step,
        /// Number of the last event that the checkpoint knows of.
        to_seq: u64,
    },
    /// The run repeats the commands of another one at their steps.
    Repeats {
        /// The other run's folder.
        run: String,
        /// Changes of live values that came while the model was loaded.
        early: Vec<CommandOutcome>,
        /// All others that change what later steps compute.
        later: Vec<CommandOutcome>,
    },
    /// A field of the config differs from the one that the run began with.
    ConfigChanged {
        /// Path of the field, as `--set` names it.
        field: String,
        /// The value that the run began with.
        old: String,
        /// The value in the config now.
        new: String,
        /// Whether the new value is obeyed.
        obeyed: bool,
    },
    /// The one outcome of a request.
    CommandOutcome(CommandOutcome),
    /// A command that took effect after the checkpoint that the run was resumed from is carried out
    /// again, at the step where it was; its outcome is in the record already.
    CommandReplayed(CommandOutcome),
    /// Readings of the machine (droppable: viewers may miss some).
    Host(HostSample),
    /// Somebody looks at the run from now on: a client in another process, or the operator at the screens of the
    /// run's own.
    ClientAttached {
        /// Who, as `user@tty`.
        client: String,
        /// Whether it sends no commands.
        read_only: bool,
    },
    /// A client has left, or the run's own screens were left.
    ClientLeft {
        /// Who, as `user@tty`.
        client: String,
    },
    /// Events are not in the record: it was damaged, or was older than the checkpoint. They had the
    /// numbers from `first` to that of this event.
    EventsLost {
        /// Number of the first that is lost.
        first: u64,
        /// Why, in words.
        why: String,
    },
    /// The run ended.
    Finished {
        /// Optimizer steps done.
        step: Step,
        /// Why (`all steps done`, `stopped by SIGTERM`).
        why: String,
        /// Whether all planned steps were done.
        complete: bool,
        /// The closing table, one line per domain.
        domains: Vec<DomainTable>,
    },
    /// The run ended by an error.
    Failed {
        /// Optimizer steps done.
        step: Step,
        /// What went wrong, and the fix where there is one.
        error: String,
    },
}

/// What an [`Event::EventsLost`] of number `last` says: `events 301 to 420 are lost: …`.
pub(in crate::telemetry) fn events_lost(first: u64, last: u64, why: &str) -> String {
    match last.saturating_sub(first) {
        0 => format!("event {last} is lost: {why}"),
        _ => format!("events {first} to {last} are lost: {why}"),
    }
}
