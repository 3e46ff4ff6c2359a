use super::{SampleText, Series};
use crate::control::CommandOutcome;
use crate::mixing::Threshold;
use crate::unit::{Bytes, Step, Tokens};
use std::sync::Arc;

/// Held-out losses of one domain, nats; NaN before the first measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DomainLoss {
    /// Of the untuned model.
    pub first: f64,
    /// The newest that is a number.
    pub last: f64,
    /// The first as the mixer uses it.
    pub first_used: f64,
    /// The newest as the mixer uses it (smoothed, or the last good one).
    pub used: f64,
    /// Tokens behind the newest.
    pub tokens: Tokens,
}

/// A threshold test and when it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdMark {
    /// At which step.
    pub step: Step,
    /// Number of the update.
    pub update: u64,
    /// The test.
    pub threshold: Threshold,
}

/// A command and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandMark {
    /// When, in milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// The command.
    pub outcome: CommandOutcome,
}

/// Something that does not happen in every run, and when it did.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentMark {
    /// At which step.
    pub step: Step,
    /// What.
    pub incident: Incident,
}

/// What does not happen in every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incident {
    /// A process took the run up again here.
    Resumed,
    /// A step was not taken.
    StepSkipped,
    /// The held-out loss of this domain was not used.
    LossRejected(String),
}

/// Texts that the model wrote at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleMark {
    /// When.
    pub step: Step,
    /// The texts, in the order of the domains.
    pub texts: Arc<[SampleText]>,
}

/// A checkpoint on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointMark {
    /// When, in milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// At which step.
    pub step: Step,
    /// Folder, relative to the run's.
    pub path: String,
    /// Its size.
    pub bytes: Bytes,
    /// Why it was written.
    pub why: String,
}

/// The curves of a run, over steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Weights, one curve per domain.
    pub weights: Vec<Series>,
    /// Held-out losses as measured, one curve per domain.
    pub losses: Vec<Series>,
    /// γ, one curve per domain.
    pub potential: Vec<Series>,
    /// φ, one curve per domain.
    pub forgetting: Vec<Series>,
    /// Training loss.
    pub training_loss: Series,
    /// Learning rate.
    pub lr: Series,
    /// Gradient norm before clipping.
    pub grad_norm: Series,
    /// Tokens per second of each step.
    pub tokens_per_sec: Series,
    /// Memory in bytes.
    pub memory_bytes: Series,
    /// All tokens that went through the model in training until then.
    pub tokens: Series,
    /// Seconds that the run took until then; see [`History::ran_ms`](super::History::ran_ms).
    pub secs: Series,
}

impl Curves {
    /// Does something to every curve.
    pub(super) fn each(&mut self, mut act: impl FnMut(&mut Series)) {
        let Curves { weights, losses, potential, forgetting, .. } = self;
        [weights, losses, potential, forgetting].into_iter().flatten().for_each(&mut act);
        let Curves { training_loss, lr, grad_norm, tokens_per_sec, memory_bytes, .. } = self;
        [training_loss, lr, grad_norm, tokens_per_sec, memory_bytes].into_iter().for_each(&mut act);
        let Curves { tokens, secs, .. } = self;
        [tokens, secs].into_iter().for_each(act);
    }
}
