use super::adjust::{moved, tilted};
use crate::mixing::interface::{Cadence, Source, Strategy, StrategySpec};
use crate::mixing::{Decision, MixingParams, Observation};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Velocitune",
    summary: "Domains gain weight by the part of the way from their first loss to their reference \
              loss that is still left.",
    formula: "V_j = clamp((ℓ_j − r_j)/(ℓ_j(0) − r_j), 0, 1)
w_j ∝ w_j·e^V_j",
    sources: &[Source::Reconstructed(
        "arXiv 2411.14318 as quoted by others; it has no public code",
    )],
    notes: "Begins with the detected distribution. For a domain that began at or below its reference \
            loss, V is 0 as long as it stays there and 1 above it. Without reference losses V is 0 \
            for all.",
    moves: true,
    needs_reference: true,
    needs_target: false,
    needs_held_out: true,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Velocitune),
};

struct Velocitune;

/// V_j of one domain, the part of the way to its reference that is left, 0..=1.
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
    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let Observation { loss, first_loss, reference_loss, current, .. } = *observation;
        let mut exponents = vec![0.0; current.len()];
        let losses = loss.iter().zip(first_loss).zip(reference_loss);
        for (exponent, ((&now, &first), &reference)) in exponents.iter_mut().zip(losses) {
            *exponent = way_left(now, first, reference);
        }
        let shares = tilted(current.as_slice(), &exponents);
        moved(&shares, observation, params)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn domains_far_from_their_reference_gain_weight() {
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
    fn a_domain_that_began_at_its_reference_counts_as_there_or_not_begun() {
        assert_eq!(way_left(1.0, 1.0, 1.0), 0.0);
        assert_eq!(way_left(1.2, 1.0, 1.0), 1.0);
        assert_eq!(way_left(0.9, 0.5, 1.0), 0.0);
    }
}
