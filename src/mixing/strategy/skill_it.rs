use super::adjust::{moved, tilted};
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec, StrategyState};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};
use crate::unit::allowed::{ABOVE_ZERO, Allowed};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "SkillIt",
    summary: "Domains gain weight by the losses of the domains that they help, along a graph of \
              which helps which.",
    formula: "w_j ∝ exp(η·Σ_i A_ji·Σ_{the last m} ℓ_i)",
    sources: &[
        Source::Verified("arXiv 2307.14430 and its public code. Published: η = 0.5, m = 3"),
        Source::Reconstructed(
            "the graph: its authors tune a model for each pair of skills; here A is the table that \
             the run has, if any",
        ),
    ],
    notes: "A_ji is how much training on j lowers the loss of i. A run without a graph takes the \
            identity, so that each domain counts for itself alone. Begins with the uniform mixture; \
            the untuned model's loss is the first of the m. The weights do not build on those \
            before, so that they can leap at the first update.",
    moves: true,
    needs_reference: false,
    needs_target: false,
    needs_held_out: true,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(SkillIt { eta: 0.5, window: 3.0, past: Vec::new() }),
};

/// Window lengths: whole, and short enough that a checkpoint holds them.
const WINDOW: Allowed<f64> = Allowed {
    holds: |m| m.fract() == 0.0 && (1.0..=100.0).contains(m),
    text: "a whole number from 1 to 100",
};

struct SkillIt {
    eta: f64,
    /// m.
    window: f64,
    /// The losses of the last updates, oldest first: at most m − 1.
    past: Vec<Vec<f64>>,
}

/// Name of each past update's losses in [`StrategyState`].
const LOSSES: &str = "losses";

impl SkillIt {
    /// Takes in the losses of an update and returns the sum of the last m, one per domain.
    fn summed(&mut self, observation: &Observation<'_>) -> Vec<f64> {
        if self.past.is_empty() {
            self.past.push(observation.previous_loss.to_vec());
        }
        self.past.push(observation.loss.to_vec());
        let window = self.window as usize;
        self.keep(window);
        let sum = |j: usize| self.past.iter().filter_map(|losses| losses.get(j)).sum();
        let sums = (0..observation.current.len()).map(sum).collect();
        self.keep(window - 1);
        sums
    }

    fn keep(&mut self, newest: usize) {
        self.past.drain(..self.past.len().saturating_sub(newest));
    }
}

impl Strategy for SkillIt {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let SkillIt { eta, window, .. } = self;
        vec![
            Parameter::number("eta", eta, ABOVE_ZERO, "η, the step size"),
            Parameter::number("window", window, WINDOW, "m, how many losses are summed"),
        ]
    }

    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::uniform(detected.len()).with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let sums = self.summed(observation);
        let helped = |row: &Vec<f64>| row.iter().zip(&sums).map(|(a, sum)| a * sum).sum();
        let scores: Vec<f64> = match observation.graph {
            Some(graph) => graph.iter().map(helped).collect(),
            None => sums.clone(),
        };
        let exponents: Vec<f64> = scores.iter().map(|score| self.eta * score).collect();
        moved(&tilted(&vec![1.0; exponents.len()], &exponents), observation, params)
    }

    fn state(&self) -> StrategyState {
        let named = |losses: &Vec<f64>| (LOSSES.to_owned(), losses.clone());
        StrategyState { vectors: self.past.iter().map(named).collect() }
    }

    fn restore(&mut self, state: StrategyState) {
        let losses = state.vectors.into_iter().filter(|(name, _)| name == LOSSES);
        self.past = losses.map(|(_, losses)| losses).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close, kind};
    use super::*;

    fn strategy(window: f64) -> SkillIt {
        SkillIt { eta: 0.5, window, past: Vec::new() }
    }

    #[test]
    fn the_last_losses_decide_whatever_the_weights_are() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        let mut skill_it = strategy(2.0);
        // The untuned model's 2, 2, 2 and now 1, 2, 3: 0.5·(3, 4, 5); e^-1 : e^-0.5 : 1 over
        // 1.974410101.
        case.loss = vec![1.0, 2.0, 3.0];
        let expected = [0.1863237232, 0.3071958857, 0.5064803911];
        assert_close(case.update(&mut skill_it).mixture.as_slice(), &expected);
        // The window of 2 has now 1, 2, 3 and 3, 2, 1, which are alike in sum.
        case.loss = vec![3.0, 2.0, 1.0];
        assert_close(case.update(&mut skill_it).mixture.as_slice(), &[1.0 / 3.0; 3]);
        // A window of 1 is the newest loss alone.
        assert_close(
            case.update(&mut strategy(1.0)).mixture.as_slice(),
            &[0.5064803911, 0.3071958857, 0.1863237232],
        );
    }

    #[test]
    fn a_domain_gains_by_the_losses_of_those_that_it_helps() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.loss = vec![1.0, 2.0, 3.0];
        // Domain 0 helps domain 2 by half; domain 1 harms it.
        case.graph = Some(vec![vec![1.0, 0.0, 0.5], vec![0.0, 1.0, -0.5], vec![0.0, 0.0, 1.0]]);
        // Sums 3, 4, 5: scores 5.5, 1.5, 5; halved 2.75, 0.75, 2.5:
        // 1 : e^-2 = 0.135335283 : e^-0.25 = 0.778800783 over 1.914136066.
        let expected = [0.5224289002, 0.0707030632, 0.4068680366];
        assert_close(case.update(&mut strategy(3.0)).mixture.as_slice(), &expected);
    }

    #[test]
    fn a_window_is_a_whole_number_of_losses() {
        let error = |text: &str| {
            let domains = ["a", "b"].map(String::from);
            super::super::testing::written(text).unwrap().resolve(&domains, &[]).is_err()
        };
        assert!(error("SkillIt(window: 2.5)") && error("SkillIt(window: 0)"));
        assert_eq!(kind("SkillIt(window: 2)").parameters(&[])[1], ("window", "2.0".into()));
    }
}
