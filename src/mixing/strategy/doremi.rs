use super::adjust::excess_losses;
use super::exponentiated::ExponentiatedGradient;
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "DoReMi",
    summary: "Domains whose loss exceeds the reference most gain weight: the update of DoReMi's \
              proxy model.",
    formula: "s_j = max(ℓ_j − r_j, 0)
w ← (1 − c)·softmax(log w + η·s) + c/K",
    sources: &[
        Source::Verified(
            "arXiv 2305.10429 and its public code. Published: η = 1, c = 1e-4 in paper and code; the \
             authors' run script sets c = 1e-3",
        ),
        Source::Reconstructed(
            "its code clips token by token on training batches and then averages; here the \
             domain's held-out mean is clipped, which is never larger",
        ),
    ],
    notes: "Begins with the uniform mixture, as its proxy run does. Its answer for a second run, \
            the time average of the weights, is the mean of the run's recorded mixtures.",
    moves: true,
    needs_reference: true,
    needs_target: false,
    needs_held_out: true,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(DoReMi(ExponentiatedGradient::PUBLISHED)),
};

struct DoReMi(ExponentiatedGradient);

impl Strategy for DoReMi {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        self.0.parameters()
    }

    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::uniform(detected.len()).with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let clipped: Vec<f64> =
            excess_losses(observation).iter().map(|excess| excess.max(0.0)).collect();
        self.0.update(&clipped, observation, params)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn domains_above_their_reference_gain_weight() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.loss = vec![2.0, 1.0, 1.5];
        case.reference_loss = vec![1.5, 1.4, 1.5];
        // s = (0.5, 0, 0); η = 2: 0.5·e = 1.359140914, 0.3, 0.2; sum 1.859140914.
        // softmax: 0.7310585786, 0.1613648528, 0.1075765685; times 0.9 plus 0.1/3:
        let mut strategy = DoReMi(ExponentiatedGradient { eta: 2.0, smoothing: 0.1 });
        let mixture = case.update(&mut strategy).mixture;
        let third = 0.1 / 3.0;
        let expected = [0.7310585786, 0.1613648528, 0.1075765685].map(|p| 0.9 * p + third);
        assert_close(mixture.as_slice(), &expected);
        assert_eq!(strategy.initial(&case.detected, &case.params), Mixture::uniform(3));
    }
}
