//! What goes into a mixture update and what comes out of it.

use super::{Mixture, Threshold};
use crate::unit::DomainId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The parameters of the method that an operator may change while a run goes, with the values in
/// force. Strategies that do not use one ignore it; all obey the floor, and those that move the
/// weights the anchor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MixingParams {
    /// λ ≥ 0: how far the learnable potential γ moves a weight in Algorithm 2.
    pub lambda: f64,
    /// δ, 0..=1: by how much a target's weight grows at an expansion.
    pub delta: f64,
    /// τ ≥ 0: what γ_e / mean φ of the others must exceed for an expansion.
    pub tau: f64,
    /// Least weight of a domain, from 0 to below 1/K for K domains.
    pub floor: f64,
    /// a, 0 (none) ..= 1: after each update w ← (1−a)·w + a·w(0), a pull to the detected weights.
    pub anchor: f64,
    /// The domains to expand (Algorithm 3); with none of them only Algorithm 2 moves the weights.
    pub targets: Vec<DomainId>,
    /// z ≥ 0: how many standard errors of γ_e − τ · mean φ the threshold test gives the target; 0 is the
    /// paper's test. See [`Threshold`].
    #[serde(default)]
    pub confidence: f64,
    /// How far a domain's loss may rise above ℓ(0), as a share of it, before expansions hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forgetting_limit: BTreeMap<DomainId, f64>,
}

/// All that a strategy may look at at a mixture update. Slices have one entry per domain, in the
/// run's order (`reference_loss` may be empty, and `loss` and `previous_loss` are for a strategy that
/// needs no held-out losses); losses are in nats per token, finite and above 0.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// t, the number of this update, from 1.
    pub update: u64,
    /// The part of the run's steps that is done, 0..=1.
    pub progress: f64,
    /// w(t−1): the weights in force until this update.
    pub current: &'a Mixture,
    /// w(0): the detected distribution, before any floor.
    pub detected: &'a Mixture,
    /// ℓ(t): held-out loss now, averaged with earlier ones if the run smooths.
    pub loss: &'a [f64],
    /// ℓ(t−1): held-out loss at the update before; at t = 1 the untuned model's.
    pub previous_loss: &'a [f64],
    /// ℓ(0): held-out loss of the untuned model.
    pub first_loss: &'a [f64],
    /// Standard error of γ, before it is cut at 0; empty where it is not known.
    pub potential_error: &'a [f64],
    /// Paired standard error of the relative change (ℓ(t) − ℓ(t−1))/ℓ(t−1); empty where it is not known.
    pub change_error: &'a [f64],
    /// r: reference losses, the mastery ceilings; empty in a run without them.
    pub reference_loss: &'a [f64],
    /// Mean training loss since the last update; `None` where the domain was not drawn.
    pub training_loss: &'a [Option<f64>],
    /// A: at `[j][i]`, how much training on domain j lowers the loss of domain i, a finite number of
    /// any sign; `None` where the run does not know it.
    pub graph: Option<&'a [Vec<f64>]>,
    /// The learning rate of the step before this update.
    pub lr: f64,
    /// ⟨g_j, Σ g_i⟩: the inner product of each domain's gradient with the sum of all, finite; 0 for
    /// a domain without weight. Empty where gradients were not measured.
    pub gradient_products: &'a [f64],
}

/// The answer of a strategy: new weights, and the numbers that led to them, for the record and the
/// screens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// w(t): the weights from now on, none below the floor.
    pub mixture: Mixture,
    /// γ per domain, 0..=1: the part of the loss that can still be learned; 0 without references,
    /// empty where no losses were given.
    pub potential: Vec<f64>,
    /// φ ≥ 0 per domain: by which part the loss has risen since the update before; empty where no
    /// losses were given.
    pub forgetting: Vec<f64>,
    /// Standard error of γ per domain, before it is cut at 0; empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub potential_error: Vec<f64>,
    /// Standard error of φ per domain, before it is cut at 0; empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forgetting_error: Vec<f64>,
    /// Algorithm 3's test, if the strategy made one.
    pub threshold: Option<Threshold>,
}
