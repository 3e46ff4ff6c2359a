use super::Strategy;
use super::adjust::{decision, excess_losses, settled, smoothed, tilted};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};

/// `DoReMi` (arXiv 2305.10429), the update of its proxy model `[V]` (its public code):
///
/// s_j = max(ℓ_j − r_j, 0); w ← (1−c)·softmax(log w + η s) + c/K.
///
/// Published: η = 1, c = 1e-4. Begins with the uniform mixture, as its proxy run does. Its code
/// clips token by token and then averages, on training batches; here the clip is on the domain's
/// held-out mean, which is never larger `[R]`. Its answer for a second run, the time average of
/// the weights, is the mean of the run's recorded mixtures.
pub(super) struct DoReMi {
    pub(super) eta: f64,
    pub(super) smoothing: f64,
}

impl Strategy for DoReMi {
    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::uniform(detected.len()).with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let exponents: Vec<f64> =
            excess_losses(observation).iter().map(|excess| self.eta * excess.max(0.0)).collect();
        let shares = smoothed(&tilted(observation.current.as_slice(), &exponents), self.smoothing);
        decision(settled(&shares, observation, params), observation, None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn by_hand() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.loss = vec![2.0, 1.0, 1.5];
        case.reference_loss = vec![1.5, 1.4, 1.5];
        // s = (0.5, 0, 0); η = 2: 0.5·e = 1.359140914, 0.3, 0.2; sum 1.859140914.
        // softmax: 0.7310585786, 0.1613648528, 0.1075765685; times 0.9 plus 0.1/3:
        let mut strategy = DoReMi { eta: 2.0, smoothing: 0.1 };
        let mixture = case.update(&mut strategy).mixture;
        let third = 0.1 / 3.0;
        let expected = [0.7310585786, 0.1613648528, 0.1075765685].map(|p| 0.9 * p + third);
        assert_close(mixture.as_slice(), &expected);
        assert_eq!(strategy.initial(&case.detected, &case.params), Mixture::uniform(3));
    }
}
