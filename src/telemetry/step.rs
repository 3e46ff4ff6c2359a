use super::number;
use crate::unit::{Bytes, Step, Tokens};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of pass through the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Over training examples, forward and backward.
    Training,
    /// Over held-out examples, forward only.
    Evaluation,
}

/// The quantity for which an optimizer step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NonFinite {
    /// The training loss of a domain.
    Loss,
    /// The norm of the whole gradient.
    GradientNorm,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NonFinite::Loss => "the loss is not finite",
            NonFinite::GradientNorm => "the gradient norm is not finite",
        })
    }
}

/// One optimizer step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepSample {
    /// The step that this completed.
    pub step: Step,
    /// Token-mean training loss, nats, whatever the step minimized: the sums below, divided.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub loss: f64,
    /// What the step minimized, nats, where `training.objective` is not the token mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<f64>,
    /// Sum of the training loss per domain, nats; 0 where not drawn.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub domain_loss_sum: Vec<f64>,
    /// Target tokens per domain.
    pub domain_tokens: Vec<u64>,
    /// Examples drawn per domain.
    pub domain_examples: Vec<u64>,
    /// Learning rate of this step.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub lr: f64,
    /// Gradient norm before clipping.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub grad_norm: f64,
    /// All tokens that went through the model.
    pub tokens: Tokens,
    /// Forward and backward passes of this step.
    pub micro_batches: u64,
    /// Seconds that the step took, data included.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub secs: f64,
    /// Seconds of these in which the step waited for its examples: drawn, read from disk.
    #[serde(default, deserialize_with = "number::nan_if_null")]
    pub data_secs: f64,
    /// Model FLOP of this step (6 per parameter and token, and attention; no recompute).
    #[serde(deserialize_with = "number::nan_if_null")]
    pub flops: f64,
    /// Peak device memory so far (CUDA), or the process's resident memory (CPU).
    pub memory: Bytes,
}
