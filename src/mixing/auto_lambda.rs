//! λ solved from what a run measures, instead of guessed before it.
//!
//! Potentials differ by the model, the ceilings and the data, and the number of updates by the length of
//! the run: no one λ fits two runs. What an operator can say is how far the mixture may move: by a factor
//! of `span` between the domain of the largest potential and the one of the least, over what is left of
//! the run, if the potentials stay as they are. Ours; the paper published no λ.

use serde::{Deserialize, Serialize};

/// The largest λ that is chosen.
const LARGEST: f64 = 10.0;

/// What λ is solved for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoLambda {
    /// Factor above 1 by which the weights of the two domains may drift apart.
    pub span: f64,
    /// Updates that are left, ≥ 1.
    pub updates: u64,
}

/// A λ that was solved, with the numbers that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolvedLambda {
    /// λ.
    pub lambda: f64,
    /// The factor that it was solved for.
    pub span: f64,
    /// Updates that were left.
    pub updates: u64,
    /// The largest γ less the least, of the domains that have weight.
    pub spread: f64,
    /// Standard error of the spread; `None` where it is not known.
    pub spread_error: Option<f64>,
    /// Whether no λ was small enough to be sure of, or large enough to reach the span: λ is then the one that
    /// a spread of its standard error would have, at most 10.
    pub is_capped: bool,
}

impl AutoLambda {
    /// λ with (factor(λ·γ_max)/factor(λ·γ_min))^updates = span, where `factor` is what Algorithm 2
    /// multiplies a weight by. `potentials`, their standard errors (may be empty) and `weights` have one
    /// entry per domain.
    pub fn solve(
        &self,
        potentials: &[f64],
        errors: &[f64],
        weights: &[f64],
        factor: impl Fn(f64) -> f64,
    ) -> SolvedLambda {
        let by_potential = |a: &usize, b: &usize| potentials[*a].total_cmp(&potentials[*b]);
        let moved = || (0..potentials.len()).filter(|j| weights.get(*j).is_some_and(|w| *w > 0.0));
        let (least, most) = (moved().min_by(by_potential), moved().max_by(by_potential));
        let least_potential = least.map_or(0.0, |j| potentials[j]);
        let spread = most.map_or(0.0, |j| potentials[j]) - least_potential;
        let error_of = |domain: Option<usize>| domain.and_then(|j| errors.get(j)).copied();
        let spread_error = error_of(least).zip(error_of(most)).map(|(a, b)| a.hypot(b));
        // A spread within its error is nothing to follow: it counts as its error, no less.
        let counted = spread.max(spread_error.unwrap_or(0.0));
        let wanted = self.span.powf(1.0 / self.updates.max(1) as f64);
        let ratio = |lambda: f64| {
            factor(lambda * (least_potential + counted)) / factor(lambda * least_potential)
        };
        let reached = ratio(LARGEST) >= wanted;
        SolvedLambda {
            lambda: if reached {
                bisected(LARGEST, |lambda| ratio(lambda) < wanted)
            } else {
                LARGEST
            },
            span: self.span,
            updates: self.updates,
            spread,
            spread_error,
            is_capped: !reached || counted > spread,
        }
    }
}

/// The largest number in 0..=`high` that is `below`, which holds from 0 up to some number; to the last bit.
fn bisected(mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    let mut low = 0.0;
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return low;
        }
        if below(middle) { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVEN: [f64; 3] = [1.0 / 3.0; 3];

    #[test]
    fn the_domains_drift_apart_by_the_span() {
        let auto = AutoLambda { span: 2.0, updates: 40 };
        let solved = auto.solve(&[0.3, 0.1, 0.2], &[], &EVEN, |gain| 1.0 + gain);
        // 2^(1/40) = q: (1 + 0.3λ)/(1 + 0.1λ) = q gives λ = (q − 1)/(0.3 − 0.1q) = 0.08824.
        let q = 2f64.powf(1.0 / 40.0);
        assert!((solved.lambda - (q - 1.0) / (0.3 - 0.1 * q)).abs() < 1e-12, "{solved:?}");
        assert!(!solved.is_capped && (solved.spread - 0.2).abs() < 1e-12);
        // Exponential: λ · 0.2 · 40 = ln 2.
        let solved = auto.solve(&[0.3, 0.1, 0.2], &[], &EVEN, f64::exp);
        assert!((solved.lambda - 2f64.ln() / 8.0).abs() < 1e-12, "{solved:?}");
    }

    #[test]
    fn noise_and_equal_potentials_are_capped() {
        let auto = AutoLambda { span: 2.0, updates: 10 };
        // A spread of 0.01 with an error of 0.05 counts as 0.05.
        let errors = [0.03, 0.04, 0.5];
        let solved = auto.solve(&[0.21, 0.2, 0.205], &errors, &EVEN, f64::exp);
        assert!(solved.is_capped && (solved.lambda - 2f64.ln() / 0.5).abs() < 1e-12, "{solved:?}");
        let equal = auto.solve(&[0.2; 3], &[], &EVEN, f64::exp);
        assert_eq!((equal.lambda, equal.is_capped), (LARGEST, true));
        // A domain without weight stays there: its potential moves nothing.
        let solved = auto.solve(&[0.9, 0.2, 0.1], &[], &[0.0, 0.5, 0.5], f64::exp);
        assert!((solved.spread - 0.1).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn no_pair_of_domains_drifts_further_than_the_span(
            potentials in prop::collection::vec(0.0f64..1.0, 3),
            span in 1.1f64..8.0, updates in 1u64..200,
        ) {
            let solved = AutoLambda { span, updates }.solve(&potentials, &[], &EVEN, |gain| 1.0 + gain);
            let factor = |g: &f64| (1.0 + solved.lambda * g).powf(updates as f64);
            for a in &potentials {
                for b in &potentials {
                    prop_assert!(factor(a) / factor(b) <= span * (1.0 + 1e-9));
                }
            }
        }
    }
}
