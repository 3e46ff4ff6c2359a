use super::Strategy;
use super::adjust::decision;
use crate::mixing::{Decision, MixingParams, Mixture, Observation};

/// A mixture that no loss moves: shares (of any scale) as a function of the detected distribution
/// and of the share of the run that lies behind. The floor holds; the anchor has no part in it, as
/// nothing drifts.
pub(super) struct Fixed<F>(pub(super) F);

impl<F: Fn(&Mixture, f64) -> Vec<f64> + Send> Strategy for Fixed<F> {
    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::from_shares(&self.0(detected, 0.0), params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let shares = self.0(observation.detected, observation.progress);
        decision(Mixture::from_shares(&shares, params.floor), observation, None)
    }
}
