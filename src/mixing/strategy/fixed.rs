use super::adjust::decision;
use crate::mixing::interface::{Parameter, Strategy};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};

/// A strategy whose shares no loss moves. The floor applies; the anchor does not, as nothing drifts
/// from w(0).
pub(super) struct Fixed<S>(pub(super) S);

/// Shares of the domains that depend on w(0) and the progress of the run alone.
pub(super) trait Shares: Send {
    /// See [`Strategy::parameters`].
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// Shares ≥ 0 of any scale. `progress`, 0..=1, is the part of the run that is done.
    fn shares(&self, detected: &Mixture, progress: f64) -> Vec<f64>;
}

impl<S: Shares> Strategy for Fixed<S> {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        self.0.parameters()
    }

    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::from_shares(&self.0.shares(detected, 0.0), params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let shares = self.0.shares(observation.detected, observation.progress);
        decision(Mixture::from_shares(&shares, params.floor), observation, None)
    }
}
