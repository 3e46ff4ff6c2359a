use super::fixed::{Fixed, Shares};
use crate::mixing::Mixture;
use crate::mixing::interface::{Cadence, DefaultDomain, Parameter, Source, StrategySpec};
use crate::unit::DomainId;
use crate::unit::allowed::{BETWEEN, SHARE};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Dmt",
    summary: "Dual-stage mixed fine-tuning: the specialized domains first, then the general domain \
              with a small part of the others.",
    formula: "progress < first_stage:  w_j ∝ w_j(0), w_general = 0
after it:                w_general : w_j = w_general(0) : k·w_j(0)",
    sources: &[Source::Reconstructed(
        "arXiv 2310.05492 as quoted by others; it counts rows of data sets, here the detected \
         weights stand for their sizes. Published: k = 1/256",
    )],
    notes: "The stage changes at the first mixture update past the border.",
    moves: true,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Fixed(Dmt { general: DomainId(0), k: 1.0 / 256.0, first_stage: 0.5 })),
};

struct Dmt {
    general: DomainId,
    k: f64,
    first_stage: f64,
}

impl Shares for Dmt {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let Dmt { general, k, first_stage } = self;
        let default = DefaultDomain::Named("general");
        vec![
            Parameter::domain("general", general, default, "the general domain"),
            Parameter::number("k", k, SHARE, "part of the specialized data in the second stage"),
            Parameter::number("first_stage", first_stage, BETWEEN, "its share of the run"),
        ]
    }

    fn shares(&self, detected: &Mixture, progress: f64) -> Vec<f64> {
        let (general, specialized) =
            if progress < self.first_stage { (0.0, 1.0) } else { (1.0, self.k) };
        let factor = |j: usize| if j == self.general.0 { general } else { specialized };
        let shares: Vec<f64> =
            detected.as_slice().iter().enumerate().map(|(j, w)| w * factor(j)).collect();
        if shares.iter().any(|&share| share > 0.0) {
            return shares;
        }
        // w(0) gives the domains of this stage nothing: the same for each of them.
        (0..detected.len()).map(factor).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;
    use crate::mixing::interface::Strategy;

    #[test]
    fn the_general_domain_comes_in_the_second_stage() {
        let mut strategy = Fixed(Dmt { general: DomainId(2), k: 0.25, first_stage: 0.5 });
        let mut case = Case::new(&[0.3, 0.1, 0.6]);
        // Stage 1: 0.3 : 0.1 : 0.
        assert_close(strategy.initial(&case.detected, &case.params).as_slice(), &[0.75, 0.25, 0.0]);
        case.progress = 0.49;
        assert_close(case.update(&mut strategy).mixture.as_slice(), &[0.75, 0.25, 0.0]);
        // Stage 2: 0.075 : 0.025 : 0.6; sum 0.7.
        case.progress = 0.5;
        let expected = [0.075 / 0.7, 0.025 / 0.7, 0.6 / 0.7];
        assert_close(case.update(&mut strategy).mixture.as_slice(), &expected);
    }

    #[test]
    fn a_stage_without_detected_weight_is_even() {
        let dmt = Dmt { general: DomainId(0), k: 0.25, first_stage: 0.5 };
        let detected = Mixture::new(vec![1.0, 0.0, 0.0]).unwrap();
        assert_eq!(dmt.shares(&detected, 0.0), [0.0, 1.0, 1.0]);
        // One domain is general and all there is.
        assert_eq!(Mixture::from_shares(&dmt.shares(&Mixture::uniform(1), 0.0), 0.0).len(), 1);
    }
}
