//! What several strategies share: γ and φ of an observation, the exponential tilt, and the end of
//! every update (anchor, then floor).

use crate::mixing::{
    Decision, MixingParams, Mixture, Observation, Threshold, forgetting, learnable_potential,
};

/// γ of every domain; 0 for all in a run without mastery ceilings, empty where no losses are given.
pub(super) fn potentials(observation: &Observation<'_>) -> Vec<f64> {
    per_domain(observation, observation.reference_loss, learnable_potential)
}

/// φ of every domain; empty where no losses are given.
pub(super) fn forgettings(observation: &Observation<'_>) -> Vec<f64> {
    per_domain(observation, observation.previous_loss, forgetting)
}

/// ℓ − r of every domain, nats; 0 for all in a run without mastery ceilings.
pub(super) fn excess_losses(observation: &Observation<'_>) -> Vec<f64> {
    per_domain(observation, observation.reference_loss, |loss, reference| loss - reference)
}

fn per_domain(
    observation: &Observation<'_>,
    against: &[f64],
    formula: fn(f64, f64) -> f64,
) -> Vec<f64> {
    if against.is_empty() {
        return vec![0.0; observation.loss.len()];
    }
    observation.loss.iter().zip(against).map(|(&loss, &other)| formula(loss, other)).collect()
}

/// w_j · e^{x_j} up to a common factor: the largest x of a domain that has weight is taken off
/// first, so that no x is too large.
pub(super) fn tilted(weights: &[f64], exponents: &[f64]) -> Vec<f64> {
    // Half the range, so that the difference of two is finite.
    let bounded = |x: f64| x.clamp(f64::MIN / 2.0, f64::MAX / 2.0);
    let weighted = weights.iter().zip(exponents).filter(|(w, _)| **w > 0.0);
    let largest = weighted.map(|(_, &x)| bounded(x)).fold(f64::MIN, f64::max);
    let tilt =
        |(&w, &x): (&f64, &f64)| if w > 0.0 { w * (bounded(x) - largest).exp() } else { 0.0 };
    weights.iter().zip(exponents).map(tilt).collect()
}

/// The end of an update that moves the weights: pull to w(0), then the floor, which holds exactly.
pub(super) fn settled(
    shares: &[f64],
    observation: &Observation<'_>,
    params: &MixingParams,
) -> Mixture {
    Mixture::from_shares(shares, 0.0)
        .pulled(observation.detected, params.anchor)
        .with_floor(params.floor)
}

/// The decision of a strategy that moves the weights without a test: new shares, [`settled`].
pub(super) fn moved(
    shares: &[f64],
    observation: &Observation<'_>,
    params: &MixingParams,
) -> Decision {
    decision(settled(shares, observation, params), observation, None)
}

/// The mixture with γ and φ of the observation beside it.
pub(super) fn decision(
    mixture: Mixture,
    observation: &Observation<'_>,
    threshold: Option<Threshold>,
) -> Decision {
    Decision {
        mixture,
        potential: potentials(observation),
        forgetting: forgettings(observation),
        potential_error: observation.potential_error.to_vec(),
        forgetting_error: observation.change_error.to_vec(),
        threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilt_of_any_size_stays_finite() {
        let third = [1.0 / 3.0; 3];
        assert_eq!(tilted(&third, &[f64::MAX, f64::MIN, 0.0]), [1.0 / 3.0, 0.0, 0.0]);
        // The largest exponent belongs to a domain without weight and must not starve the others.
        assert_eq!(tilted(&[0.0, 0.5, 0.5], &[1e9, 1.0, 1.0]), [0.0, 0.5, 0.5]);
    }
}
