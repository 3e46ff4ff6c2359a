//! Equations 4 and 5: the targets grow, the others shrink together.

use crate::mixing::interface::Options;
use crate::mixing::mixture::fill;
use crate::mixing::{MixingParams, Observation};
use crate::unit::DomainId;

/// Which ratio the others keep among themselves when a target grows (Eq. 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Share {
    /// That of the current weights.
    #[default]
    Current,
    /// That of the detected weights.
    Detected,
}

impl Share {
    /// What the parameter means.
    pub(super) const HELP: &str = "whose ratio the others keep when a target grows";
}

impl Options for Share {
    const NAMES: &'static [&'static str] = &["Current", "Detected"];
    const VARIANTS: &'static [Self] = &[Share::Current, Share::Detected];
}

/// Which domains are targets: `None` where there is nothing to expand, because no domain is a
/// target, or nothing to expand against, because every domain is.
pub(super) fn targets(params: &MixingParams, domains: usize) -> Option<Vec<bool>> {
    let mask: Vec<bool> = (0..domains).map(|j| params.targets.contains(&DomainId(j))).collect();
    (mask.contains(&true) && mask.contains(&false)).then_some(mask)
}

/// By how much each target may grow at most: its part of what the floor of the others leaves.
pub(super) fn growth_limit(current: &[f64], params: &MixingParams, is_target: &[bool]) -> f64 {
    let targets = weights_of(current, is_target, true);
    let reserved = (current.len() - targets.len()) as f64 * params.floor;
    let left = 1.0 - reserved - targets.iter().sum::<f64>();
    left.max(0.0) / targets.len() as f64
}

/// The weights after an expansion `[R]` (reconstructed: no readable copy of Eqs. 4 and 5 exists).
///
/// Each target e grows by δ, or by its [`growth_limit`] (with one target: w_e ← min(w_e + δ,
/// 1 − (K−1)·floor)). The others shrink in their ratio,
/// w'_j = w_j · (1 − Σ w'_e)/(1 − Σ w_e), with none below the floor. [`Share`] selects the ratio:
/// that of the current weights, or of the detected ones (where those are all 0, the current).
pub(super) fn expanded(
    observation: &Observation<'_>,
    params: &MixingParams,
    share: Share,
    is_target: &[bool],
) -> Vec<f64> {
    let current = observation.current.as_slice();
    let growth = params.delta.min(growth_limit(current, params, is_target));
    let grown: f64 = weights_of(current, is_target, true).iter().map(|w| w + growth).sum();
    let rest = (1.0 - grown).max(0.0);

    let detected = weights_of(observation.detected.as_slice(), is_target, false);
    let ratio = match share {
        Share::Detected if detected.iter().any(|&w| w > 0.0) => detected,
        Share::Detected | Share::Current => weights_of(current, is_target, false),
    };
    let mut others = fill(&ratio, rest, params.floor).into_iter();
    let weight = |(&w, &target): (&f64, &bool)| {
        if target { w + growth } else { others.next().unwrap_or_default() }
    };
    current.iter().zip(is_target).map(weight).collect()
}

/// The weights of the targets, or of the others.
fn weights_of(weights: &[f64], is_target: &[bool], targets: bool) -> Vec<f64> {
    weights.iter().zip(is_target).filter(|(_, t)| **t == targets).map(|(w, _)| *w).collect()
}
