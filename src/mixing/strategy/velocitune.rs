use super::Strategy;
use super::adjust::{decision, settled, tilted};
use crate::mixing::{Decision, MixingParams, Mixture, Observation};

/// `Velocitune` (arXiv 2411.14318) `[R]` (the paper as quoted by others; it has no public code):
///
/// V_j = clamp((ℓ_j − r_j)/(ℓ_j(0) − r_j), 0, 1), the part of the way that still lies before the
/// domain; w_j ∝ w_j · e^{V_j}. Slow learners gain weight.
///
/// Begins with the detected distribution. Where a domain began at or below its target the way has
/// no length: V = 0, or 1 once it is above the target. Without targets V = 0 for all.
pub(super) struct Velocitune;

/// V_j of one domain.
fn way_left(loss: f64, first_loss: f64, reference_loss: f64) -> f64 {
    let way = first_loss - reference_loss;
    let left = loss - reference_loss;
    if left <= 0.0 {
        0.0
    } else if way <= left {
        1.0
    } else {
        left / way
    }
}

impl Strategy for Velocitune {
    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        detected.with_floor(params.floor)
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let Observation { loss, first_loss, reference_loss, current, .. } = *observation;
        let mut exponents = vec![0.0; current.len()];
        let losses = loss.iter().zip(first_loss).zip(reference_loss);
        for (exponent, ((&now, &first), &reference)) in exponents.iter_mut().zip(losses) {
            *exponent = way_left(now, first, reference);
        }
        let shares = tilted(current.as_slice(), &exponents);
        decision(settled(&shares, observation, params), observation, None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn by_hand() {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.first_loss = vec![3.0, 3.0, 3.0];
        case.reference_loss = vec![1.0, 1.0, 1.0];
        case.loss = vec![2.0, 0.5, 4.0];
        // V = (0.5, 0, 1): 0.5·1.648721271 = 0.824360635, 0.3, 0.2·2.718281828 = 0.543656366;
        // sum 1.668017001.
        let expected = [0.4942159671, 0.1798542819, 0.3259297509];
        assert_close(case.update(&mut Velocitune).mixture.as_slice(), &expected);
    }

    #[test]
    fn a_way_without_length() {
        assert_eq!(way_left(1.0, 1.0, 1.0), 0.0);
        assert_eq!(way_left(1.2, 1.0, 1.0), 1.0);
        assert_eq!(way_left(0.9, 0.5, 1.0), 0.0);
    }
}
