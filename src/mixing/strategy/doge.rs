use super::adjust::{moved, tilted};
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};
use crate::unit::allowed::ABOVE_ZERO;

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Doge",
    summary: "DoGE: domains whose gradient points the way of all domains' gradients gain weight.",
    formula: "s_j = lr·⟨g_j, Σ_i g_i⟩
w ← softmax(log w + s/μ)",
    sources: &[
        Source::Verified(
            "arXiv 2310.15393 and public code adapted from its authors': the update, the uniform \
             beginning, the time average as the answer. Published: μ = 0.01",
        ),
        Source::Reconstructed(
            "that code has a gradient of every step's batch, clips each to norm 1, leaves a domain's \
             own out of the sum and divides by the mean norm; here it is the paper's plain product, of \
             8 training rows per domain, at each update",
        ),
    ],
    notes: "lr is the learning rate of the step before the update. The gradients are of the mean loss \
            over a domain's target tokens, with the present weights of the model; the rows are drawn \
            apart from those that are trained on. They are passed through the model twice, so that \
            the memory of one gradient more is needed. Where a product is not finite, the weights \
            stay. Begins with the uniform mixture. Its answer for a second run, the time average of \
            the weights, is the mean of the run's recorded mixtures.",
    moves: true,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: true,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Doge { mu: 0.01 }),
};

struct Doge {
    mu: f64,
}

impl Strategy for Doge {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let help = "μ, how slowly the weights follow the gradients";
        vec![Parameter::number("mu", &mut self.mu, ABOVE_ZERO, help)]
    }

    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::uniform(detected.len()).with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let weights = observation.current.as_slice();
        let score = |product: &f64| observation.lr * product / self.mu;
        let exponents: Vec<f64> = observation.gradient_products.iter().map(score).collect();
        match exponents.len() == weights.len() {
            true => moved(&tilted(weights, &exponents), observation, params),
            false => moved(weights, observation, params),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn domains_that_pull_with_the_others_gain_weight() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        // g = (1, 0), (1, 1), (0, −2): Σ = (2, −1); products 2, 1, 2. With lr/μ = 0.5 the
        // exponents are 1, 0.5, 1: 0.5·e = 1.359140914, 0.3·√e = 0.494616381, 0.2·e = 0.543656366
        // over 2.397413661.
        (case.lr, case.gradient_products) = (0.01, vec![2.0, 1.0, 2.0]);
        let expected = [0.5669196502, 0.2063124897, 0.2267678601];
        assert_close(case.update(&mut Doge { mu: 0.02 }).mixture.as_slice(), &expected);
    }

    #[test]
    fn without_gradients_the_weights_stay() {
        let case = Case::new(&[0.5, 0.3, 0.2]);
        let mixture = case.update(&mut Doge { mu: 0.01 }).mixture;
        assert_close(mixture.as_slice(), &[0.5, 0.3, 0.2]);
    }
}
