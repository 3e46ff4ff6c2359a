//! The update by exponentiated gradient that DoReMi and Sheared LLaMA share.

use super::adjust::{moved, tilted};
use crate::mixing::interface::Parameter;
use crate::mixing::{Decision, MixingParams, Mixture, Observation};
use crate::unit::allowed::{ABOVE_ZERO, SHARE};

/// w ← (1 − c)·softmax(log w + η·x) + c/K for x of one number per domain.
pub(super) struct ExponentiatedGradient {
    /// η > 0.
    pub(super) eta: f64,
    /// c, 0..=1.
    pub(super) smoothing: f64,
}

impl ExponentiatedGradient {
    /// The constants that both papers' code has.
    pub(super) const PUBLISHED: Self = ExponentiatedGradient { eta: 1.0, smoothing: 1e-4 };

    pub(super) fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let ExponentiatedGradient { eta, smoothing } = self;
        vec![
            Parameter::number("eta", eta, ABOVE_ZERO, "η, the step size"),
            Parameter::number("smoothing", smoothing, SHARE, "c, share of the uniform mixture"),
        ]
    }

    pub(super) fn update(
        &self,
        gradient: &[f64],
        observation: &Observation<'_>,
        params: &MixingParams,
    ) -> Decision {
        let exponents: Vec<f64> = gradient.iter().map(|x| self.eta * x).collect();
        let shares = smoothed(&tilted(observation.current.as_slice(), &exponents), self.smoothing);
        moved(&shares, observation, params)
    }
}

/// (1 − c)·p + c/K with p the shares divided by their sum: a share c of the uniform mixture.
fn smoothed(shares: &[f64], smoothing: f64) -> Vec<f64> {
    let even = 1.0 / shares.len() as f64;
    let mixture = Mixture::from_shares(shares, 0.0);
    mixture.as_slice().iter().map(|p| (1.0 - smoothing) * p + smoothing * even).collect()
}
