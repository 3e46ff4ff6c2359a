//! The weights of the domains, as a type that only valid ones have.

use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// Shares of the domains in the data that is drawn: every weight ≥ 0, their sum 1 (within 1e-9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Mixture(Vec<f64>);

/// Why numbers are no mixture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MixtureError {
    /// No domain at all.
    #[error("a mixture needs at least one domain")]
    Empty,
    /// A weight that is negative, infinite or not a number.
    #[error("weight {index} is {value}; weights are finite numbers from 0 to 1")]
    Weight {
        /// Index of the domain, from 0.
        index: usize,
        /// The weight as it was given.
        value: f64,
    },
    /// All weights are zero, so that there is nothing to divide by.
    #[error("the weights sum to 0; at least one must be above 0")]
    Zero,
    /// The sum differs from 1 by more than rounding.
    #[error("the weights sum to {sum}, not 1")]
    Sum {
        /// The sum of the weights as they were given.
        sum: f64,
    },
    /// Shares that were given to some of the domains leave no mixture for the rest.
    #[error("the named weights sum to {sum}, {problem}")]
    Named {
        /// The sum of the weights that were given.
        sum: f64,
        /// What is wrong with that, as the end of the message.
        problem: &'static str,
    },
    /// A share for a domain that does not exist, or two shares for one.
    #[error("domain {index} is named twice or does not exist; there are {domains} domains")]
    Domain {
        /// Index of the domain, from 0.
        index: usize,
        /// How many domains there are.
        domains: usize,
    },
}

impl Mixture {
    /// Takes weights that already sum to 1 (within 1e-6) and divides the rounding error away.
    ///
    /// # Errors
    /// No weights, one that is negative or not finite, or another sum.
    pub fn new(weights: Vec<f64>) -> Result<Self, MixtureError> {
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            Self::check(&weights)?;
            return Err(MixtureError::Sum { sum });
        }
        Self::normalized(weights)
    }

    /// Divides non-negative numbers by their sum.
    ///
    /// # Errors
    /// No numbers, one that is negative or not finite, or all 0.
    pub fn normalized(mut weights: Vec<f64>) -> Result<Self, MixtureError> {
        let sum = Self::check(&weights)?;
        weights.iter_mut().for_each(|w| *w /= sum);
        Ok(Mixture(weights))
    }

    /// The same weight for each of `domains` (≥ 1).
    pub fn uniform(domains: usize) -> Self {
        let domains = domains.max(1);
        Mixture(vec![1.0 / domains as f64; domains])
    }

    /// The weights, in the order of the domains.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// Number of domains.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true: a mixture has a domain.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Half the sum of the absolute differences, 0..=1: the share of samples that the two draw from other
    /// domains. `other` has as many domains.
    pub fn total_variation(&self, other: &Mixture) -> f64 {
        let pairs = self.as_slice().iter().zip(other.as_slice());
        pairs.map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }

    /// The share of one domain of this mixture, 0..=1.
    pub fn weight(&self, domain: DomainId) -> f64 {
        self.0[domain.0]
    }

    /// No weight below `floor`, by water-filling: what is below it is raised to exactly `floor`,
    /// the others give up the difference in proportion to their weights. A floor above 1/K counts
    /// as 1/K, a negative one as 0.
    pub fn with_floor(&self, floor: f64) -> Self {
        Self::from_shares(&self.0, floor)
    }

    /// (1 − `pull`)·w + `pull`·`anchor`, for a pull in 0..=1 and an anchor of as many domains.
    pub fn pulled(&self, anchor: &Mixture, pull: f64) -> Self {
        Mixture(self.0.iter().zip(&anchor.0).map(|(w, a)| (1.0 - pull) * w + pull * a).collect())
    }

    /// These domains at exactly these weights; the others share the rest in the ratio that they
    /// have now (evenly where they have nothing).
    ///
    /// # Errors
    /// An unknown or repeated domain, a weight outside 0..=1, named weights above 1, or all domains
    /// named with a sum other than 1 (within 1e-6).
    pub fn with_weights(&self, named: &[(DomainId, f64)]) -> Result<Self, MixtureError> {
        let domains = self.len();
        let mut weights: Vec<Option<f64>> = vec![None; domains];
        for &(DomainId(index), value) in named {
            if !(0.0..=1.0).contains(&value) {
                return Err(MixtureError::Weight { index, value });
            }
            match weights.get_mut(index) {
                Some(slot @ None) => *slot = Some(value),
                _ => return Err(MixtureError::Domain { index, domains }),
            }
        }
        let sum: f64 = weights.iter().flatten().sum();
        if weights.iter().all(Option::is_some) {
            return Self::new(weights.into_iter().flatten().collect()).map_err(|_| {
                MixtureError::Named {
                    sum,
                    problem: "but no domain is left to take the rest: they must sum to 1",
                }
            });
        }
        if sum > 1.0 + 1e-6 {
            return Err(MixtureError::Named {
                sum,
                problem: "more than 1, which all domains together have",
            });
        }
        let others = self.0.iter().zip(&weights).filter(|(_, w)| w.is_none());
        let others: Vec<f64> = others.map(|(old, _)| *old).collect();
        let mut rest = fill(&others, (1.0 - sum).max(0.0), 0.0).into_iter();
        Self::normalized(weights.into_iter().filter_map(|w| w.or_else(|| rest.next())).collect())
    }

    /// Finite, non-negative shares of any scale as a mixture with no weight below `floor`.
    pub(super) fn from_shares(shares: &[f64], floor: f64) -> Self {
        Mixture(fill(shares, 1.0, floor))
    }

    fn check(weights: &[f64]) -> Result<f64, MixtureError> {
        if weights.is_empty() {
            return Err(MixtureError::Empty);
        }
        if let Some((index, &value)) =
            weights.iter().enumerate().find(|(_, w)| !w.is_finite() || **w < 0.0)
        {
            return Err(MixtureError::Weight { index, value });
        }
        let sum: f64 = weights.iter().sum();
        if sum > 0.0 && sum.is_finite() { Ok(sum) } else { Err(MixtureError::Zero) }
    }
}

impl TryFrom<Vec<f64>> for Mixture {
    type Error = MixtureError;

    /// Keeps recorded weights to the bit: a resumed run goes on with exactly these.
    fn try_from(weights: Vec<f64>) -> Result<Self, MixtureError> {
        let sum = Self::check(&weights)?;
        if (sum - 1.0).abs() > 1e-9 {
            return Err(MixtureError::Sum { sum });
        }
        Ok(Mixture(weights))
    }
}

impl From<Mixture> for Vec<f64> {
    fn from(mixture: Mixture) -> Self {
        mixture.0
    }
}

/// Scales non-negative finite `shares` to the sum `total` with none below `floor`: those that would
/// be get exactly `floor`, the others share what remains in their own ratio. Shares that are all 0
/// count as equal. A floor above `total`/n counts as `total`/n, a negative one as 0.
pub(super) fn fill(shares: &[f64], total: f64, floor: f64) -> Vec<f64> {
    let even = total / shares.len() as f64;
    if shares.iter().all(|&share| share == 0.0) {
        return vec![even; shares.len()];
    }
    let floor = floor.max(0.0).min(even);
    let mut at_floor = vec![false; shares.len()];
    // Every pass raises at least one more share or is the last.
    loop {
        let raised = at_floor.iter().filter(|&&raised| raised).count() as f64;
        let rest = total - raised * floor;
        let free: f64 =
            shares.iter().zip(&at_floor).filter(|(_, raised)| !**raised).map(|(s, _)| s).sum();
        let weight = |share: f64| if share > 0.0 { share / free * rest } else { 0.0 };
        let mut changed = false;
        for (share, raised) in shares.iter().zip(&mut at_floor) {
            if !*raised && weight(*share) < floor {
                *raised = true;
                changed = true;
            }
        }
        if !changed {
            let pairs = shares.iter().zip(&at_floor);
            return pairs
                .map(|(&share, &raised)| if raised { floor } else { weight(share) })
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_floor_is_water_filled_not_clamped_and_divided() {
        // 0.01 → 0.1; the others keep 0.9 in the ratio 0.15 : 0.84, so the first gets
        // 0.9 · 0.15/0.99 = 0.13636…, the last 0.76363…
        let mixture = Mixture::new(vec![0.15, 0.01, 0.84]).unwrap().with_floor(0.1);
        assert_eq!(mixture.weight(DomainId(1)), 0.1);
        assert!((mixture.weight(DomainId(0)) - 0.9 * 0.15 / 0.99).abs() < 1e-15);
        // Raising one pushes the next below: 0.2 → 0.3 leaves 0.7 for 0.31 : 0.49, of which the
        // smaller would be 0.27 and is raised too.
        let mixture = Mixture::new(vec![0.2, 0.31, 0.49]).unwrap().with_floor(0.3);
        assert_eq!(&mixture.as_slice()[..2], &[0.3, 0.3]);
        assert!((mixture.weight(DomainId(2)) - 0.4).abs() < 1e-15);
    }

    #[test]
    fn a_floor_too_high_is_the_uniform_mixture() {
        let mixture = Mixture::new(vec![0.9, 0.1, 0.0]).unwrap().with_floor(0.7);
        assert!(mixture.as_slice().iter().all(|w| (w - 1.0 / 3.0).abs() < 1e-15));
    }

    #[test]
    fn named_weights_leave_the_others_their_ratio() {
        let mixture = Mixture::new(vec![0.5, 0.3, 0.2]).unwrap();
        // 0.6 is left for 0.5 : 0.2.
        let new = mixture.with_weights(&[(DomainId(1), 0.4)]).unwrap();
        let expected = [0.6 * 5.0 / 7.0, 0.4, 0.6 * 2.0 / 7.0];
        assert!(new.as_slice().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));

        let all =
            |weights: [f64; 3]| mixture.with_weights(&[0, 1, 2].map(|j| (DomainId(j), weights[j])));
        assert!(all([0.2, 0.2, 0.6]).is_ok());
        assert!(matches!(all([0.2, 0.2, 0.2]), Err(MixtureError::Named { .. })));
        let over = [(DomainId(0), 0.7), (DomainId(1), 0.7)];
        assert!(matches!(mixture.with_weights(&over), Err(MixtureError::Named { .. })));
        let twice = [(DomainId(0), 0.1), (DomainId(0), 0.1)];
        assert!(matches!(mixture.with_weights(&twice), Err(MixtureError::Domain { .. })));
        let unknown = [(DomainId(3), 0.1)];
        assert!(matches!(mixture.with_weights(&unknown), Err(MixtureError::Domain { .. })));
        let nan = [(DomainId(0), f64::NAN)];
        assert!(matches!(mixture.with_weights(&nan), Err(MixtureError::Weight { .. })));
    }

    #[test]
    fn all_named_to_zero_but_one_gives_it_everything() {
        let mixture = Mixture::new(vec![1.0, 0.0, 0.0]).unwrap();
        let new = mixture.with_weights(&[(DomainId(0), 0.0)]).unwrap();
        assert_eq!(new.as_slice(), [0.0, 0.5, 0.5]);
    }

    proptest! {
        #[test]
        fn filling_reaches_total_and_floor(
            shares in prop::collection::vec(prop_oneof![Just(0.0), 1e-300..1e-200, 0.0..1e9], 1..12),
            total in 0.0..=1.0f64,
            floor in 0.0..0.5f64,
        ) {
            let floor = floor.min(total / shares.len() as f64);
            let filled = fill(&shares, total, floor);
            prop_assert!(filled.iter().all(|&w| w >= floor), "{filled:?}");
            prop_assert!((filled.iter().sum::<f64>() - total).abs() < 1e-12);
            // Water finds its level: more share, no less weight.
            for (a, wa) in shares.iter().zip(&filled) {
                for (b, wb) in shares.iter().zip(&filled) {
                    prop_assert!(a > b || wa <= wb);
                }
            }
        }
    }
}
