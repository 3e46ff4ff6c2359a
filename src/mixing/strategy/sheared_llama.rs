use super::adjust::excess_losses;
use super::exponentiated::ExponentiatedGradient;
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec};
use crate::mixing::{Decision, MixingParams, Observation};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "ShearedLlama",
    summary: "Dynamic batch loading: domains above their reference loss gain weight, those below \
              it lose some.",
    formula: "d_j = ℓ_j − r_j
w ← (1 − c)·softmax(log w + η·d) + c/K",
    sources: &[Source::Verified(
        "arXiv 2310.06694 and its public code; the paper clips the difference at 0, the code does \
         not. Published: η = 1, c = 1e-4",
    )],
    notes: "Begins with the given proportions: the detected distribution.",
    moves: true,
    needs_reference: true,
    needs_target: false,
    needs_held_out: true,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(ShearedLlama(ExponentiatedGradient::PUBLISHED)),
};

struct ShearedLlama(ExponentiatedGradient);

impl Strategy for ShearedLlama {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        self.0.parameters()
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        self.0.update(&excess_losses(observation), observation, params)
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
        let mut strategy = ShearedLlama(ExponentiatedGradient { eta: 1.0, smoothing: 0.0 });
        let expected = [0.6726966930, 0.1640988394, 0.1632044676];
        assert_close(case.update(&mut strategy).mixture.as_slice(), &expected);
    }
}
