//! Conditions as people write them, what is wrong with others, and the round trip.

use super::ast::*;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn parsed(text: &str) -> Result<Condition, String> {
    Condition::parse(text).map_err(|error| error.to_string())
}

/// A run with these values, in which every median is 100, and which is in one situation.
struct Run(BTreeMap<&'static str, f64>, Option<Situation>);

impl Values for Run {
    fn value(&self, quantity: &Quantity) -> Option<f64> {
        self.0.get(quantity.to_string().as_str()).copied()
    }

    fn median(&self, _: &Quantity) -> Option<f64> {
        Some(100.0)
    }

    fn is(&self, situation: Situation) -> bool {
        self.1 == Some(situation)
    }
}

fn run() -> Run {
    let values =
        [("loss", 2.5), ("forgotten(general)", 0.0213), ("tokens_per_s", 40.0), ("step", 7.0)];
    Run(BTreeMap::from(values), Some(Situation::TargetAtCeiling))
}

#[test]
fn a_condition_passes_by_the_values_of_the_run() {
    for (text, expected) in [
        ("forgotten(general) > 0.02", true),
        ("forgotten(general) > 0.02 for 3 updates", true),
        ("tokens_per_s < 0.5 * median", true),
        ("tokens_per_s < 0.3 * median", false),
        ("target at ceiling", true),
        ("not target at ceiling", false),
        ("limit reached", false),
        ("step >= 7 and loss<2.5", false),
        ("step >= 7 and loss <= 2.5", true),
        ("step > 7 or loss <= 2.5", true),
        ("not (step > 7 or loss > 2.5)", true),
        ("3 > loss", true),
        ("loss < 0.5 * step", true),
        // Not known: neither it nor its opposite passes.
        ("lr > 0", false),
        ("not lr > 0", false),
        ("lr > 0 or step > 3", true),
        ("lr > 0 and step > 3", false),
    ] {
        assert_eq!(Condition::parse(text).unwrap().holds(&run()), expected, "{text}");
    }
}

#[test]
fn what_was_found_is_told_in_words() {
    for (text, expected) in [
        ("forgotten(general) > 0.02 for 3 updates", "forgotten(general) is 0.0213"),
        ("tokens_per_s < 0.5 * median", "tokens_per_s is 40, its median is 100"),
        ("lr > 0 or not step > 3", "lr is not known, step is 7"),
        ("target at ceiling", ""),
    ] {
        assert_eq!(Condition::parse(text).unwrap().found(&run()), expected, "{text}");
    }
}

#[test]
fn a_condition_is_written_as_it_is_read() {
    for (text, written) in [
        ("forgotten( general )>.02 for 3 updates", "forgotten(general) > 0.02 for 3 updates"),
        ("tokens_per_s < 0.5*median", "tokens_per_s < 0.5 * median"),
        ("loss > 3 for 1 steps", "loss > 3 for 1 step"),
        ("gpu.temperature > 88", "gpu.temperature > 88"),
        ("no step for 600 s", "no step for 10 min"),
        ("no step for 90 s", "no step for 90 s"),
        ("no step for 48 h", "no step for 48 h"),
        ("loss > 1 and loss < 2 or phase failed", "(loss > 1 and loss < 2) or phase failed"),
        ("(loss(law-2.x) >= 1)", "loss(law-2.x) >= 1"),
        ("not (step > 3 and step < 9)", "not (step > 3 and step < 9)"),
        ("1 * loss > 1e-9", "loss > 1e-9"),
    ] {
        let condition = Condition::parse(text).unwrap();
        assert_eq!(condition.to_string(), written);
        assert_eq!(Condition::parse(written).unwrap(), condition, "{text}");
    }
}

#[test]
fn errors_say_what_was_found_and_what_is_allowed() {
    for (text, expected) in [
        ("", "a condition is missing, as in 'forgotten(general) > 0.02 for 3 updates'"),
        (
            "forgoten(general) > 1",
            "no value 'forgoten'; did you mean forgotten? There are: loss, train_loss, weight, gamma, phi, \
             forgotten, grad_norm, lr, step, tokens_per_s, gpu.temperature, gpu.memory, gpu.utilization, \
             disk.free, memory.used",
        ),
        ("targets at ceiling", "no value 'targets'; did you mean 'target at ceiling'?"),
        (
            "target at roof",
            "'target' begins none of: target at ceiling, limit reached, phase failed, phase ended, phase \
             paused, paused by itself, no step for 10 min",
        ),
        ("loss", "'loss' is to be compared, by <, <=, > or >="),
        ("loss = 3", "'loss' is compared by <, <=, > or >=; found '='"),
        ("loss == 3", "'loss' is compared by <, <=, > or >=; found '=='"),
        (
            "loss >",
            "a value or a number is missing at the end, as in 'forgotten(general) > 0.02 for 3 updates'",
        ),
        ("3 > 2", "a comparison needs a value of the run; two numbers are always the same"),
        ("weight > 0.5", "weight is a value of a domain: write weight(…) with its name"),
        ("lr(law) > 0.5", "lr is a value of the run, and has no domain in brackets"),
        ("loss(law > 1", "loss(law goes on with ')'; found '>'"),
        (
            "loss(none) > 1",
            "'none' is no name of a domain: letters, digits, '_', '-' and '.', beginning with a letter or \
             digit, and not 'none'",
        ),
        ("median > 1", "'median' stands on the right: 'tokens_per_s < 0.5 * median'"),
        ("3 > median", "'median' is that of the value on the left: 'tokens_per_s < 0.5 * median'"),
        ("(loss > 1", "a bracket is not closed before ''"),
        ("loss > 1 loss", "a condition ends before 'loss', or goes on with 'and', 'or' or 'for'"),
        (
            "loss > 1 for 0 steps",
            "'for' needs a whole number above 0, as in 'forgotten(general) > 0.02 for 3 updates'; found '0'",
        ),
        (
            "loss > 1 for 5 min",
            "'for 5' counts steps or updates; found 'min' (a time is no measure of training: its results \
             would depend on the machine)",
        ),
        (
            "no step for 10 days",
            "'no step for' needs a time of at least 1 s in s, min or h, as in 'no step for 10 min'; found \
             '10 days'",
        ),
        ("loss > 1\n", "a condition is one line of text, without '\\n'"),
    ] {
        assert_eq!(parsed(text), Err(expected.to_owned()), "{text}");
    }
    let deep = format!("{}loss > 1{}", "(".repeat(200), ")".repeat(200));
    assert_eq!(parsed(&deep), Err("brackets and 'not' are at most 16 deep".into()));
    let long = format!("loss > 1 {}", "and loss > 1 ".repeat(100));
    assert_eq!(parsed(&long), Err("a condition has at most 1000 characters".into()));
}

#[test]
fn a_domain_that_the_run_does_not_have_is_an_error() {
    let domains = ["law", "general"].map(String::from);
    let check = |text: &str| Condition::parse(text).unwrap().check(&domains);
    assert_eq!(check("not (loss > 1 and weight(law) > 0.5)"), Ok(()));
    let error = check("loss > 1 or 3 < loss(genral)").unwrap_err().to_string();
    assert_eq!(error, "no domain 'genral'; did you mean general? There are: law, general");
}

#[test]
fn what_is_never_so_between_two_steps_may_only_alert() {
    let check = |text: &str| {
        let condition = Condition::parse(text).unwrap();
        condition.check_for_command().map_err(|error| error.to_string())
    };
    assert_eq!(check("target at ceiling and gpu.temperature > 88"), Ok(()));
    assert_eq!(
        check("loss > 1 or not no step for 10 min"),
        Err("'no step for 10 min' may only alert, as time is no measure of training, and without a step no \
             command is carried out; put it into `alerts`"
            .into())
    );
    assert!(check("phase failed").unwrap_err().starts_with("'phase failed' may only alert"));
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let name = "[\\p{L}0-9][\\p{L}0-9_.-]{0,8}".prop_filter("means no domain", |n| n != "none");
    let named: Vec<super::quantity::Name> =
        super::quantity::NAMES.iter().map(|(_, name, _)| name.clone()).collect();
    (prop::sample::select(named), name, any::<bool>()).prop_map(|(of, domain, one)| match of {
        super::quantity::Name::Plain(quantity) => quantity,
        super::quantity::Name::OfDomain(of) => of(domain),
        super::quantity::Name::Either(of) => of(one.then_some(domain)),
    })
}

fn test() -> impl Strategy<Value = Test> {
    let finite = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let value = || (finite, quantity()).prop_map(|(factor, of)| Term { factor, of: Of::Value(of) });
    let right = prop_oneof![
        finite.prop_map(|factor| Term { factor, of: Of::One }),
        finite.prop_map(|factor| Term { factor, of: Of::Median }),
        value(),
    ];
    let signs = Comparison::ALL.map(|(_, sign)| sign);
    let compared = (value(), prop::sample::select(signs.to_vec()), right)
        .prop_map(|(left, sign, right)| Test::Compare(left, sign, right));
    let known = super::situation::SITUATIONS.map(|(_, situation, _)| situation);
    let situation = prop_oneof![
        prop::sample::select(known.to_vec()),
        (1u64..1_000_000).prop_map(|secs| Situation::NoStep(NoStepFor { secs })),
    ];
    let leaf = prop_oneof![compared, situation.prop_map(Test::Is)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|test| Test::Not(Box::new(test))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Test::All),
            prop::collection::vec(inner, 2..4).prop_map(Test::Any),
        ]
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let units = [LastingUnit::Steps, LastingUnit::Updates];
    let lasting = (1u64..10_000, prop::sample::select(units.to_vec()))
        .prop_map(|(times, unit)| Lasting { times, unit });
    (test(), prop::option::of(lasting)).prop_map(|(test, lasting)| Condition { test, lasting })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_written_is_read(condition in condition()) {
        let text = condition.to_string();
        // What is longer than a condition may be is refused, and by no panic.
        if text.chars().count() <= 1000 {
            prop_assert_eq!(parsed(&text), Ok(condition));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_text_panics(
        noise in "\\PC{0,60}",
        words in "((loss|forgotten|step|median|not|and|or|for|no|target at|limit|phase|[0-9.e-]{1,6}|[()<>=*]| |law){0,20})",
    ) {
        for text in [noise, words] {
            if let Ok(condition) = Condition::parse(&text) {
                prop_assert_eq!(parsed(&condition.to_string()), Ok(condition));
            }
        }
    }
}
