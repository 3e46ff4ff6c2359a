use super::{BestCheckpoint, SampleText, Series, number};
use crate::control::CommandOutcome;
use crate::mixing::{Change, Threshold};
use crate::unit::{Bytes, Step, Tokens};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Held-out losses of one domain, nats; NaN before the first measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainLoss {
    /// The loss of the untuned model.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub first: f64,
    /// The newest loss that is finite.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub last: f64,
    /// The first loss that the mixer used.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub first_used: f64,
    /// The newest loss that the mixer used (smoothed, or the last good one).
    #[serde(deserialize_with = "number::nan_if_null")]
    pub used: f64,
    /// Target tokens that the newest loss is the mean over.
    pub tokens: Tokens,
    /// Standard error of the newest loss, nats; `None` where it is not known.
    #[serde(default)]
    pub error: Option<f64>,
    /// Standard error of γ of the newest loss.
    #[serde(default)]
    pub potential_error: Option<f64>,
    /// Change of the newest loss since the last mixture update.
    #[serde(default)]
    pub since_update: Option<Change>,
    /// Change of the newest loss since the untuned model.
    #[serde(default)]
    pub since_start: Option<Change>,
}

/// What is measured, and the share of the run's work that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuringMark {
    /// Most held-out rows of a domain.
    pub rows: u64,
    /// The share of the run's work that measuring takes, counted in tokens.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub share: f64,
}

/// A threshold test and the step of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdMark {
    /// Optimizer steps done.
    pub step: Step,
    /// Number of the mixture update, from 1.
    pub update: u64,
    /// The quantities of the test and its outcome.
    #[serde(with = "number::ThresholdForm")]
    pub threshold: Threshold,
}

/// A command with its verdict, and the time of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandMark {
    /// Time of the verdict, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// The command and its verdict.
    pub outcome: CommandOutcome,
}

/// An incident and the step of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentMark {
    /// Optimizer steps done.
    pub step: Step,
    /// Which incident.
    pub incident: Incident,
}

/// Something that does not happen in every run and is marked on the x axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Incident {
    /// The run was resumed here.
    Resumed,
    /// A step was not taken.
    StepSkipped,
    /// The held-out loss of this domain was not used.
    LossRejected(String),
}

/// The answer to a prompt that an operator typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedMark {
    /// Optimizer steps done.
    pub step: Step,
    /// The prompt.
    pub prompt: String,
    /// What the model as it was then wrote.
    pub answer: String,
    /// What the model that the run began with wrote, or why there is nothing of it.
    pub base: Result<String, String>,
}

/// Texts that the model wrote at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleMark {
    /// Optimizer steps done.
    pub step: Step,
    /// The texts, in the order of the domains.
    #[serde(with = "shared")]
    pub texts: Arc<[SampleText]>,
}

/// Writes the shared texts as a plain list.
mod shared {
    use super::{Arc, SampleText};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(
        texts: &Arc<[SampleText]>,
        writer: S,
    ) -> Result<S::Ok, S::Error> {
        <[SampleText]>::serialize(texts, writer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<Arc<[SampleText]>, D::Error> {
        Vec::<SampleText>::deserialize(reader).map(Arc::from)
    }
}

/// A checkpoint on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointMark {
    /// Time of saving, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// Optimizer steps done.
    pub step: Step,
    /// Folder, relative to the run's.
    pub path: String,
    /// Size on disk.
    pub bytes: Bytes,
    /// Why it was written.
    pub why: String,
    /// The best one then; `None` where the best is not kept.
    #[serde(default)]
    pub best: Option<BestCheckpoint>,
}

/// Where a strategy that runs beside the one in force would have had the weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShadowCurves {
    /// What people call it.
    pub strategy: String,
    /// One curve per domain.
    pub weights: Vec<Series>,
}

/// The curves of a run, over steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Weights, one curve per domain.
    pub weights: Vec<Series>,
    /// Those of strategies that run beside the one in force.
    #[serde(default)]
    pub shadows: Vec<ShadowCurves>,
    /// Held-out losses as measured, one curve per domain.
    pub losses: Vec<Series>,
    /// Their standard errors, nats, of the evaluations where they are known.
    #[serde(default)]
    pub loss_errors: Vec<Series>,
    /// Relative changes of the losses since the untuned model, over the same rows; what is above 0 is forgotten.
    #[serde(default)]
    pub changes: Vec<Series>,
    /// The paired standard errors of these changes, at the same steps.
    #[serde(default)]
    pub change_errors: Vec<Series>,
    /// γ, one curve per domain.
    pub potential: Vec<Series>,
    /// φ, one curve per domain.
    pub forgetting: Vec<Series>,
    /// Token-mean training loss of each step, nats.
    pub training_loss: Series,
    /// Learning rate of each step.
    pub lr: Series,
    /// Gradient norm before clipping.
    pub grad_norm: Series,
    /// Tokens per second of each step.
    pub tokens_per_sec: Series,
    /// Memory of each step (`StepSample::memory`), bytes.
    pub memory_bytes: Series,
    /// All tokens that went through the model in training until then.
    pub tokens: Series,
    /// Seconds that the run took until then; see [`History::ran_ms`](super::History::ran_ms).
    pub secs: Series,
}

impl Curves {
    /// Calls `act` on every curve.
    pub(super) fn each(&mut self, mut act: impl FnMut(&mut Series)) {
        let Curves { weights, losses, potential, forgetting, .. } = self;
        [weights, losses, potential, forgetting].into_iter().flatten().for_each(&mut act);
        let Curves { loss_errors, changes, change_errors, .. } = self;
        [loss_errors, changes, change_errors].into_iter().flatten().for_each(&mut act);
        self.shadows.iter_mut().flat_map(|shadow| &mut shadow.weights).for_each(&mut act);
        let Curves { training_loss, lr, grad_norm, tokens_per_sec, memory_bytes, .. } = self;
        [training_loss, lr, grad_norm, tokens_per_sec, memory_bytes].into_iter().for_each(&mut act);
        let Curves { tokens, secs, .. } = self;
        [tokens, secs].into_iter().for_each(act);
    }
}
