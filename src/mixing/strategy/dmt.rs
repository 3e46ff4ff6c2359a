use crate::mixing::Mixture;
use crate::unit::DomainId;

/// `Dmt`, dual-stage mixed fine-tuning (arXiv 2310.05492) `[R]` (the paper as quoted by others;
/// it counts rows of data sets, here the detected weights stand for their sizes):
///
/// - while progress < `first_stage`: the specialised domains alone, in the ratio of w(0);
/// - after it: the general domain and a fraction k of the others, w_general : k·w_j.
///
/// Published: k = 1/256. The stage changes at the first mixture update past the border.
pub(super) struct Dmt {
    pub(super) general: DomainId,
    pub(super) k: f64,
    pub(super) first_stage: f64,
}

impl Dmt {
    pub(super) fn shares(&self, detected: &Mixture, progress: f64) -> Vec<f64> {
        let (general, specialised) =
            if progress < self.first_stage { (0.0, 1.0) } else { (1.0, self.k) };
        let factor = |j: usize| if j == self.general.0 { general } else { specialised };
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
    use super::super::StrategyKind;
    use super::super::testing::{Case, assert_close};
    use super::*;

    #[test]
    fn by_hand() {
        let kind = StrategyKind::Dmt { general: DomainId(2), k: 0.25, first_stage: 0.5 };
        let mut strategy = kind.build(3);
        let mut case = Case::new(&[0.3, 0.1, 0.6]);
        // Stage 1: 0.3 : 0.1 : 0.
        assert_close(strategy.initial(&case.detected, &case.params).as_slice(), &[0.75, 0.25, 0.0]);
        case.progress = 0.49;
        assert_close(case.update(&mut *strategy).mixture.as_slice(), &[0.75, 0.25, 0.0]);
        // Stage 2: 0.075 : 0.025 : 0.6; sum 0.7.
        case.progress = 0.5;
        let expected = [0.075 / 0.7, 0.025 / 0.7, 0.6 / 0.7];
        assert_close(case.update(&mut *strategy).mixture.as_slice(), &expected);
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
