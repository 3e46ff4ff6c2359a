use super::adjust::{decision, forgettings, moved, potentials, settled, tilted};
use super::expansion::{Share, expanded, growth_limit, targets};
use crate::mixing::interface::{Cadence, Options, Parameter, Source, Strategy, StrategySpec};
use crate::mixing::{
    AutoLambda, Decision, MixingParams, Observation, Outcome, SolvedLambda, Threshold,
};
use crate::unit::DomainId;

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "VersaTune",
    summary: "The paper's method: Algorithm 2 follows what each domain can still learn, Algorithm 3 \
              expands the target domains as long as the others forget little.",
    formula: "γ_j = max((ℓ_j − r_j)/ℓ_j, 0)
φ_j = max((ℓ_j(t) − ℓ_j(t−1))/ℓ_j(t−1), 0)
Algorithm 2:  w_j ← w_j·(1 + λγ_j), or w_j·e^(λγ_j), divided by the sum
Algorithm 3:  an expansion if γ_e > τ · mean φ of the others,
              else Algorithm 2 (a hold)
Expansion:    w_e ← w_e + δ;  w_j ← w_j·(1 − Σ w'_e)/(1 − Σ w_e)",
    sources: &[
        Source::Verified("γ and φ (Eqs. 2 and 3): checked against the authors' figure"),
        Source::Reconstructed("w(0) (Eq. 1), Algorithm 2 and Eqs. 4 and 5: from the paper's prose"),
    ],
    notes: "Begins with w(0), the detected distribution. With several targets γ_e is their mean. \
            Where every domain is a target there are no others to compare with: no test is made, and \
            Algorithm 2 goes on. The paper computes Algorithm 2's weights before the test and then \
            says that an expansion raises \"the current weight\": here an expansion starts from the \
            weights in force, not from Algorithm 2's. A target that has all that the floor of \
            the others leaves is full, and the weights stay.",
    moves: true,
    needs_reference: true,
    needs_target: false,
    needs_held_out: true,
    needs_gradients: false,
    has_lambda: true,
    cadence: Cadence::Interval,
    new: |_| Box::new(VersaTune { rule: Rule::default(), share: Share::default() }),
};

struct VersaTune {
    rule: Rule,
    share: Share,
}

/// How γ moves a weight in Algorithm 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rule {
    /// w · (1 + λγ), the paper's prose.
    #[default]
    Linear,
    /// w · e^(λγ).
    Exponential,
}

impl Options for Rule {
    const NAMES: &'static [&'static str] = &["Linear", "Exponential"];
    const VARIANTS: &'static [Self] = &[Rule::Linear, Rule::Exponential];
}

impl Strategy for VersaTune {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::word("rule", &mut self.rule, "how γ moves a weight"),
            Parameter::word("share", &mut self.share, Share::HELP),
        ]
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let Some(is_target) = targets(params, observation.current.len()) else {
            let shares = self.adjusted(observation, params);
            return moved(&shares, observation, params);
        };
        let threshold = tested(observation, params, &is_target);
        let shares = match threshold.outcome {
            Outcome::Expanded | Outcome::Full => {
                expanded(observation, params, self.share, &is_target)
            }
            Outcome::Held | Outcome::Limited => self.adjusted(observation, params),
        };
        decision(settled(&shares, observation, params), observation, Some(threshold))
    }

    fn auto_lambda(
        &self,
        observation: &Observation<'_>,
        auto: &AutoLambda,
    ) -> Option<SolvedLambda> {
        let (potentials, errors) = (potentials(observation), observation.potential_error);
        Some(
            auto.solve(&potentials, errors, observation.current.as_slice(), |gain| {
                self.factor(gain)
            }),
        )
    }
}

impl VersaTune {
    /// Algorithm 2's factor of a weight, for a given λγ.
    fn factor(&self, gain: f64) -> f64 {
        match self.rule {
            Rule::Linear => 1.0 + gain,
            Rule::Exponential => gain.exp(),
        }
    }

    /// Algorithm 2's weights, up to a common factor that keeps them finite for every λ.
    fn adjusted(&self, observation: &Observation<'_>, params: &MixingParams) -> Vec<f64> {
        let weights = observation.current.as_slice();
        let gains: Vec<f64> =
            potentials(observation).iter().map(|g| (params.lambda * g).min(f64::MAX)).collect();
        match self.rule {
            Rule::Exponential => tilted(weights, &gains),
            Rule::Linear => {
                // Of the domains that have weight, as a domain at 0 stays there.
                let weighted = weights.iter().zip(&gains).filter(|(w, _)| **w > 0.0);
                let largest = weighted.map(|(_, &gain)| gain).fold(0.0, f64::max);
                let factor = |gain: f64| (1.0 + gain) / (1.0 + largest);
                let raised =
                    |(&w, &gain): (&f64, &f64)| if w > 0.0 { w * factor(gain) } else { 0.0 };
                weights.iter().zip(&gains).map(raised).collect()
            }
        }
    }
}

/// Less space to grow than this is the rounding error of a target that is full already.
const NO_SPACE: f64 = 1e-9;

/// Algorithm 3's test, as a product, so that zero forgetting needs no division.
fn tested(observation: &Observation<'_>, params: &MixingParams, is_target: &[bool]) -> Threshold {
    let target_potential = mean(&potentials(observation), is_target, true);
    let mean_forgetting = mean(&forgettings(observation), is_target, false);
    let mut threshold = Threshold {
        targets: params.targets.clone(),
        outcome: Outcome::Held,
        target_potential,
        mean_forgetting,
        ratio: Some(target_potential / mean_forgetting).filter(|ratio| ratio.is_finite()),
        tau: params.tau,
        confidence: params.confidence,
        error: statistic_error(observation, params.tau, is_target),
        beyond_limit: beyond_limit(observation, params),
    };
    threshold.outcome = if !threshold.passes() {
        Outcome::Held
    } else if !threshold.beyond_limit.is_empty() {
        Outcome::Limited
    } else if growth_limit(observation.current.as_slice(), params, is_target) < NO_SPACE {
        Outcome::Full
    } else {
        Outcome::Expanded
    };
    threshold
}

/// Standard error of γ_e − τ · mean φ: the domains have rows of their own, so their errors are independent.
fn statistic_error(observation: &Observation<'_>, tau: f64, is_target: &[bool]) -> Option<f64> {
    let domains = is_target.len();
    let (potential, change) = (observation.potential_error, observation.change_error);
    if potential.len() != domains || change.len() != domains {
        return None;
    }
    let of_mean = |errors: &[f64], wanted| {
        let squares: Vec<f64> = errors.iter().map(|error| error * error).collect();
        let count = is_target.iter().filter(|&&target| target == wanted).count() as f64;
        mean(&squares, is_target, wanted) / count
    };
    let variance = of_mean(potential, true) + tau * tau * of_mean(change, false);
    Some(variance.sqrt()).filter(|error| error.is_finite())
}

/// The domains whose loss has risen further above ℓ(0) than they may.
fn beyond_limit(observation: &Observation<'_>, params: &MixingParams) -> Vec<DomainId> {
    let risen = |(DomainId(j), limit): &(&DomainId, &f64)| {
        let pair = observation.loss.get(*j).zip(observation.first_loss.get(*j));
        pair.is_some_and(|(loss, first)| loss / first - 1.0 > **limit)
    };
    params.forgetting_limit.iter().filter(risen).map(|(id, _)| *id).collect()
}

/// Mean over the domains whose mask is `wanted`; each is divided first, so that no sum overflows.
fn mean(values: &[f64], mask: &[bool], wanted: bool) -> f64 {
    let count = mask.iter().filter(|&&m| m == wanted).count() as f64;
    values.iter().zip(mask).filter(|(_, m)| **m == wanted).map(|(v, _)| v / count).sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;
    use crate::mixing::Mixture;
    use crate::unit::DomainId;

    const LINEAR: VersaTune = VersaTune { rule: Rule::Linear, share: Share::Current };

    /// γ = (0.25, 0, 0.5); φ = (0, 0.25, 0.25).
    fn case() -> Case {
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.loss = vec![2.0, 2.5, 1.25];
        case.reference_loss = vec![1.5, 2.5, 0.625];
        case.previous_loss = vec![3.0, 2.0, 1.0];
        case.params.lambda = 0.4;
        case.params.delta = 0.1;
        case.params.tau = 1.0;
        case
    }

    #[test]
    fn algorithm_2_moves_weights_by_their_potential() {
        // Linear: 0.5·1.1 = 0.55, 0.3·1 = 0.3, 0.2·1.2 = 0.24; sum 1.09.
        let decision = case().update(&mut { LINEAR });
        assert_close(decision.mixture.as_slice(), &[0.55 / 1.09, 0.3 / 1.09, 0.24 / 1.09]);
        assert_eq!(decision.potential, [0.25, 0.0, 0.5]);
        assert_eq!(decision.forgetting, [0.0, 0.25, 0.25]);
        assert_eq!(decision.threshold, None);
        // Exponential: e^0.1 = 1.105170918, e^0.2 = 1.221402758:
        // 0.552585459, 0.3, 0.244280552; sum 1.096866011.
        let mut exponential = VersaTune { rule: Rule::Exponential, share: Share::Current };
        let weights = case().update(&mut exponential).mixture;
        assert_close(weights.as_slice(), &[0.5037857438, 0.2735065150, 0.2227077412]);
    }

    #[test]
    fn an_expansion_grows_the_target_and_shrinks_the_others_in_their_ratio() {
        let mut case = case();
        case.params.targets = vec![DomainId(2)];
        // γ_e = 0.5 > 1 · (0 + 0.25)/2 = 0.125: 0.2 → 0.3; the others keep 0.7 in the ratio 5 : 3.
        let decision = case.update(&mut { LINEAR });
        assert_close(decision.mixture.as_slice(), &[0.4375, 0.2625, 0.3]);
        let threshold = decision.threshold.unwrap();
        assert_eq!(threshold.outcome, Outcome::Expanded);
        assert_eq!(threshold.target_potential, 0.5);
        assert_eq!(threshold.mean_forgetting, 0.125);
        assert_eq!(threshold.ratio, Some(4.0));
        // With the detected ratio 1 : 3 of the others they get 0.175 and 0.525.
        case.detected = Mixture::new(vec![0.2, 0.6, 0.2]).unwrap();
        let mut detected = VersaTune { rule: Rule::Linear, share: Share::Detected };
        assert_close(case.update(&mut detected).mixture.as_slice(), &[0.175, 0.525, 0.3]);
    }

    #[test]
    fn a_ratio_that_does_not_exceed_tau_is_a_hold() {
        let mut case = case();
        case.params.targets = vec![DomainId(2)];
        // 0.5 > 4 · 0.125 does not hold (the ratio must exceed τ): Algorithm 2 as above.
        case.params.tau = 4.0;
        let decision = case.update(&mut { LINEAR });
        assert_close(decision.mixture.as_slice(), &[0.55 / 1.09, 0.3 / 1.09, 0.24 / 1.09]);
        assert_eq!(decision.threshold.unwrap().outcome, Outcome::Held);
    }

    #[test]
    fn without_forgetting_any_potential_expands_and_none_holds() {
        let mut case = case();
        case.params.targets = vec![DomainId(2)];
        case.previous_loss = vec![9.0; 3];
        let threshold = case.update(&mut { LINEAR }).threshold.unwrap();
        assert_eq!((threshold.outcome, threshold.ratio), (Outcome::Expanded, None));
        case.params.targets = vec![DomainId(1)]; // γ = 0
        let threshold = case.update(&mut { LINEAR }).threshold.unwrap();
        assert_eq!((threshold.outcome, threshold.ratio), (Outcome::Held, None));
    }

    #[test]
    fn several_targets_share_the_space_that_the_floor_leaves() {
        let mut case = case();
        case.params.targets = vec![DomainId(2), DomainId(0)];
        // mean γ = 0.375 > φ_1 = 0.25: 0.5 → 0.6, 0.2 → 0.3, 0.1 is left.
        let decision = case.update(&mut { LINEAR });
        assert_close(decision.mixture.as_slice(), &[0.6, 0.1, 0.3]);
        let threshold = decision.threshold.unwrap();
        assert_eq!((threshold.target_potential, threshold.mean_forgetting), (0.375, 0.25));
        // A floor of 0.2 leaves space for 0.1 in all, 0.05 each.
        case.params.floor = 0.2;
        assert_close(case.update(&mut { LINEAR }).mixture.as_slice(), &[0.55, 0.2, 0.25]);
        // Every domain a target: nothing to hold against, Algorithm 2.
        case.params.floor = 0.0;
        case.params.targets = (0..3).map(DomainId).collect();
        let decision = case.update(&mut { LINEAR });
        assert_close(decision.mixture.as_slice(), &[0.55 / 1.09, 0.3 / 1.09, 0.24 / 1.09]);
        assert_eq!(decision.threshold, None);
    }

    #[test]
    fn a_target_that_has_all_the_space_is_full_and_the_weights_stay() {
        let mut case = case();
        case.params.targets = vec![DomainId(2)];
        case.params.floor = 0.1;
        case.current = Mixture::new(vec![0.1, 0.1, 0.8]).unwrap();
        let decision = case.update(&mut { LINEAR });
        assert_eq!(decision.threshold.unwrap().outcome, Outcome::Full);
        assert_close(decision.mixture.as_slice(), &[0.1, 0.1, 0.8]);
        // A little space is still an expansion.
        case.current = Mixture::new(vec![0.1, 0.101, 0.799]).unwrap();
        let decision = case.update(&mut { LINEAR });
        assert_eq!(decision.threshold.unwrap().outcome, Outcome::Expanded);
        assert_close(decision.mixture.as_slice(), &[0.1, 0.1, 0.8]);
    }

    #[test]
    fn the_anchor_pulls_towards_the_detected_mixture() {
        let mut case = case();
        case.params.lambda = 0.0;
        case.detected = Mixture::uniform(3);
        case.params.anchor = 0.25;
        // 0.75·0.5 + 0.25/3, …
        let third = 0.25 / 3.0;
        let weights = case.update(&mut { LINEAR }).mixture;
        assert_close(weights.as_slice(), &[0.375 + third, 0.225 + third, 0.15 + third]);
    }

    #[test]
    fn without_references_no_potential_and_no_movement() {
        let mut case = case();
        case.reference_loss = vec![];
        let decision = case.update(&mut { LINEAR });
        assert_close(decision.mixture.as_slice(), &[0.5, 0.3, 0.2]);
        assert_eq!(decision.potential, [0.0; 3]);
    }

    #[test]
    fn a_huge_lambda_stays_finite() {
        for rule in [Rule::Linear, Rule::Exponential] {
            let mut case = case();
            case.params.lambda = f64::MAX;
            let mut strategy = VersaTune { rule, share: Share::Current };
            let mixture = case.update(&mut strategy).mixture;
            match rule {
                // Only γ counts: 0.5·0.25 : 0 : 0.2·0.5.
                Rule::Linear => {
                    assert_close(mixture.as_slice(), &[0.125 / 0.225, 0.0, 0.1 / 0.225])
                }
                Rule::Exponential => assert_eq!(mixture.as_slice(), [0.0, 0.0, 1.0]),
            }
        }
    }
}
