//! Strategies as records, configs and the help have them, by one strategy of each form.

use super::*;
use crate::mixing::strategy::testing::{kind, written};

fn domains() -> Vec<String> {
    ["law", "code"].map(String::from).to_vec()
}

/// Every strategy as a config may write it at its shortest, brackets included.
const SHORTEST: [&str; 15] = [
    "VersaTune()",
    "Constant()",
    "Uniform()",
    "Inverse()",
    "Only(\"code\")",
    "UniformRest(share: 0.6)",
    "Unconditional()",
    "DoReMi()",
    "ShearedLlama()",
    "Odm()",
    "Velocitune()",
    "Dmt(general: \"law\")",
    "SkillIt()",
    "Ado()",
    "Doge()",
];

fn resolved(text: &str) -> StrategyKind {
    written(text).unwrap().resolve(&domains(), &[DomainId(0)]).unwrap()
}

#[test]
fn a_record_is_an_enum_with_domains_by_id_and_reads_back() {
    for (text, record) in [
        ("Constant()", r#""Constant""#),
        ("Only(\"d1\")", r#"{"Only":1}"#),
        ("VersaTune()", r#"{"VersaTune":{"rule":"Linear","share":"Current"}}"#),
        ("Odm(alpha: 0.5)", r#"{"Odm":{"alpha":0.5}}"#),
        ("Dmt(general: \"d2\")", r#"{"Dmt":{"general":2,"k":0.00390625,"first_stage":0.5}}"#),
    ] {
        let kind = kind(text);
        assert_eq!(serde_json::to_string(&kind).unwrap(), record);
        assert_eq!(serde_json::from_str::<StrategyKind>(record).unwrap(), kind);
        let ron = ron::to_string(&kind).unwrap();
        assert_eq!(ron::from_str::<StrategyKind>(&ron).unwrap(), kind, "{ron}");
    }
    let unknown = serde_json::from_str::<StrategyKind>(r#"{"Odm":{"beta":1}}"#).unwrap_err();
    assert!(unknown.to_string().contains("expected `alpha`"), "{unknown}");
}

#[test]
fn every_strategy_is_again_what_it_was_after_its_text_in_a_config() {
    let mut seen = Vec::new();
    for text in SHORTEST {
        let kind = resolved(text);
        let written_out = kind.to_config(&domains());
        let expanded = match written_out.ends_with(')') {
            true => written_out,
            false => format!("{written_out}()"),
        };
        assert_eq!(resolved(&expanded), kind, "{expanded}");
        seen.push(kind.name());
    }
    let all: Vec<&str> = STRATEGIES.iter().map(|spec| spec.name).collect();
    assert_eq!(seen, all, "a strategy without its line in SHORTEST");
}

#[test]
fn parameters_are_named_with_their_values_as_a_config_writes_them() {
    let dmt = resolved("Dmt(general: \"code\", k: 1e-5)");
    let expected = [("general", "\"code\""), ("k", "1e-5"), ("first_stage", "0.5")];
    assert_eq!(dmt.parameters(&domains()), expected.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(resolved("Only(\"code\")").to_config(&domains()), "Only(\"code\")");
    assert_eq!(resolved("Inverse()").to_config(&domains()), "Inverse");
    assert_eq!(resolved("UniformRest(share: 0.6)").parameters(&domains())[0].1, "\"law\"");
}

#[test]
fn strategies_of_one_name_are_told_apart_by_their_parameters() {
    let kinds = ["Odm(alpha: 0.5)", "Constant()", "Odm()"].map(resolved);
    let labels = StrategyKind::labels(&kinds, &domains());
    assert_eq!(labels, ["Odm(alpha: 0.5)", "Constant", "Odm(alpha: 0.9)"]);
}

#[test]
fn every_error_names_its_parameter() {
    let errors = |text: &str, targets: &[DomainId]| {
        written(text).unwrap().resolve(&domains(), targets).unwrap_err()
    };
    let error = |parameter, problem| StrategyError { parameter, problem };
    assert_eq!(
        errors("Dmt(k: 2, first_stage: 0)", &[]),
        [
            error("general", StrategyProblem::UnknownDomain("general".into())),
            error("k", StrategyProblem::NotAllowed("a number from 0 to 1")),
            error("first_stage", StrategyProblem::NotAllowed("a number above 0 and below 1")),
        ]
    );
    let no_domain = StrategyProblem::NoDomain("the domain that is raised");
    assert_eq!(errors("UniformRest(share: 0.5)", &[]), [error("target", no_domain)]);
    let no_target = StrategyProblem::NoTarget("Unconditional");
    assert_eq!(errors("Unconditional()", &[]), [error("", no_target)]);
    let unknown = StrategyProblem::UnknownDomain("physics".into());
    assert_eq!(errors("Only(\"physics\")", &[]), [error("", unknown)]);
    assert_eq!(
        errors("DoReMi(eta: inf)", &[]),
        [error("eta", StrategyProblem::NotAllowed("a number above 0, at most 1000000"))]
    );
}

#[test]
fn errors_name_the_words_that_are_allowed() {
    for (text, named) in [
        ("Odn()", "Odm"),
        ("Odm(alpa: 1)", "alpha"),
        ("Constant(x: 1)", "x"),
        ("VersaTune(rule: Lin)", "Exponential"),
        ("UniformRest()", "share"),
        ("Odm(alpha: 0.1, alpha: 0.2)", "alpha"),
    ] {
        let error = written(text).unwrap_err().to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
    assert!(takes_unnamed_value("Only") && !takes_unnamed_value("Odm"));
}

#[test]
fn the_help_has_every_strategy_with_its_parameters_and_fits_a_terminal() {
    let help = strategies_markdown();
    for spec in STRATEGIES {
        assert!(help.contains(&format!("## {}\n", spec.name)), "{}", spec.name);
        assert!(!spec.sources.is_empty(), "{}: no source", spec.name);
        assert!(spec.formula.lines().all(|line| line.chars().count() <= 76), "{}", spec.name);
    }
    for line in [
        "- `eta`: η, the step size; a number above 0, at most 1000000, by default 1.0\n",
        "- `rule`: how γ moves a weight; Linear or Exponential, by default Linear\n",
        "- `share`: its weight; a number above 0 and below 1, required\n",
        "- `general`: the general domain; a domain, by default \"general\"\n",
        "- in brackets, without a name: the one domain; a domain, required\n",
        "- Reconstructed: Eq. 1 of the paper\n",
        "\nNeeds mastery ceilings. Begins with w(0)",
        "\nHeld-out losses are measured at the run's start and end only. Updated after every step \
         unless `mixing.every` says otherwise. Here ℓ_j is the mean training loss",
    ] {
        assert!(help.contains(line), "{line}{help}");
    }
}
