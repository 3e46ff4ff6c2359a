//! Equations 4 and 5: the targets grow, the others shrink together.

use crate::mixing::mixture::fill;
use crate::mixing::{MixingParams, Observation, Share};
use crate::unit::DomainId;

/// Which domains are targets: `None` where there is nothing to expand, because no domain is a
/// target, or nothing to expand against, because every domain is.
pub(super) fn targets(params: &MixingParams, domains: usize) -> Option<Vec<bool>> {
    let mask: Vec<bool> = (0..domains).map(|j| params.targets.contains(&DomainId(j))).collect();
    (mask.contains(&true) && mask.contains(&false)).then_some(mask)
}

/// By how much each target may grow at most: its part of the room that the floor of the others
/// leaves.
pub(super) fn room(current: &[f64], params: &MixingParams, is_target: &[bool]) -> f64 {
    let targets = of(current, is_target, true);
    let reserved = (current.len() - targets.len()) as f64 * params.floor;
    let room = 1.0 - reserved - targets.iter().sum::<f64>();
    room.max(0.0) / targets.len() as f64
}

/// The weights after an expansion `[R]` (reconstructed: no readable copy of Eqs. 4 and 5 exists).
///
/// Each target e grows by δ, or by its [`room`] (with one target: w_e ← min(w_e + δ,
/// 1 − (K−1)·floor)). The others shrink in their ratio,
/// w'_j = w_j · (1 − Σ w'_e)/(1 − Σ w_e), with none below the floor. [`Share`] says whose ratio:
/// that of the current weights, or of the detected ones (where those are all 0, the current).
pub(super) fn expanded(
    observation: &Observation<'_>,
    params: &MixingParams,
    share: Share,
    is_target: &[bool],
) -> Vec<f64> {
    let current = observation.current.as_slice();
    let growth = params.delta.min(room(current, params, is_target));
    let grown: f64 = of(current, is_target, true).iter().map(|w| w + growth).sum();
    let rest = (1.0 - grown).max(0.0);

    let detected = of(observation.detected.as_slice(), is_target, false);
    let ratio = match share {
        Share::Detected if detected.iter().any(|&w| w > 0.0) => detected,
        Share::Detected | Share::Current => of(current, is_target, false),
    };
    let mut others = fill(&ratio, rest, params.floor).into_iter();
    let weight = |(&w, &target): (&f64, &bool)| {
        if target { w + growth } else { others.next().unwrap_or_default() }
    };
    current.iter().zip(is_target).map(weight).collect()
}

/// The weights of the targets, or of the others.
fn of(weights: &[f64], is_target: &[bool], targets: bool) -> Vec<f64> {
    weights.iter().zip(is_target).filter(|(_, t)| **t == targets).map(|(w, _)| *w).collect()
}
