//! MixMin: the mixture of models that explains given rows best, as weights to begin a run with.

use super::Mixture;

/// What [`mixmin`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct MixMin {
    /// The weights, one per model.
    pub mixture: Mixture,
    /// Mean over the rows of −log Σ_j w_j p_j(x), nats, each row with its weight.
    pub loss: f64,
    /// No mixture's loss is lower by more than this, nats.
    pub gap: f64,
}

/// The search ends where no mixture can be better by more than this, nats a row.
const GAP: f64 = 1e-9;
/// Rounds at most. Problems with hundreds of rows take tens to thousands.
const ROUNDS: usize = 50_000;
/// Differences of losses that say nothing, nats.
const ROUNDING: f64 = 1e-13;
/// By how much the exponent of a round grows after one that helped.
const GROWTH: f64 = 1.2;

/// The w on the simplex of least −Σ_x c_x log Σ_j w_j p_j(x) / Σ_x c_x `[V]` (arXiv 2502.10510 and
/// its authors' code, where c_x is one over the length of row x, which makes rows of any length count
/// alike).
///
/// `nats[x][j]` is log p_j(x) ≤ 0, the log-probability of row x under model j, of any size; a row may
/// be impossible under some models (−∞) but not under all. `row_weights` are the c_x > 0; empty is 1
/// for all. `None` without rows or models, where rows differ in length, or where a number is not
/// allowed.
///
/// The problem is convex. The search is that of expectation maximization, w_j ← w_j g_j with g_j the
/// mean of p_j(x) / Σ_i w_i p_i(x), with an exponent of g_j that grows as long as that helps: the
/// same every time, and never worse from round to round. As the loss of any mixture is at least that
/// of w less log max_j g_j, it is known how near the best one is.
pub fn mixmin(nats: &[Vec<f64>], row_weights: &[f64]) -> Option<MixMin> {
    let problem = Problem::new(nats, row_weights)?;
    let models = nats.first()?.len();
    let mut here = problem.at(vec![1.0 / models as f64; models]);
    let mut exponent = 1.0;
    for _ in 0..ROUNDS {
        if here.gap <= GAP {
            break;
        }
        let there = problem.at(here.moved(exponent));
        let is_better = there.is_better_than(&here);
        // A plain round is never worse but by rounding.
        if is_better || exponent <= 1.0 {
            here = there;
        }
        exponent = if is_better { exponent * GROWTH } else { 1.0 };
    }
    Some(MixMin {
        mixture: Mixture::from_shares(&here.weights, 0.0),
        loss: here.loss - problem.shift,
        gap: here.gap,
    })
}

/// The rows in a form that does not underflow: each divided by its most likely model's probability.
struct Problem {
    /// `[x][j]`: p_j(x) / max_i p_i(x), 0..=1.
    likelihoods: Vec<Vec<f64>>,
    /// c_x / Σ c.
    weights: Vec<f64>,
    /// Mean of log max_i p_i(x).
    shift: f64,
}

/// A mixture with its loss, without the problem's shift, and its direction.
struct Point {
    weights: Vec<f64>,
    loss: f64,
    /// g_j.
    gains: Vec<f64>,
    gap: f64,
}

impl Problem {
    fn new(nats: &[Vec<f64>], row_weights: &[f64]) -> Option<Self> {
        let models = nats.first()?.len();
        let even = vec![1.0; nats.len()];
        let row_weights = if row_weights.is_empty() { &even } else { row_weights };
        let is_number = |nats: &f64| !nats.is_nan() && *nats < f64::INFINITY;
        let is_row = |row: &Vec<f64>| {
            row.len() == models
                && row.iter().all(is_number)
                && row.iter().any(|nats| nats.is_finite())
        };
        let is_weight = |weight: &f64| weight.is_finite() && *weight > 0.0;
        let is_sound = row_weights.len() == nats.len() && nats.iter().all(is_row);
        let sum: f64 = row_weights.iter().sum();
        if !is_sound || !row_weights.iter().all(is_weight) || !sum.is_finite() {
            return None;
        }
        let weights: Vec<f64> = row_weights.iter().map(|weight| weight / sum).collect();
        let best = |row: &Vec<f64>| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let relative = |row: &Vec<f64>| {
            let best = best(row);
            row.iter().map(|nats| (nats - best).exp()).collect()
        };
        Some(Problem {
            likelihoods: nats.iter().map(relative).collect(),
            shift: nats.iter().zip(&weights).map(|(row, weight)| weight * best(row)).sum(),
            weights,
        })
    }

    fn at(&self, weights: Vec<f64>) -> Point {
        let mut gains = vec![0.0; weights.len()];
        let mut loss = 0.0;
        for (row, share) in self.likelihoods.iter().zip(&self.weights) {
            let mixed: f64 = row.iter().zip(&weights).map(|(p, w)| p * w).sum();
            loss -= share * mixed.ln();
            gains.iter_mut().zip(row).for_each(|(gain, p)| *gain += share * p / mixed);
        }
        let most = gains.iter().copied().fold(0.0, f64::max);
        Point { weights, loss, gains, gap: most.ln().max(0.0) }
    }
}

impl Point {
    /// Near the end losses differ by rounding only; there the gap tells more.
    fn is_better_than(&self, other: &Point) -> bool {
        let difference = self.loss - other.loss;
        difference < -ROUNDING || (difference <= ROUNDING && self.gap < other.gap)
    }

    /// The weights w_j · g_j^exponent, divided by their sum.
    fn moved(&self, exponent: f64) -> Vec<f64> {
        let logs = self.gains.iter().map(|gain| exponent * gain.ln());
        let most = logs.clone().fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> =
            self.weights.iter().zip(logs).map(|(w, log)| w * (log - most).exp()).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|w| w / sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Just, prop, prop_assert, proptest};
    use proptest::strategy::Strategy as Generator;

    fn loss_of(nats: &[Vec<f64>], weights: &[f64]) -> f64 {
        let row = |row: &Vec<f64>| {
            let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mixed: f64 = row.iter().zip(weights).map(|(l, w)| w * (l - best).exp()).sum();
            -(best + mixed.ln())
        };
        nats.iter().map(row).sum::<f64>() / nats.len() as f64
    }

    #[test]
    fn two_models_by_hand() {
        // Three rows for the first model and one for the second, each impossible under the other:
        // the loss is −(3 ln w + ln(1 − w))/4, least at w = 3/4.
        let sure = |first: bool| if first { vec![-1.0, -900.0] } else { vec![-900.0, -1.0] };
        let nats = [true, false, true, true].map(sure);
        let found = mixmin(&nats, &[]).unwrap();
        assert!((found.mixture.as_slice()[0] - 0.75).abs() < 1e-6, "{found:?}");
        let expected = 1.0 - (3.0 * 0.75f64.ln() + 0.25f64.ln()) / 4.0;
        assert!((found.loss - expected).abs() < 1e-9, "{found:?}");
        // With a third of the weight for those of the first, the two are even.
        let third = 1.0 / 3.0;
        let found = mixmin(&nats, &[third, 1.0, third, third]).unwrap();
        assert!((found.mixture.as_slice()[0] - 0.5).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn a_model_that_is_never_better_gets_nothing() {
        let nats = vec![vec![-5e4, -5.01e4, f64::NEG_INFINITY]; 3];
        let found = mixmin(&nats, &[]).unwrap();
        assert!(found.mixture.as_slice()[0] > 1.0 - 1e-9 && found.gap <= GAP, "{found:?}");
        // Models that are alike share evenly: nothing tells them apart.
        let alike = mixmin(&[vec![-3.0; 4], vec![-7.0; 4]], &[]).unwrap();
        assert_eq!((alike.mixture, alike.gap), (Mixture::uniform(4), 0.0));
    }

    #[test]
    fn what_is_no_problem_is_refused() {
        assert_eq!(mixmin(&[], &[]), None);
        assert_eq!(mixmin(&[vec![]], &[]), None);
        assert_eq!(mixmin(&[vec![-1.0, -1.0], vec![-1.0]], &[]), None);
        assert_eq!(mixmin(&[vec![f64::NEG_INFINITY; 2]], &[]), None);
        assert_eq!(mixmin(&[vec![f64::NAN, -1.0]], &[]), None);
        assert_eq!(mixmin(&[vec![-1.0, -1.0]], &[0.0]), None);
    }

    fn rows() -> impl Generator<Value = Vec<Vec<f64>>> {
        // Differences of a few nats, as of tokens, and of hundreds, as of whole rows.
        let nats = proptest::prop_oneof![-8.0..0.0f64, -900.0..-300.0f64];
        (1usize..7).prop_flat_map(move |k| {
            prop::collection::vec(prop::collection::vec(nats.clone(), k), 1..40)
        })
    }

    fn with_permutation() -> impl Generator<Value = (Vec<Vec<f64>>, Vec<usize>)> {
        rows().prop_flat_map(|rows| {
            let models: Vec<usize> = (0..rows[0].len()).collect();
            (Just(rows), Just(models).prop_shuffle())
        })
    }

    proptest! {
        #[test]
        fn no_other_mixture_is_better(rows in rows(), other in prop::collection::vec(0.01..1.0f64, 6)) {
            let found = mixmin(&rows, &[]).unwrap();
            let models = rows[0].len();
            prop_assert!(found.gap <= GAP, "{found:?}");
            prop_assert!((loss_of(&rows, found.mixture.as_slice()) - found.loss).abs() < 1e-8);
            let vertex = |j: usize| (0..models).map(|i| f64::from(u8::from(i == j))).collect();
            let mut others: Vec<Vec<f64>> = (0..models).map(vertex).collect();
            others.push(Mixture::uniform(models).as_slice().to_vec());
            others.push(Mixture::from_shares(&other[..models], 0.0).as_slice().to_vec());
            for other in others {
                prop_assert!(found.loss <= loss_of(&rows, &other) + 2.0 * GAP, "{found:?} {other:?}");
            }
        }

        #[test]
        fn permuting_the_models_permutes_the_answer((rows, to) in with_permutation()) {
            let here = mixmin(&rows, &[]).unwrap();
            let moved = |row: &Vec<f64>| {
                let mut out = row.clone();
                row.iter().zip(&to).for_each(|(value, &index)| out[index] = *value);
                out
            };
            let there = mixmin(&rows.iter().map(moved).collect::<Vec<_>>(), &[]).unwrap();
            // The losses agree as far as the search goes; the weights may differ where the loss
            // hardly depends on them.
            prop_assert!((here.loss - there.loss).abs() <= 2.0 * GAP);
            let permuted = moved(&here.mixture.as_slice().to_vec());
            prop_assert!((loss_of(&rows.iter().map(moved).collect::<Vec<_>>(), &permuted) - there.loss).abs() <= 4.0 * GAP);
        }
    }
}
