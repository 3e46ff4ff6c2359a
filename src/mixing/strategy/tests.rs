//! Hand-worked values of the fixed mixtures, and properties of every strategy.

use super::STRATEGIES;
use super::testing::{Case, assert_close, kind};
use crate::mixing::{
    MixingParams, Mixture, Outcome, Outlook, StrategyKind, StrategyState, learnable_potential,
};
use crate::unit::DomainId;
use proptest::prelude::{Just, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as Generator;

#[test]
fn fixed_mixtures_are_those_of_their_formulas() {
    let mut case = Case::new(&[0.5, 0.3, 0.2]);
    let expected: [(&str, [f64; 3]); 5] = [
        ("Constant()", [0.5, 0.3, 0.2]),
        ("Uniform()", [1.0 / 3.0; 3]),
        // (1 − w)/Σ(1 − w): 0.5, 0.7, 0.8 over 2.
        ("Inverse()", [0.25, 0.35, 0.4]),
        ("Only(\"d1\")", [0.0, 1.0, 0.0]),
        ("UniformRest(target: \"d1\", share: 0.6)", [0.2, 0.6, 0.2]),
    ];
    for (text, weights) in &expected {
        let mut strategy = kind(text).build(3);
        assert_close(strategy.initial(&case.detected, &case.params).as_slice(), weights);
        case.current = Mixture::new(vec![0.1, 0.1, 0.8]).unwrap();
        assert_close(case.update(&mut *strategy).mixture.as_slice(), weights);
    }
    case.params.floor = 0.1;
    let only = kind("Only(\"d1\")").build(3).initial(&case.detected, &case.params);
    assert_close(only.as_slice(), &[0.1, 0.8, 0.1]);
}

#[test]
fn one_domain_alone_keeps_everything() {
    let only = DomainId(0);
    for kind in kinds(only) {
        let mut case = Case::new(&[1.0]);
        case.params.targets = vec![only];
        let mut strategy = kind.build(1);
        let name = kind.name();
        assert_eq!(strategy.initial(&case.detected, &case.params).as_slice(), [1.0], "{name}");
        assert_eq!(case.update(&mut *strategy).mixture.as_slice(), [1.0], "{name}");
    }
}

/// One of every kind (VersaTune with both rules and both shares), about `domain` where the kind
/// names one.
fn kinds(domain: DomainId) -> Vec<StrategyKind> {
    let name = format!("\"d{}\"", domain.0);
    let mut texts: Vec<String> = [
        "Constant()",
        "Uniform()",
        "Inverse()",
        "DoReMi()",
        "ShearedLlama()",
        "Odm()",
        "Velocitune()",
        "SkillIt()",
        "Ado()",
        "Doge()",
    ]
    .map(String::from)
    .to_vec();
    texts.push(format!("Only({name})"));
    texts.push(format!("UniformRest(target: {name}, share: 0.4)"));
    texts.push(format!("Dmt(general: {name})"));
    for share in ["Current", "Detected"] {
        texts.push(format!("VersaTune(rule: Linear, share: {share})"));
        texts.push(format!("VersaTune(rule: Exponential, share: {share})"));
    }
    let mut kinds: Vec<StrategyKind> = texts.iter().map(|text| kind(text)).collect();
    // A config of these must have a target; the cases here may have none.
    kinds.push(unconditional("Current"));
    kinds.push(unconditional("Detected"));
    kinds
}

fn unconditional(share: &str) -> StrategyKind {
    serde_json::from_str(&format!(r#"{{"Unconditional": {{"share": "{share}"}}}}"#)).unwrap()
}

#[test]
fn the_properties_below_hold_for_every_strategy() {
    let tested = kinds(DomainId(0));
    for spec in STRATEGIES {
        assert!(tested.iter().any(|kind| kind.name() == spec.name), "{} is missing", spec.name);
    }
}

/// A weight that is often exactly 0 in the raw draw; at least one is not.
fn mixture(domains: usize) -> impl Generator<Value = Mixture> {
    prop::collection::vec(prop_oneof![1 => Just(0.0), 4 => 0.001..1.0f64], domains)
        .prop_filter_map("all weights are 0", |w| Mixture::normalized(w).ok())
}

fn losses(domains: usize) -> impl Generator<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![9 => 0.05..8.0f64, 1 => 1e-6..1e3f64], domains)
}

/// A run of `k` domains in any state that the engine can bring about.
fn case_of(k: usize) -> impl Generator<Value = Case> {
    let params = (0.0..5.0f64, 0.0..1.0f64, 0.0..4.0f64, 0.0..1.0f64, 0.0..1.0f64);
    let targets = prop::collection::vec(prop::bool::ANY, k);
    let training = prop::collection::vec(prop::option::of(0.05..8.0f64), k);
    let losses = (losses(k), losses(k), losses(k), losses(k), training);
    let clock = (0u64..200, 0.0..=1.0f64);
    let graph = prop::option::of(prop::collection::vec(prop::collection::vec(-1.0..1.0f64, k), k));
    let products = prop::option::of(prop::collection::vec(-1e3..1e3f64, k));
    (clock, mixture(k), mixture(k), losses, params, (targets, graph, products)).prop_map(
        move |(clock, current, detected, losses, params, (targets, graph, products))| {
            let floor = params.3 * 0.99 / k as f64;
            let is_target = |j: &DomainId| targets[j.0];
            Case {
                outlook: Outlook {
                    strategy: StrategyKind::default(),
                    state: StrategyState::default(),
                    updates: clock.0,
                    progress: clock.1,
                    current: current.with_floor(floor),
                    detected,
                    loss: losses.0,
                    previous_loss: losses.1,
                    first_loss: losses.2,
                    potential_error: vec![0.05; k],
                    change_error: vec![0.01; k],
                    reference_loss: losses.3,
                    training_loss: losses.4,
                    graph,
                    lr: 1e-3,
                    gradient_products: products.unwrap_or_default(),
                },
                params: MixingParams {
                    lambda: params.0,
                    delta: params.1,
                    tau: params.2,
                    floor,
                    // Off half the time, as in the paper.
                    anchor: (params.4 * 2.0 - 1.0).max(0.0),
                    targets: (0..k).map(DomainId).filter(is_target).collect(),
                    confidence: params.2 / 2.0,
                    ..MixingParams::default()
                },
            }
        },
    )
}

fn case() -> impl Generator<Value = Case> {
    (2usize..8).prop_flat_map(case_of)
}

/// The same case with domain `j` at index `to[j]`.
fn permuted(case: &Case, to: &[usize]) -> Case {
    fn moved<T: Clone>(values: &[T], to: &[usize]) -> Vec<T> {
        let mut out = values.to_vec();
        values.iter().zip(to).for_each(|(value, &index)| out[index] = value.clone());
        out
    }
    let mixture = |m: &Mixture| Mixture::try_from(moved(m.as_slice(), to)).unwrap();
    let mut params = case.params.clone();
    params.targets = params.targets.iter().map(|target| DomainId(to[target.0])).collect();
    let outlook = Outlook {
        current: mixture(&case.current),
        detected: mixture(&case.detected),
        loss: moved(&case.loss, to),
        previous_loss: moved(&case.previous_loss, to),
        first_loss: moved(&case.first_loss, to),
        reference_loss: moved(&case.reference_loss, to),
        training_loss: moved(&case.training_loss, to),
        gradient_products: match case.gradient_products.as_slice() {
            [] => Vec::new(),
            products => moved(products, to),
        },
        graph: case.graph.as_ref().map(|graph| {
            let columns: Vec<Vec<f64>> = graph.iter().map(|row| moved(row, to)).collect();
            moved(&columns, to)
        }),
        ..case.outlook.clone()
    };
    Case { outlook, params }
}

fn with_permutation() -> impl Generator<Value = (Case, Vec<usize>)> {
    case().prop_flat_map(|case| {
        let indices: Vec<usize> = (0..case.loss.len()).collect();
        (Just(case), Just(indices).prop_shuffle())
    })
}

fn distance(a: &Mixture, b: &Mixture) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn holds_invariant(mixture: &Mixture, case: &Case) -> bool {
    let weights = mixture.as_slice();
    weights.len() == case.loss.len()
        && weights.iter().all(|&w| w >= case.params.floor)
        && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-9
}

proptest! {
    #[test]
    fn weights_keep_floor_and_sum(case in case()) {
        for kind in kinds(DomainId(1)) {
            let mut strategy = kind.build(case.loss.len());
            let initial = strategy.initial(&case.detected, &case.params);
            prop_assert!(holds_invariant(&initial, &case), "{}: {initial:?}", kind.name());
            let decision = case.update(&mut *strategy);
            prop_assert!(holds_invariant(&decision.mixture, &case), "{}: {decision:?}", kind.name());
            prop_assert!(decision.potential.iter().all(|g| (0.0..=1.0).contains(g)));
            prop_assert!(decision.forgetting.iter().all(|f| *f >= 0.0 && f.is_finite()));
        }
    }

    /// A strategy that declares that it needs no held-out losses decides alike without them, and
    /// then knows no γ and no φ.
    #[test]
    fn what_is_declared_unneeded_changes_no_weight(case in case()) {
        let mut without = case.clone();
        (without.loss, without.previous_loss) = (Vec::new(), Vec::new());
        for kind in kinds(DomainId(1)).iter().filter(|kind| !kind.spec().needs_held_out) {
            let domains = case.detected.len();
            let decision = without.update(&mut *kind.build(domains));
            let with = case.update(&mut *kind.build(domains));
            prop_assert_eq!(decision.mixture, with.mixture, "{}", kind.name());
            prop_assert!(decision.potential.is_empty() && decision.forgetting.is_empty());
            prop_assert_eq!(with.potential.len(), domains);
        }
    }

    #[test]
    fn permuting_the_domains_permutes_the_answer((case, to) in with_permutation()) {
        let other = permuted(&case, &to);
        for (kind, moved) in kinds(DomainId(1)).iter().zip(kinds(DomainId(to[1]))) {
            let domains = case.loss.len();
            let (mut here, mut there) = (kind.build(domains), moved.build(domains));
            let (here, there) = (case.update(&mut *here), other.update(&mut *there));
            for (j, &moved) in to.iter().enumerate() {
                let weights = (here.mixture.as_slice()[j], there.mixture.as_slice()[moved]);
                prop_assert!((weights.0 - weights.1).abs() < 1e-9, "{}: {weights:?}", kind.name());
                prop_assert_eq!(here.potential[j], there.potential[moved]);
                prop_assert_eq!(here.forgetting[j], there.forgetting[moved]);
            }
            prop_assert_eq!(here.threshold.map(|t| t.outcome), there.threshold.map(|t| t.outcome));
        }
    }

    /// Equal γ by unequal losses: r_j = (1 − γ)·ℓ_j.
    #[test]
    fn equal_potentials_leave_the_mixture_unchanged(mut case in case(), gamma in 0.0..1.0f64) {
        case.params.anchor = 0.0;
        case.params.targets.clear();
        case.reference_loss = case.loss.iter().map(|loss| loss * (1.0 - gamma)).collect();
        for rule in ["VersaTune(rule: Linear)", "VersaTune(rule: Exponential)"] {
            let mut strategy = kind(rule).build(case.loss.len());
            let new = case.update(&mut *strategy).mixture;
            prop_assert!(distance(&new, &case.current) < 1e-12, "{new:?}");
        }
    }

    /// Where domains are all alike no adaptive strategy has a reason to prefer one.
    #[test]
    fn domains_alike_leave_the_mixture_unchanged(mut case in case(), all in [0.1..5.0f64, 0.1..5.0, 0.1..5.0]) {
        let domains = case.loss.len();
        case.params.anchor = 0.0;
        case.params.targets.clear();
        case.loss = vec![all[0]; domains];
        case.first_loss = vec![all[1]; domains];
        case.reference_loss = vec![all[2]; domains];
        for kind in [
            unconditional("Current"),
            kind("DoReMi(smoothing: 0)"),
            kind("ShearedLlama(smoothing: 0)"),
            kind("Velocitune()"),
        ] {
            let new = case.update(&mut *kind.build(domains)).mixture;
            prop_assert!(distance(&new, &case.current) < 1e-12, "{}: {new:?}", kind.name());
        }
        // The fixed ones stay at what they began with.
        for fixed in ["Constant()", "Uniform()", "Inverse()"] {
            let mut strategy = kind(fixed).build(domains);
            let initial = strategy.initial(&case.detected, &case.params);
            prop_assert_eq!(case.update(&mut *strategy).mixture, initial);
        }
    }

    #[test]
    fn an_expansion_shrinks_no_target_and_grows_no_other(mut case in case()) {
        case.params.anchor = 0.0;
        for kind in [kind("VersaTune()"), unconditional("Current")] {
            let decision = case.update(&mut *kind.build(case.loss.len()));
            let held = |t: &crate::mixing::Threshold| t.outcome == Outcome::Held;
            let every = case.params.targets.len() == case.loss.len();
            if decision.threshold.as_ref().is_some_and(held) || every || case.params.targets.is_empty() {
                continue;
            }
            for j in (0..case.loss.len()).map(DomainId) {
                let (old, new) = (case.current.weight(j), decision.mixture.weight(j));
                if case.params.targets.contains(&j) {
                    prop_assert!(new >= old - 1e-12 && new <= old + case.params.delta + 1e-12);
                } else {
                    prop_assert!(new <= old + 1e-12);
                }
            }
        }
    }

    /// A larger λ gives the domain of the largest γ no less, that of the smallest no more.
    #[test]
    fn a_larger_lambda_gives_more_to_the_largest_potential(mut case in case(), more in 0.0..1e3f64) {
        case.params.anchor = 0.0;
        case.params.targets.clear();
        let gamma = |j: &usize| learnable_potential(case.loss[*j], case.reference_loss[*j]);
        let order = |a: &usize, b: &usize| gamma(a).total_cmp(&gamma(b));
        // Domains without weight stay there whatever their γ.
        let weighted = || (0..case.loss.len()).filter(|&j| case.current.as_slice()[j] > 0.0);
        let (first, last) = (weighted().min_by(order).unwrap(), weighted().max_by(order).unwrap());
        for rule in ["VersaTune(rule: Linear)", "VersaTune(rule: Exponential)"] {
            let mut strategy = kind(rule).build(case.loss.len());
            let before = case.update(&mut *strategy).mixture;
            let mut case = case.clone();
            case.params.lambda += more;
            let after = case.update(&mut *strategy).mixture;
            prop_assert!(after.as_slice()[last] >= before.as_slice()[last] - 1e-12);
            prop_assert!(after.as_slice()[first] <= before.as_slice()[first] + 1e-12);
        }
    }

    /// A checkpoint in the middle of a run, through its file form, changes no bit of what follows.
    #[test]
    fn a_restored_strategy_goes_on_to_the_bit(
        cases in (2usize..8).prop_flat_map(|k| prop::collection::vec(case_of(k), 4))
    ) {
        let domains = cases[0].loss.len();
        let (before, after) = cases.split_at(2);
        for kind in kinds(DomainId(1)) {
            let mut strategy = kind.build(domains);
            before.iter().for_each(|case| drop(case.update(&mut *strategy)));
            let written = ron::to_string(&strategy.state()).unwrap();
            let mut restored = kind.build(domains);
            restored.restore(ron::from_str(&written).unwrap());
            for case in after {
                prop_assert_eq!(case.update(&mut *restored), case.update(&mut *strategy));
            }
        }
    }
}
