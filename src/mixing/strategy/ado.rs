use super::adjust::moved;
use super::ado_memory::Memory;
use super::power_law::PowerLaw;
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec, StrategyState};
use crate::mixing::{Decision, MixingParams, Observation};
use crate::unit::allowed::{BETWEEN, SHARE};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Ado",
    summary: "Adaptive Data Optimization: domains whose training loss is predicted to fall fastest \
              gain weight.",
    formula: "L_j(n) = ε_j + β_j·n^−α_j, fitted to the training losses of domain j
ρ_j ∝ w_j(0)·√h_j·α_j·(L_j(t) − ε_j)/t,  not below 0.01
w ← 0.1·ρ + 0.9·ρ̄;  ρ̄ ← ρ̄ + (ρ − ρ̄)/(t + 1);  h ← 0.1·w + 0.9·h",
    sources: &[
        Source::Verified(
            "arXiv 2410.11820 and its authors' public code: preference ρ, its least value, the two \
             averages, α of at least 0.05, n the same for every domain, a new fit after each \
             sixtieth of the run, the Huber loss of ln L that is fitted",
        ),
        Source::Reconstructed(
            "the search for the fit; means over up to 32 stretches of the run in place of a \
             Savitzky-Golay filter; the start by the share of the run, as its 500 to 1000 steps of \
             warm-up are more than a fine-tuning run may have; no least ε; h by the weights in place \
             of the samples drawn",
        ),
    ],
    notes: "Begins with w(0), which stays until `start`; losses before half of that are not fitted. \
            n counts updates. A domain that was not drawn keeps its last loss. Where no loss falls, \
            ρ is w(0).",
    moves: true,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::EveryStep,
    new: |domains| Box::new(Ado::new(domains)),
};

/// α counts as at least this much.
const LEAST_ALPHA: f64 = 0.05;

struct Ado {
    start: f64,
    preference: f64,
    least: f64,
    memory: Memory,
}

impl Ado {
    fn new(domains: usize) -> Self {
        Ado { start: 0.1, preference: 0.1, least: 0.01, memory: Memory::new(domains) }
    }

    /// ρ, not below the least preference, of sum 1.
    fn preferred(&self, observation: &Observation<'_>) -> Vec<f64> {
        let prior = observation.detected.as_slice();
        let Memory { share, laws, .. } = &self.memory;
        let n = observation.update as f64;
        let speed = |law: &PowerLaw| law.alpha.max(LEAST_ALPHA) * law.reducible(n);
        let parts = prior.iter().zip(share).zip(laws);
        let raw: Vec<f64> = parts.map(|((w, h), law)| w * h.sqrt() * speed(law)).collect();
        let known = if raw.iter().sum::<f64>() > 0.0 { &raw } else { prior };
        normalized(normalized(known.to_vec()).iter().map(|rho| rho.max(self.least)).collect())
    }
}

/// Numbers ≥ 0 divided by their sum, which is above 0.
fn normalized(numbers: Vec<f64>) -> Vec<f64> {
    let sum: f64 = numbers.iter().sum();
    numbers.into_iter().map(|number| number / sum).collect()
}

impl Strategy for Ado {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let Ado { start, preference, least, .. } = self;
        vec![
            Parameter::number("start", start, BETWEEN, "part of the run before the first fit"),
            Parameter::number("preference", preference, SHARE, "part of ρ in the weights"),
            Parameter::number("least", least, SHARE, "least preference of a domain"),
        ]
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        self.memory.see(observation, self.start / 2.0);
        self.memory.fit_if_due(observation.progress, self.start);
        if self.memory.laws.is_empty() {
            return moved(observation.current.as_slice(), observation, params);
        }
        let preferred = self.preferred(observation);
        let part = 1.0 / (observation.update as f64 + 1.0);
        let mut shares = Vec::with_capacity(preferred.len());
        for (rho, average) in preferred.iter().zip(&mut self.memory.average) {
            shares.push(self.preference * rho + (1.0 - self.preference) * *average);
            *average += part * (rho - *average);
        }
        moved(&shares, observation, params)
    }

    fn state(&self) -> StrategyState {
        StrategyState { vectors: self.memory.vectors() }
    }

    /// A state of another number of domains changes nothing.
    fn restore(&mut self, state: StrategyState) {
        if let Some(memory) = Memory::from_vectors(&state.vectors, self.memory.last.len()) {
            self.memory = memory;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;
    use crate::mixing::Mixture;

    /// A strategy that has these laws, for an update in the middle of the run.
    fn with_laws(laws: [(f64, f64); 3], case: &Case) -> Ado {
        let mut ado = Ado::new(3);
        ado.memory.laws = laws.map(|(beta, alpha)| PowerLaw { epsilon: 1.0, beta, alpha }).to_vec();
        ado.memory.share = case.detected.as_slice().to_vec();
        ado.memory.average = case.detected.as_slice().to_vec();
        ado.memory.fitted_at = case.progress;
        ado
    }

    #[test]
    fn the_steepest_curve_is_preferred() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        (case.updates, case.progress) = (99, 0.5);
        // At n = 100: 2/10, 1/10, 0. h = w(0) stays, as the weights are w(0).
        let mut ado = with_laws([(2.0, 0.5), (1.0, 0.5), (0.0, 0.5)], &case);
        // ρ ∝ 0.5·√0.5·0.5·0.2 = 0.0353553391, 0.3·√0.3·0.5·0.1 = 0.0082158384, 0:
        // 0.8114389, 0.1885611, 0; not below 0.01 and divided by 1.01.
        let sum: f64 = 0.035355339059 + 0.008215838363;
        let rho = [0.035355339059 / sum / 1.01, 0.008215838363 / sum / 1.01, 0.01 / 1.01];
        let expected = [0.45 + 0.1 * rho[0], 0.27 + 0.1 * rho[1], 0.18 + 0.1 * rho[2]];
        assert_close(case.update(&mut ado).mixture.as_slice(), &expected);
        // ρ̄ moved by a hundred-and-first part of the difference.
        let average = [0, 1, 2].map(|j| {
            let w = case.detected.as_slice()[j];
            w + (rho[j] - w) / 101.0
        });
        assert_close(&ado.memory.average, &average);
    }

    #[test]
    fn what_no_loss_tells_is_the_prior() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        (case.updates, case.progress) = (99, 0.5);
        let mut ado = with_laws([(0.0, 0.5); 3], &case);
        assert_close(case.update(&mut ado).mixture.as_slice(), &[0.5, 0.3, 0.2]);
    }

    /// A whole run: of two domains alike but for their losses the one that still falls gains weight,
    /// and nothing moves before the start.
    #[test]
    fn a_domain_that_is_learned_out_loses_weight() {
        let mut case = Case::new(&[0.5, 0.5]);
        let mut ado = Ado::new(2);
        let mut resumed = Ado::new(2);
        for t in 1..=200u64 {
            let n = t as f64;
            (case.updates, case.progress) = (t - 1, n / 200.0);
            // Domain 1 is drawn in every third step only.
            let other = t.is_multiple_of(3).then_some(1.0 + 0.1 * n.powf(-0.5));
            case.training_loss = vec![Some(1.0 + 4.0 * n.powf(-0.5)), other];
            let mixture = case.update(&mut ado).mixture;
            if t < 20 {
                assert_eq!(mixture, Mixture::uniform(2));
            }
            // With a checkpoint after every update all is the same.
            let state = ron::from_str(&ron::to_string(&resumed.state()).unwrap()).unwrap();
            resumed = Ado::new(2);
            resumed.restore(state);
            assert_eq!(case.update(&mut resumed).mixture, mixture);
            case.current = mixture;
        }
        let weight = case.current.as_slice()[0];
        assert!(weight > 0.7, "{weight}");
        assert!((ado.memory.laws[0].alpha - 0.5).abs() < 0.05, "{:?}", ado.memory.laws);
    }

    #[test]
    fn a_state_of_other_domains_is_not_taken() {
        let mut ado = Ado::new(2);
        let fresh = ado.memory.clone();
        ado.restore(Ado::new(3).state());
        assert_eq!(ado.memory, fresh);
    }
}
