//! Which examples are drawn, and in which order.

use crate::mixing::Mixture;
use crate::unit::DomainId;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Weights and credits are counted in whole parts of 2⁻⁴⁰: exact on every machine and in every
/// file format, which sums of floats are not.
const ONE: i64 = 1 << 40;

/// Draws the examples of each batch by the mixture's weights.
///
/// Domains: with every slot of a batch each domain earns its weight as credit, and one of them
/// pays 1 for the slot. Which one is Tijdeman's rule for the chairman assignment problem: of the
/// domains that could pay without going too deep into debt, the one whose credit would soonest
/// grow past the bound. Under unchanged weights the count of every domain stays within 1 of its
/// share at every moment since the start, whatever the batch size, and the domains of a batch
/// are interleaved. When the weights change, the credits stay.
///
/// Examples: each pass over a domain is a permutation keyed by (seed, domain, pass). A domain that
/// is exhausted begins its next pass.
#[derive(Clone, Debug)]
pub struct Sampler {
    seed: u64,
    examples_per_domain: Vec<usize>,
    state: SamplerState,
    orders: Vec<Option<Order>>,
}

/// How far a [`Sampler`] has come: the part of it that a checkpoint keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplerState {
    /// What each domain has earned and not yet spent, in parts of 2⁻⁴⁰ examples. They sum to 0.
    pub credits: Vec<i64>,
    /// Examples drawn of each domain since the run began.
    pub drawn: Vec<u64>,
}

/// Why a sampler cannot continue from a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stored sampler state is of {found} domains, the data have {expected}; \
     resume with the domains that the run began with"
)]
pub struct SamplerError {
    found: usize,
    expected: usize,
}

/// The permutation of one pass.
#[derive(Clone, Debug)]
struct Order {
    pass: u64,
    /// Indices of the domain's examples.
    examples: Vec<usize>,
}

impl Sampler {
    /// A sampler at the beginning. `examples_per_domain[j]` is the number of training examples of
    /// domain j; a domain of 0 examples is never drawn.
    pub fn new(seed: u64, examples_per_domain: Vec<usize>) -> Self {
        let domains = examples_per_domain.len();
        let state = SamplerState { credits: vec![0; domains], drawn: vec![0; domains] };
        Sampler { seed, examples_per_domain, state, orders: vec![None; domains] }
    }

    /// A sampler that continues exactly where another one stopped, given the same seed and data.
    ///
    /// # Errors
    /// The state is of another number of domains.
    pub fn restore(
        seed: u64,
        examples_per_domain: Vec<usize>,
        state: SamplerState,
    ) -> Result<Self, SamplerError> {
        let expected = examples_per_domain.len();
        for found in [state.credits.len(), state.drawn.len()] {
            if found != expected {
                return Err(SamplerError { found, expected });
            }
        }
        Ok(Sampler { state, ..Sampler::new(seed, examples_per_domain) })
    }

    /// What a checkpoint keeps, for [`Sampler::restore`].
    pub fn state(&self) -> SamplerState {
        self.state.clone()
    }

    /// Goes back to an earlier state of its own, as if nothing had been drawn since.
    pub fn go_back(&mut self, state: SamplerState) {
        self.state = state;
    }

    /// How often all examples of a domain have been drawn.
    pub fn passes(&self, domain: DomainId) -> u64 {
        match self.examples_per_domain[domain.0] {
            0 => 0,
            examples => self.state.drawn[domain.0] / examples as u64,
        }
    }

    /// The next batch of `examples` examples, in order, each as (domain, index among the domain's
    /// training examples). A domain of weight 0 is not among them. `mixture` has the sampler's number of
    /// domains. Empty if no domain of a weight above 0 has examples.
    pub fn draw(&mut self, mixture: &Mixture, examples: usize) -> Vec<(DomainId, usize)> {
        let weights = self.whole_parts(mixture);
        (0..examples)
            .map_while(|_| {
                let domain = self.next_domain(&weights)?;
                Some((DomainId(domain), self.next_example(domain)))
            })
            .collect()
    }

    /// The mixture in parts that sum to [`ONE`] over the domains that have examples; the rounding
    /// error goes to the heaviest. All zero if nothing can be drawn.
    fn whole_parts(&self, mixture: &Mixture) -> Vec<i64> {
        let drawable: Vec<f64> = mixture
            .as_slice()
            .iter()
            .zip(&self.examples_per_domain)
            .map(|(&weight, &examples)| if examples > 0 { weight } else { 0.0 })
            .collect();
        let sum: f64 = drawable.iter().sum();
        if sum <= 0.0 {
            return vec![0; drawable.len()];
        }
        let mut parts: Vec<i64> =
            drawable.iter().map(|w| (w / sum * ONE as f64).round() as i64).collect();
        let rest = ONE - parts.iter().sum::<i64>();
        let heaviest = (0..parts.len()).rev().max_by_key(|&j| parts[j]);
        heaviest.into_iter().for_each(|j| parts[j] += rest);
        parts
    }

    /// The domain that pays for the next slot; `None` where no weight is above 0.
    fn next_domain(&mut self, weights: &[i64]) -> Option<usize> {
        let drawn = |&j: &usize| weights[j] > 0;
        let domains = weights.iter().filter(|w| **w > 0).count() as i64;
        // Credits stay below `bound` = 1 − 1/(2K−2) in both directions.
        let slack = if domains > 1 { ONE / (2 * domains - 2) } else { ONE };
        let bound = ONE - slack;
        for (credit, weight) in self.state.credits.iter_mut().zip(weights) {
            *credit += weight;
        }
        let credits = &self.state.credits;
        // (bound − credit) / weight slots from now the domain's credit is past the bound; the
        // quotients are compared as products, in whole numbers.
        let sooner = |&a: &usize, &b: &usize| {
            let left = i128::from(bound - credits[a]) * i128::from(weights[b]);
            let right = i128::from(bound - credits[b]) * i128::from(weights[a]);
            left.cmp(&right)
        };
        let chosen = (0..weights.len())
            .filter(drawn)
            .filter(|&j| credits[j] >= slack)
            .min_by(sooner)
            // No domain has earned enough, which happens only right after the weights changed.
            .or_else(|| (0..weights.len()).filter(drawn).rev().max_by_key(|&j| credits[j]))?;
        self.state.credits[chosen] -= ONE;
        Some(chosen)
    }

    fn next_example(&mut self, domain: usize) -> usize {
        let examples = self.examples_per_domain[domain];
        let drawn = self.state.drawn[domain];
        let (pass, index) = (drawn / examples as u64, (drawn % examples as u64) as usize);
        self.state.drawn[domain] += 1;
        let order = match self.orders[domain].take() {
            Some(order) if order.pass == pass => order,
            _ => Order { pass, examples: permutation(self.seed, domain, pass, examples) },
        };
        self.orders[domain].insert(order).examples[index]
    }
}

/// The order of the examples in one pass: a function of its arguments alone.
fn permutation(seed: u64, domain: usize, pass: u64, examples: usize) -> Vec<usize> {
    let mut hash = Sha256::new();
    hash.update(b"versatune/row-order/1");
    hash.update(seed.to_le_bytes());
    hash.update((domain as u64).to_le_bytes());
    hash.update(pass.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(hash.finalize().into());
    let mut order: Vec<usize> = (0..examples).collect();
    order.shuffle(&mut random);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mixture(weights: &[f64]) -> Mixture {
        Mixture::normalized(weights.to_vec()).unwrap()
    }

    fn domains(drawn: &[(DomainId, usize)]) -> Vec<usize> {
        drawn.iter().map(|(domain, _)| domain.0).collect()
    }

    #[test]
    fn domains_are_interleaved_by_their_weights() {
        let mut sampler = Sampler::new(1, vec![10, 10, 10]);
        let drawn = sampler.draw(&mixture(&[2.0, 1.0, 1.0]), 8);
        let drawn = domains(&drawn);
        assert_eq!([0, 1, 2].map(|j| drawn.iter().filter(|d| **d == j).count()), [4, 2, 2]);
        // Half of the slots belong to domain 0: never three of them in a row.
        assert!(drawn.windows(3).all(|w| w != [0, 0, 0]), "{drawn:?}");
    }

    #[test]
    fn a_domain_too_rare_for_one_batch_gets_its_turn() {
        let mut sampler = Sampler::new(1, vec![5, 5]);
        let weights = mixture(&[0.9, 0.1]);
        let counts: Vec<usize> = (0..10)
            .map(|_| domains(&sampler.draw(&weights, 2)).iter().filter(|d| **d == 1).count())
            .collect();
        assert_eq!(counts.iter().sum::<usize>(), 2, "{counts:?}");
    }

    #[test]
    fn a_pass_holds_every_example_once_and_the_next_is_shuffled_anew() {
        let mut sampler = Sampler::new(7, vec![40]);
        let only = mixture(&[1.0]);
        let mut pass =
            || -> Vec<usize> { sampler.draw(&only, 40).into_iter().map(|(_, i)| i).collect() };
        let (first, second) = (pass(), pass());
        assert_eq!(sampler.passes(DomainId(0)), 2);
        assert_ne!(first, second);
        for mut indices in [first, second] {
            indices.sort_unstable();
            assert_eq!(indices, (0..40).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_domain_without_examples_is_skipped_and_no_examples_at_all_give_an_empty_batch() {
        let mut sampler = Sampler::new(1, vec![0, 3]);
        assert_eq!(domains(&sampler.draw(&mixture(&[0.5, 0.5]), 4)), vec![1; 4]);
        assert!(Sampler::new(1, vec![0]).draw(&mixture(&[1.0]), 4).is_empty());
    }

    #[test]
    fn the_state_of_other_data_is_refused() {
        let state = Sampler::new(1, vec![3, 3]).state();
        let error = Sampler::restore(1, vec![3], state).unwrap_err();
        assert!(error.to_string().contains("of 2 domains, the data have 1"), "{error}");
    }

    fn weights() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![Just(0.0), 0.001..1.0f64], 1..9)
            .prop_filter("a weight above 0", |w| w.iter().sum::<f64>() > 0.0)
    }

    proptest! {
        #[test]
        fn counts_follow_the_weights_within_one(weights in weights(), batch in 1usize..33) {
            let mixture = mixture(&weights);
            let mut sampler = Sampler::new(3, vec![17; weights.len()]);
            let mut counts = vec![0.0; weights.len()];
            let mut slots = 0.0;
            for _ in 0..40 {
                let drawn = sampler.draw(&mixture, batch);
                prop_assert_eq!(drawn.len(), batch);
                slots += batch as f64;
                for (domain, _) in drawn {
                    counts[domain.0] += 1.0;
                }
                for (count, weight) in counts.iter().zip(mixture.as_slice()) {
                    prop_assert!((count - weight * slots).abs() < 1.0 + 1e-6, "{counts:?} {weights:?}");
                    prop_assert!(*weight > 0.0 || *count == 0.0);
                }
            }
        }

        #[test]
        fn credits_survive_moving_weights(mixtures in prop::collection::vec(prop::collection::vec(0.001..1.0f64, 4), 1..30), batch in 1usize..20) {
            let mut sampler = Sampler::new(3, vec![17; 4]);
            let (mut counts, mut shares) = ([0.0; 4], [0.0; 4]);
            for weights in mixtures {
                let mixture = mixture(&weights);
                for (domain, _) in sampler.draw(&mixture, batch) {
                    counts[domain.0] += 1.0;
                }
                for (share, weight) in shares.iter_mut().zip(mixture.as_slice()) {
                    *share += weight * batch as f64;
                }
            }
            prop_assert_eq!(sampler.state().credits.iter().sum::<i64>(), 0);
            for (count, share) in counts.iter().zip(shares) {
                prop_assert!((count - share).abs() < 2.0, "{counts:?} {shares:?}");
            }
        }

        #[test]
        fn resumed_draws_equal_uninterrupted_ones(
            seed: u64, examples in prop::collection::vec(1usize..9, 3),
            mixtures in prop::collection::vec(prop::collection::vec(0.001..1.0f64, 3), 2..12), batch in 1usize..9,
        ) {
            let mut through = Sampler::new(seed, examples.clone());
            let mut state = SamplerState { credits: vec![0; 3], drawn: vec![0; 3] };
            for weights in mixtures {
                let mixture = mixture(&weights);
                let mut resumed = Sampler::restore(seed, examples.clone(), state).unwrap();
                prop_assert_eq!(through.draw(&mixture, batch), resumed.draw(&mixture, batch));
                let text = serde_json::to_string(&resumed.state()).unwrap();
                state = serde_json::from_str(&text).unwrap();
            }
        }
    }
}
