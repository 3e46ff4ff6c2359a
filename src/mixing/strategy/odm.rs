use super::adjust::moved;
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec, StrategyState};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};
use crate::unit::allowed::BELOW_ONE;

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Odm",
    summary: "Online data mixing, an Exp3 bandit: domains with a high training loss are rewarded.",
    formula: "R_j ← α·R_j + (1 − α)·e^ℓ_j for the domains that were drawn
ε_t = min(1/K, √(ln K/(K·t)))
w_j = (1 − K·ε_t)·R_j/ΣR + ε_t",
    sources: &[Source::Verified(
        "arXiv 2312.02406, in the form of public code derived from its authors' repository, which \
         averages exponentiated losses. Published: α = 0.9",
    )],
    notes: "Here ℓ_j is the mean training loss since the last update. Begins with the uniform \
            mixture (ε_1 = 1/K) and R = 0. Its clock t counts updates, as every batch is an update \
            there: while t ≤ K·ln K (10 updates for K = 6) it only explores, and the mixture is \
            uniform.",
    moves: true,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::EveryStep,
    new: |domains| Box::new(Odm { alpha: 0.9, rewards: vec![0.0; domains] }),
};

struct Odm {
    alpha: f64,
    /// R, one per domain.
    rewards: Vec<f64>,
}

/// Name of the rewards in [`StrategyState`].
const REWARDS: &str = "rewards";

/// Losses count as at most this many nats, which keeps e^ℓ, and sums of it, finite.
const LARGEST_LOSS: f64 = 600.0;

impl Strategy for Odm {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let help = "α, weight of the past in the reward";
        vec![Parameter::number("alpha", &mut self.alpha, BELOW_ONE, help)]
    }

    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        Mixture::uniform(detected.len()).with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        for (reward, loss) in self.rewards.iter_mut().zip(observation.training_loss) {
            if let Some(loss) = loss {
                let exponentiated = loss.min(LARGEST_LOSS).exp();
                *reward = self.alpha * *reward + (1.0 - self.alpha) * exponentiated;
            }
        }
        let domains = self.rewards.len() as f64;
        let explored = (domains.ln() / (domains * observation.update.max(1) as f64)).sqrt();
        let epsilon = explored.min(1.0 / domains);
        let exploited = Mixture::from_shares(&self.rewards, 0.0);
        let exploit = 1.0 - domains * epsilon;
        let shares: Vec<f64> = exploited.as_slice().iter().map(|r| exploit * r + epsilon).collect();
        moved(&shares, observation, params)
    }

    fn state(&self) -> StrategyState {
        StrategyState { vectors: vec![(REWARDS.into(), self.rewards.clone())] }
    }

    /// A state without rewards, or with those of another number of domains, changes nothing.
    fn restore(&mut self, state: StrategyState) {
        let found = state.vectors.into_iter().find(|(name, _)| name == REWARDS);
        if let Some((_, rewards)) = found.filter(|(_, r)| r.len() == self.rewards.len()) {
            self.rewards = rewards;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn it_explores_first_and_then_follows_the_rewards() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        let mut odm = Odm { alpha: 0.5, rewards: vec![0.0; 3] };
        // t = 1: √(ln 3/3) = 0.605 > 1/3, so only exploration.
        case.training_loss = vec![Some(0.0), Some(2f64.ln()), None];
        assert_close(case.update(&mut odm).mixture.as_slice(), &[1.0 / 3.0; 3]);
        // R = (0.5, 1, 0); the third is drawn at last: (0.5, 1, 0.5·5 = 2.5); ΣR = 4.
        // t = 100: ε = √(1.098612289/300) = 0.060514800, 1 − 3ε = 0.818455600.
        case.updates = 99;
        case.training_loss = vec![None, None, Some(5f64.ln())];
        let expected = [0.162821750, 0.265128700, 0.572049550];
        assert_close(case.update(&mut odm).mixture.as_slice(), &expected);
    }

    #[test]
    fn absurd_losses_stay_finite() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.updates = 999_999;
        case.training_loss = vec![Some(f64::MAX), Some(1.0), Some(1e4)];
        let mixture = case.update(&mut Odm { alpha: 0.9, rewards: vec![0.0; 3] }).mixture;
        assert!((mixture.as_slice()[0] - mixture.as_slice()[2]).abs() < 1e-12);
        assert!(mixture.as_slice()[0] > 0.49);
    }
}
