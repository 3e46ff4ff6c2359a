use super::Strategy;
use super::adjust::{decision, excess_losses, settled, smoothed, tilted};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};

/// `ShearedLlama`, dynamic batch loading (arXiv 2310.06694) `[V]` (its public code; its paper
/// clips the difference at 0, its code does not):
///
/// d_j = ℓ_j − r_j; w ← (1−c)·softmax(log w + η d) + c/K.
///
/// Published: η = 1, c = 1e-4. Begins with the given proportions: the detected distribution.
pub(super) struct ShearedLlama {
    pub(super) eta: f64,
    pub(super) smoothing: f64,
}

impl Strategy for ShearedLlama {
    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        detected.with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let exponents: Vec<f64> =
            excess_losses(observation).iter().map(|excess| self.eta * excess).collect();
        let shares = smoothed(&tilted(observation.current.as_slice(), &exponents), self.smoothing);
        decision(settled(&shares, observation, params), observation, None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn a_domain_below_its_target_shrinks() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.loss = vec![2.0, 1.0, 1.5];
        case.reference_loss = vec![1.5, 1.4, 1.5];
        // d = (0.5, −0.4, 0): 0.5·1.648721271 = 0.824360635, 0.3·0.670320046 = 0.201096014, 0.2;
        // sum 1.225456649.
        let mut strategy = ShearedLlama { eta: 1.0, smoothing: 0.0 };
        let expected = [0.6726966930, 0.1640988394, 0.1632044676];
        assert_close(case.update(&mut strategy).mixture.as_slice(), &expected);
    }
}
