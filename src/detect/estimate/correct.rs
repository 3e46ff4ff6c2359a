//! Label shift: the shares that explain the judgements of a judge that confuses domains.

use crate::mixing::Mixture;

/// Steps of the descent at most; far more than matrices of any use need.
const STEPS: usize = 20_000;
/// The descent ends when no share moves by as much as this.
const STILL: f64 = 1e-13;

/// The shares p that best explain mean judgements q under a confusion matrix with lines C_j, where C_j
/// is the judge's mean judgement of texts of domain j: argmin ‖Σ_j p_j · C_j − q‖² over p ≥ 0, Σ p = 1.
///
/// By projected gradient descent, which needs no inverse: where the judge cannot tell two domains
/// apart, they share what belongs to both as q does. Deterministic.
pub fn corrected(judged: &Mixture, lines: &[Mixture]) -> Mixture {
    let q = judged.as_slice();
    // The gradient is Lipschitz with the largest eigenvalue of C·Cᵀ, which its trace bounds.
    let bound: f64 = lines.iter().flat_map(Mixture::as_slice).map(|c| c * c).sum();
    let mut shares = q.to_vec();
    for _ in 0..STEPS {
        let residual = explained(&shares, lines, q);
        let stepped: Vec<f64> = shares
            .iter()
            .zip(lines)
            .map(|(p, line)| {
                let gradient: f64 = line.as_slice().iter().zip(&residual).map(|(c, r)| c * r).sum();
                p - gradient / bound
            })
            .collect();
        let next = on_simplex(&stepped);
        let moved = shares.iter().zip(&next).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        shares = next;
        if moved < STILL {
            break;
        }
    }
    Mixture::normalized(shares).unwrap_or_else(|_| judged.clone())
}

/// Σ_j p_j · C_j − q.
fn explained(shares: &[f64], lines: &[Mixture], q: &[f64]) -> Vec<f64> {
    let mut residual: Vec<f64> = q.iter().map(|q| -q).collect();
    for (share, line) in shares.iter().zip(lines) {
        residual.iter_mut().zip(line.as_slice()).for_each(|(r, c)| *r += share * c);
    }
    residual
}

/// The point of the simplex that is nearest to `point`: everything is lowered by the same amount,
/// and what would be negative is 0.
fn on_simplex(point: &[f64]) -> Vec<f64> {
    let mut falling = point.to_vec();
    falling.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let mut lowered = 0.0;
    for (index, value) in falling.iter().enumerate() {
        sum += value;
        let by = (sum - 1.0) / (index + 1) as f64;
        if *value > by {
            lowered = by;
        }
    }
    point.iter().map(|value| (value - lowered).max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mixture(weights: &[f64]) -> Mixture {
        Mixture::new(weights.to_vec()).unwrap()
    }

    fn close(found: &Mixture, expected: &[f64], within: f64) -> bool {
        found.as_slice().iter().zip(expected).all(|(a, b)| (a - b).abs() < within)
    }

    #[test]
    fn confused_shares_are_corrected_as_by_hand() {
        // p = (0.6, 0.4) is judged 0.6·(0.9, 0.1) + 0.4·(0.2, 0.8) = (0.62, 0.38).
        let lines = [mixture(&[0.9, 0.1]), mixture(&[0.2, 0.8])];
        assert!(close(&corrected(&mixture(&[0.62, 0.38]), &lines), &[0.6, 0.4], 1e-9));
        // More of the first domain than texts of it alone would show: all of it.
        assert!(close(&corrected(&mixture(&[0.95, 0.05]), &lines), &[1.0, 0.0], 1e-9));
    }

    #[test]
    fn the_nearest_point_of_the_simplex_by_hand() {
        // (0.8, 0.6, −0.2): two stay, lowered by (1.4 − 1)/2 = 0.2.
        let nearest = on_simplex(&[0.8, 0.6, -0.2]);
        assert!(
            nearest.iter().zip([0.6, 0.4, 0.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12)
        );
        assert_eq!(on_simplex(&[0.25, 0.75]), [0.25, 0.75]);
    }

    fn any_mixture(domains: usize) -> impl Strategy<Value = Mixture> {
        prop::collection::vec(0.01..1.0f64, domains)
            .prop_map(|weights| Mixture::normalized(weights).unwrap())
    }

    /// Lines that are right more often than not.
    fn any_lines(domains: usize) -> impl Strategy<Value = Vec<Mixture>> {
        let right = prop::collection::vec(any_mixture(domains), domains);
        (right, 0.6..1.0f64).prop_map(move |(lines, accuracy)| {
            let lines = lines.into_iter().enumerate().map(|(j, line)| {
                let mut only = vec![0.0; line.len()];
                only[j] = 1.0;
                line.pulled(&Mixture::new(only).unwrap(), accuracy)
            });
            lines.collect()
        })
    }

    proptest! {
        #[test]
        fn shares_that_were_confused_are_recovered((shares, lines) in (any_mixture(5), any_lines(5))) {
            let zeros = vec![0.0; 5];
            let judged = Mixture::normalized(explained(shares.as_slice(), &lines, &zeros)).unwrap();
            prop_assert!(close(&corrected(&judged, &lines), shares.as_slice(), 1e-6));
        }

        #[test]
        fn a_judge_that_never_errs_is_believed(judged in any_mixture(6)) {
            let lines: Vec<Mixture> = (0..6)
                .map(|j| mixture(&(0..6).map(|k| f64::from(j == k)).collect::<Vec<_>>()))
                .collect();
            prop_assert!(close(&corrected(&judged, &lines), judged.as_slice(), 1e-9));
        }

        #[test]
        fn the_order_of_the_domains_does_not_matter((judged, lines) in (any_mixture(4), any_lines(4))) {
            let rotate = |m: &Mixture| {
                let mut weights = m.as_slice().to_vec();
                weights.rotate_left(1);
                mixture(&weights)
            };
            let mut rotated: Vec<Mixture> = lines.iter().map(rotate).collect();
            rotated.rotate_left(1);
            let expected = rotate(&corrected(&judged, &lines));
            prop_assert!(close(&corrected(&rotate(&judged), &rotated), expected.as_slice(), 1e-9));
        }
    }
}
