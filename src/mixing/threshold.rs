//! Algorithm 3's test, and how far its noise decided it.
//!
//! The paper's test, `confidence` 0, expands where S = γ_e − τ·φ̄ is above 0, with φ̄ the mean φ of the
//! others. Both are measured on a few rows: S has a standard error, and φ, a positive part, is biased
//! upwards by it, so that a target is held while nothing is forgotten. With a confidence of z a hold has to
//! be sure: the target is expanded as long as S > −m, with
//!
//! m = min(z·SE(S), γ_e − 1.3717·SE(S)).
//!
//! The second term keeps the limit φ̄ = γ_e/τ a limit: where φ̄ is in truth twice of it, S is −γ_e, and
//! is found above −m in fewer than one test of ten: 1.3717 is the 91 % point of Student's t for errors out of
//! 32 rows, the fewest that are measured, and the hundredth that is left is for losses that are not normal.
//! Where the noise is so large that twice the limit looks like none, m is negative: there an expansion has to
//! be sure. Elsewhere a confidence only turns holds into expansions. (Counting φ within their errors as 0
//! instead would leave no such bound: many small ones add up.) Ours; `make bench-method` counts wrong
//! decisions of both tests.

use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// The 91 % point of Student's t distribution with 31 degrees of freedom.
const BELOW_ONE_IN_TEN: f64 = 1.3717;
/// The two-sided 95 % point of the normal distribution.
const TWO_SIDED_95: f64 = 1.96;

/// One application of Algorithm 3's test γ_e > τ · mean φ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// e: the domains that were to grow, at least one and not all.
    pub targets: Vec<DomainId>,
    /// What came of it.
    pub outcome: Outcome,
    /// γ_e, 0..=1; with several targets their mean.
    pub target_potential: f64,
    /// Mean φ ≥ 0 of the domains that are no target.
    pub mean_forgetting: f64,
    /// γ_e / mean φ; `None` where the others forgot nothing, so that it has no finite value.
    pub ratio: Option<f64>,
    /// τ ≥ 0 at this update.
    pub tau: f64,
    /// z ≥ 0 at this update; 0 is the paper's test.
    #[serde(default)]
    pub confidence: f64,
    /// Standard error of γ_e − τ · mean φ; `None` where it is not known.
    #[serde(default)]
    pub error: Option<f64>,
    /// The domains that were beyond their forgetting limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond_limit: Vec<DomainId>,
}

/// What came of a test of Algorithm 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The test passed: each target grew by δ, or by what the floor of the others left.
    Expanded,
    /// The test failed: Algorithm 2 moved the weights.
    Held,
    /// The test passed, but the targets have all that the floor of the others leaves them: the
    /// weights stay.
    Full,
    /// The test passed, but a domain is beyond its forgetting limit: Algorithm 2 moved the weights.
    Limited,
}

impl Threshold {
    /// S = γ_e − τ · mean φ.
    pub fn statistic(&self) -> f64 {
        self.target_potential - self.tau * self.mean_forgetting
    }

    /// m: how far below 0 the statistic may be for an expansion; see the top of this file.
    pub fn margin(&self) -> f64 {
        match self.error {
            Some(error) if self.confidence > 0.0 => {
                (self.confidence * error).min(self.target_potential - BELOW_ONE_IN_TEN * error)
            }
            _ => 0.0,
        }
    }

    /// Whether γ_e is large enough for an expansion.
    pub fn passes(&self) -> bool {
        self.statistic() > -self.margin()
    }

    /// Whether rows as many as these, drawn anew, could well have decided otherwise: the statistic is within
    /// 1.96 standard errors of what decides. `false` where the error is not known.
    pub fn is_within_noise(&self) -> bool {
        let distance = (self.statistic() + self.margin()).abs();
        self.error.is_some_and(|error| distance < TWO_SIDED_95 * error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn test(potential: f64, forgetting: f64, tau: f64, z: f64, error: f64) -> Threshold {
        Threshold {
            targets: vec![DomainId(0)],
            outcome: Outcome::Held,
            target_potential: potential,
            mean_forgetting: forgetting,
            ratio: None,
            tau,
            confidence: z,
            error: Some(error),
            beyond_limit: Vec::new(),
        }
    }

    #[test]
    fn a_hold_has_to_be_sure_where_a_confidence_is_given() {
        // γ_e = 0.2, τ = 10: the limit of mean φ is 0.02. At 0.022 S = −0.02.
        assert!(!test(0.2, 0.022, 10.0, 0.0, 0.03).passes(), "the paper's");
        // m = min(1 · 0.03, 0.2 − 0.041) = 0.03.
        let sure = test(0.2, 0.022, 10.0, 1.0, 0.03);
        assert!(sure.passes() && (sure.margin() - 0.03).abs() < 1e-12);
        // A larger z stops where forgetting of twice the limit would pass too often.
        let bounded = test(0.2, 0.022, 10.0, 9.0, 0.12);
        assert!((bounded.margin() - (0.2 - 1.3717 * 0.12)).abs() < 1e-12);
        // Too much noise to tell twice the limit from none: S has to be 0.07434 at least, φ̄ 0.012566 at most.
        let noisy = |forgetting| test(0.2, forgetting, 10.0, 1.0, 0.2);
        assert!((noisy(0.0).margin() + 0.07434).abs() < 1e-12);
        assert!(noisy(0.0125).passes() && !noisy(0.0126).passes());
    }

    #[test]
    fn noise_is_marked_on_both_sides_of_what_decides() {
        assert!(test(0.2, 0.019, 10.0, 0.0, 0.03).is_within_noise());
        assert!(test(0.2, 0.022, 10.0, 0.0, 0.03).is_within_noise());
        assert!(!test(0.2, 0.001, 10.0, 0.0, 0.03).is_within_noise());
        let unknown = Threshold { error: None, ..test(0.2, 0.0, 10.0, 0.0, 0.0) };
        assert!(!unknown.is_within_noise());
    }

    proptest! {
        #[test]
        fn confidence_turns_holds_into_expansions_as_far_as_the_limit_stays_one(
            potential in 0.0f64..1.0, forgetting in 0.0f64..0.2, tau in 0.0f64..50.0,
            z in 0.001f64..4.0, error in 0.0f64..0.5,
        ) {
            let plain = test(potential, forgetting, tau, 0.0, error).passes();
            let sure = test(potential, forgetting, tau, z, error);
            prop_assert!(sure.passes() || !plain || potential < BELOW_ONE_IN_TEN * error);
            // Where the truth is −γ_e, an error that is found in one test of ten is not enough.
            prop_assert!(!sure.passes() || sure.statistic() > BELOW_ONE_IN_TEN * error - potential);
            // Without potential nothing is expanded, however large the noise.
            prop_assert!(!test(0.0, forgetting, tau, z, error).passes());
        }
    }
}
