//! Keys that are pasted into a config are never repeated.

use super::*;
use crate::echo::KEY_PREFIXES;
use proptest::prelude::*;

const SECRET: &str = "AbCd0123EfGh4567IjKl89";

/// Configs with a text where a user may put it.
fn spellings(text: &str) -> Vec<String> {
    let judge = |inside: &str| {
        format!("(model: \"a/b\", data: (domains: [\"law\"]), detection: (judge: {inside}))")
    };
    let key = |inside: &str| judge(&format!("Endpoint(model: \"m\", key: {inside})"));
    vec![
        key(&format!("Env(\"{text}\")")),
        key(&format!("File(\"{text}\")")),
        key(&format!("\"{text}\"")),
        key(text),
        key(&format!("Env({text})")),
        key(&format!("Some(\"{text}\")")),
        key(&format!("(\"{text}\")")),
        key(&format!("Environment(\"{text}\")")),
        key(&format!("Env(\"{text})")),
        judge(&format!("Endpoint(model: \"m\", api_key: \"{text}\")")),
        judge(&format!("Endpont(key: \"{text}\")")),
        judge(&format!("Endpoint(\"{text}\")")),
        judge(&format!("Endpoint(base_url: \"http://{text}@host/v1\")")),
        judge(&format!("Endpoint(base_url: {text})")),
    ]
}

/// More places, for texts that are known by how they begin.
fn elsewhere(text: &str) -> Vec<String> {
    vec![
        format!("(name: \"{text}\", model: \"a/b\", data: (domains: [\"law\"]))"),
        format!("(model: \"{text}\")"),
        format!("(runs_dir: \"/tmp/{text}\")"),
        format!("({text}: 1)"),
        format!("(seed: {text})"),
        format!("(seed: \"{text}\", \"{text}\")"),
        format!("(data: (domains: [(name: \"law\", train: \"{text}\")]))"),
        format!("(mixing: (strategy: {text}, target: \"{text}\", detected: {{\"{text}\": 1}}))"),
        format!("(screen: (theme: \"{text}\", keys: {{\"{text}\": [\"{text}\"]}}))"),
        format!("(schedule: [(at: 1, command: \"note {text}\")])"),
        text.to_owned(),
    ]
}

fn errors(config: &str, sets: &[String]) -> ConfigErrors {
    load_str(config, Path::new("x.ron"), sets, &options(Files::MustExist)).expect_err(config)
}

#[test]
fn a_text_in_place_of_a_key_is_not_repeated_in_any_spelling() {
    for text in [SECRET, "sk-AbCd0123EfGh4567IjKl89", "hf_AbCd0123EfGh4567IjKl89"] {
        for config in spellings(text) {
            let error = errors(&config, &[]).to_string();
            assert!(!error.contains(&SECRET[..6]), "{config}\n{error}");
        }
    }
}

#[test]
fn an_override_does_not_repeat_it_either() {
    let config =
        "(model: \"a/b\", data: (domains: [\"law\"]), detection: (judge: Endpoint(model: \"m\")))";
    for set in [
        format!("detection.judge.key={SECRET}"),
        format!("detection.judge.key=Env(\"{SECRET}\")"),
        format!("detection.judge.key=\"{SECRET}"),
        format!("detection.judge.api_key={SECRET}"),
        format!("detection.judge=Endpont(key: \"{SECRET}\")"),
        format!("detection.judge.base_url=http://me:{SECRET}@host/v1"),
        SECRET.to_owned(),
    ] {
        let error = errors(config, std::slice::from_ref(&set)).to_string();
        assert!(!error.contains(&SECRET[..6]), "{set}\n{error}");
    }
}

#[test]
fn the_error_says_how_a_key_is_given() {
    let config = &spellings("AKIAABCDEFGH01234567")[0];
    let error = errors(config, &[]);
    let key = error.errors.iter().find(|error| error.path == "detection.judge.key").unwrap();
    assert!(key.fix.contains("Env(\"NAME\")"), "{error}");
    assert!(!error.to_string().contains("AKIA"), "{error}");
}

/// A plan that is stored is read as it is: it was checked when it was written.
#[test]
fn values_of_a_stored_plan_are_left_alone() {
    let stored = LoadOptions { is_stored: true, ..options(Files::MayBeMissing) };
    let config = "(model: \"a/b\", name: \"sk-AbCd0123EfGh4567IjKl89\", data: (domains: [(name: \"law\", \
                  train: \"a.jsonl\")]), training: (length: Steps(3)), mixing: (strategy: Uniform()))";
    load_str(config, Path::new("run.ron"), &[], &stored).unwrap();
}

proptest! {
    #[test]
    fn no_error_repeats_a_key(
        prefix in prop::sample::select(KEY_PREFIXES.to_vec()),
        secret in "[A-Za-z0-9]{20,40}",
        escaped in any::<bool>(),
    ) {
        let capitals = prefix.ends_with("IA");
        let secret = if capitals { secret.to_ascii_uppercase() } else { secret };
        let first = prefix.chars().next().unwrap();
        let key = match escaped {
            true => format!("{}{}{secret}", first.escape_unicode(), &prefix[1..]),
            false => format!("{prefix}{secret}"),
        };
        for config in spellings(&key).into_iter().chain(elsewhere(&key)) {
            let error = errors(&config, &[]).to_string();
            prop_assert!(!error.contains(&secret), "{}\n{}", config, error);
        }
        for set in [format!("name={key}"), format!("seed={key}"), key.clone(), format!("{key}=1")] {
            let error = errors("(seed: 1)", &[set]).to_string();
            prop_assert!(!error.contains(&secret), "{}", error);
        }
    }
}

#[test]
fn errors_end_after_the_first_hundred() {
    let fields: String = (0..20_000).map(|n| format!("unknown_{n}: 1,\n")).collect();
    let error = errors(&format!("({fields})"), &[]);
    assert_eq!((error.errors.len(), error.more), (100, true));
    let text = error.to_string();
    assert!(text.starts_with("x.ron: more than 100 things are wrong"), "{text}");
    assert!(text.ends_with("and more\n"), "{text}");
    let domains: String = (0..200).map(|n| format!("(name: \"a b{n}\", train: \"x\"),")).collect();
    assert!(errors(&format!("(data: (domains: [{domains}]))"), &[]).more);
}
