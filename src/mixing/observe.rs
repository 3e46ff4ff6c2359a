use super::Mixture;
use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// What may be turned while a run goes: the operator's knobs, with their live values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixingParams {
    /// λ ≥ 0: how far the learnable potential moves the weights.
    pub lambda: f64,
    /// δ in 0..=1: how much a target's share grows at an expansion.
    pub delta: f64,
    /// τ ≥ 0: what γ_e / mean φ must exceed for an expansion.
    pub tau: f64,
    /// Least share of a domain, 0..1/K.
    pub floor: f64,
    /// Pull towards the detected distribution after each update, 0 (none) ..= 1.
    pub anchor: f64,
    /// The domains to expand; none is plain Algorithm 2.
    pub targets: Vec<DomainId>,
}

/// How γ moves a weight in Algorithm 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// w · (1 + λγ), the paper's prose.
    #[default]
    Linear,
    /// w · exp(λγ).
    Exponential,
}

/// Which ratio the others keep among themselves when a target grows (Eq. 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Share {
    /// The ratio of the current weights.
    #[default]
    Current,
    /// The ratio of the detected weights.
    Detected,
}

/// Everything a strategy may look at when it is asked for new weights. All slices have one entry
/// per domain, losses in nats per token.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// Number of this update, from 1: the paper's t.
    pub update: u64,
    /// How much of the run lies behind, 0..=1.
    pub progress: f64,
    /// Weights in force until now.
    pub current: &'a Mixture,
    /// w(0): the detected distribution.
    pub detected: &'a Mixture,
    /// ℓ(t): held-out loss now (smoothed if the run smooths).
    pub loss: &'a [f64],
    /// ℓ(t−1): held-out loss at the update before; at t = 1 the untuned model's.
    pub previous_loss: &'a [f64],
    /// ℓ(0): held-out loss of the untuned model.
    pub first_loss: &'a [f64],
    /// r: mastery ceilings.
    pub reference_loss: &'a [f64],
    /// Mean training loss since the last update; `None` where the domain was not drawn.
    pub training_loss: &'a [Option<f64>],
}

/// New weights, and what led to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The weights from now on.
    pub mixture: Mixture,
    /// γ per domain.
    pub potential: Vec<f64>,
    /// φ per domain.
    pub forgetting: Vec<f64>,
    /// The test of Algorithm 3, where there is a target.
    pub threshold: Option<Threshold>,
}

/// One application of Algorithm 3's test γ_e > τ · mean φ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The domains that were to grow.
    pub targets: Vec<DomainId>,
    /// What the test said.
    pub outcome: Outcome,
    /// γ_e; with several targets their mean.
    pub target_potential: f64,
    /// Mean φ of the domains that are no target.
    pub mean_forgetting: f64,
    /// γ_e / mean φ; `None` where nothing was forgotten.
    pub ratio: Option<f64>,
    /// τ at that moment.
    pub tau: f64,
}

/// Outcome of a threshold test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The target grew by δ.
    Expanded,
    /// The target was held back: only Algorithm 2's small adjustment was made.
    Held,
    /// The target may grow, but has all that the floor leaves to it: the weights stay.
    Full,
}
