//! A power law fitted to a loss curve, for [`Ado`](super::ado).

/// L(n) = ε + β·n^−α: the loss after n of something, nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PowerLaw {
    /// ε ≥ 0: what no training takes away.
    pub(super) epsilon: f64,
    /// β ≥ 0: what was to be learned at n = 1.
    pub(super) beta: f64,
    /// α, 0.01..=0.8.
    pub(super) alpha: f64,
}

/// Border between squared and absolute differences of the logarithms, as in the public code.
const HUBER: f64 = 1e-3;
/// Range of α: the public code punishes what is above 0.8 or at 0.
const ALPHA: (f64, f64) = (0.01, 0.8);
/// Exponents that are tried first.
const TRIALS: usize = 16;
/// Halvings, nearly, of the space between two of them.
const REFINEMENTS: usize = 16;
/// Rounds of reweighting for one exponent.
const ROUNDS: usize = 24;

impl PowerLaw {
    /// β·n^−α: the part of the loss after `n` > 0 that can still be learned, nats.
    pub(super) fn reducible(&self, n: f64) -> f64 {
        self.beta * n.powf(-self.alpha)
    }

    /// The law of least mean Huber loss of ln L over points (n > 0, L > 0) `[R]`: the objective and the
    /// range of α are those of ADO's public code. Its search (L-BFGS from a grid of starts) is
    /// replaced: for a given α the law is linear in ε and β, which are found by reweighted least
    /// squares, and α by a grid and golden sections. ε and β are only kept from being negative: the
    /// public code's ε ≥ e^0.5 is for pretraining, where no loss comes below it. `None` for fewer
    /// than three points.
    pub(super) fn fit(points: &[(f64, f64)]) -> Option<PowerLaw> {
        if points.len() < 3 {
            return None;
        }
        let curve = Curve::new(points);
        let (low, high) = ALPHA;
        let stride = (high - low) / (TRIALS - 1) as f64;
        let mut best = curve.fit(low);
        for trial in 1..TRIALS {
            best = better(best, curve.fit(low + stride * trial as f64));
        }
        let (mut from, mut to) =
            ((best.1.alpha - stride).max(low), (best.1.alpha + stride).min(high));
        // Golden sections.
        let part = (5f64.sqrt() - 1.0) / 2.0;
        for _ in 0..REFINEMENTS {
            let (left, right) = (to - part * (to - from), from + part * (to - from));
            let (one, other) = (curve.fit(left), curve.fit(right));
            match one.0 <= other.0 {
                true => to = right,
                false => from = left,
            }
            best = better(best, better(one, other));
        }
        Some(best.1)
    }
}

/// A law and its mean Huber loss.
type Fit = (f64, PowerLaw);

fn better(one: Fit, other: Fit) -> Fit {
    if other.0 < one.0 { other } else { one }
}

struct Curve<'a> {
    points: &'a [(f64, f64)],
    /// ln L of each.
    logs: Vec<f64>,
}

impl<'a> Curve<'a> {
    fn new(points: &'a [(f64, f64)]) -> Self {
        Curve { points, logs: points.iter().map(|(_, loss)| loss.ln()).collect() }
    }

    /// The best ε and β for one α that the rounds come by.
    fn fit(&self, alpha: f64) -> Fit {
        let powers: Vec<f64> = self.points.iter().map(|(n, _)| n.powf(-alpha)).collect();
        // The first round is plain least squares of relative differences.
        let mut values: Vec<f64> = self.points.iter().map(|(_, loss)| *loss).collect();
        let mut weights = vec![1.0; values.len()];
        let mut best = (f64::INFINITY, PowerLaw { epsilon: 0.0, beta: 0.0, alpha });
        for _ in 0..ROUNDS {
            let mut sums = LeastSquares::default();
            for (j, power) in powers.iter().enumerate() {
                // To first order ln p' = ln p + p'/p − 1, which is to be ln L.
                let residual = values[j].ln() - self.logs[j];
                sums.add(weights[j], 1.0 / values[j], power / values[j], 1.0 - residual);
            }
            let (epsilon, beta) = sums.solve();
            values = powers.iter().map(|power| epsilon + beta * power).collect();
            if values.iter().any(|value| *value <= 0.0 || !value.is_finite()) {
                break;
            }
            let mut loss = 0.0;
            for (j, value) in values.iter().enumerate() {
                let residual = (value.ln() - self.logs[j]).abs();
                loss += huber(residual);
                weights[j] = 1.0 / residual.max(HUBER);
            }
            best = better(best, (loss / values.len() as f64, PowerLaw { epsilon, beta, alpha }));
        }
        best
    }
}

fn huber(residual: f64) -> f64 {
    match residual <= HUBER {
        true => 0.5 * residual * residual,
        false => HUBER * (residual - 0.5 * HUBER),
    }
}

/// Sums of the normal equations of a·x + b·y ≈ t.
#[derive(Default)]
struct LeastSquares {
    aa: f64,
    ab: f64,
    bb: f64,
    at: f64,
    bt: f64,
}

impl LeastSquares {
    fn add(&mut self, weight: f64, a: f64, b: f64, t: f64) {
        self.aa += weight * a * a;
        self.ab += weight * a * b;
        self.bb += weight * b * b;
        self.at += weight * a * t;
        self.bt += weight * b * t;
    }

    /// x and y, neither of them negative.
    fn solve(&self) -> (f64, f64) {
        let determinant = self.aa * self.bb - self.ab * self.ab;
        let x = (self.at * self.bb - self.bt * self.ab) / determinant;
        let y = (self.bt * self.aa - self.at * self.ab) / determinant;
        let is_sound = determinant > 1e-14 * self.aa * self.bb;
        match (x, y) {
            (x, y) if is_sound && x >= 0.0 && y >= 0.0 => (x, y),
            (x, _) if is_sound && x < 0.0 => (0.0, (self.bt / self.bb).max(0.0)),
            _ => ((self.at / self.aa).max(0.0), 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert, proptest};

    fn points(law: PowerLaw, noise: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
        let at = |n: f64| law.epsilon + law.reducible(n);
        (0..24).map(|i| (10.0 + 10.0 * i as f64, at(10.0 + 10.0 * i as f64) * noise(i))).collect()
    }

    #[test]
    fn a_law_is_found_again() {
        let law = PowerLaw { epsilon: 1.2, beta: 3.0, alpha: 0.5 };
        let found = PowerLaw::fit(&points(law, |_| 1.0)).unwrap();
        assert!(
            (found.epsilon - 1.2).abs() < 0.01 && (found.alpha - 0.5).abs() < 0.01,
            "{found:?}"
        );
        assert!((found.beta - 3.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_few_wild_losses_are_not_followed() {
        let law = PowerLaw { epsilon: 0.3, beta: 2.0, alpha: 0.3 };
        let wild = |i: usize| if i % 8 == 3 { 1.5 } else { 1.0 };
        let found = PowerLaw::fit(&points(law, wild)).unwrap();
        for n in [20.0, 240.0] {
            let (found, truth) =
                (found.epsilon + found.reducible(n), law.epsilon + law.reducible(n));
            assert!((found - truth).abs() < 0.02, "{found:?}");
        }
    }

    #[test]
    fn a_curve_that_does_not_fall_has_nothing_to_learn() {
        for curve in [|_| 2.0, |i: usize| 2.0 + 0.1 * i as f64] {
            let points: Vec<(f64, f64)> = (0..24).map(|i| (1.0 + i as f64, curve(i))).collect();
            let found = PowerLaw::fit(&points).unwrap();
            assert!(found.reducible(24.0) < 1e-6, "{found:?}");
        }
        assert_eq!(PowerLaw::fit(&[(1.0, 2.0), (2.0, 1.0)]), None);
    }

    proptest! {
        /// Nothing that may come from a run makes a number that is none, and no law is better that
        /// lies near the one found.
        #[test]
        fn the_fit_is_finite_and_no_neighbour_is_better(losses in proptest::collection::vec(1e-4..50.0f64, 3..40)) {
            let points: Vec<(f64, f64)> = (1..).map(f64::from).zip(losses).collect();
            let law = PowerLaw::fit(&points).unwrap();
            prop_assert!(law.epsilon.is_finite() && law.epsilon >= 0.0, "{law:?}");
            prop_assert!(law.beta.is_finite() && law.beta >= 0.0, "{law:?}");
            prop_assert!(ALPHA.0 <= law.alpha && law.alpha <= ALPHA.1 + 1e-12, "{law:?}");
            let cost = |epsilon: f64, beta: f64| -> f64 {
                let law = PowerLaw { epsilon, beta, ..law };
                points.iter().map(|(n, l)| huber(((epsilon + law.reducible(*n)).ln() - l.ln()).abs())).sum()
            };
            // The absolute loss is flat around its least value: the rounds end near it.
            let here = cost(law.epsilon, law.beta);
            for factor in [0.8, 1.25] {
                prop_assert!(cost(law.epsilon * factor, law.beta) >= 0.97 * here);
                prop_assert!(cost(law.epsilon, law.beta * factor) >= 0.97 * here);
            }
        }
    }
}
