//! The table of fields and the loader agree on every field, default and range.

use super::*;
use crate::config::fields::{self, Absent, Field, Read};
use crate::config::values::leaves;
use crate::config::words::any_of;
use crate::control::{LiveField, Tunable};
use crate::mixing::presets::PRESETS;
use std::collections::BTreeSet;

const SMALL: &str = r#"(
    model: "owner/model",
    data: (domains: [
        (name: "law", train: "law.jsonl"),
        (name: "general", train: "general.jsonl"),
    ]),
    mixing: (target: "law"),
    schedule: [(at: 5, command: "save")],
    alerts: [(when: "phase failed", alert: Bell)],
)"#;

fn load(sets: &[String]) -> Result<Loaded, ConfigErrors> {
    load_str(SMALL, Path::new("small.ron"), sets, &options(Files::MayBeMissing))
}

/// The path in [`SMALL`].
fn path_here(field: &Field) -> String {
    let path = field.path.replace("domains[]", "domains.law");
    path.replace("schedule[]", "schedule[0]").replace("alerts[]", "alerts[0]")
}

/// The overrides after which the config has the field, and that change nothing else.
fn needed(field: &Field) -> Vec<String> {
    // Where there is a `detection`, it is what `mixing.detected` is by itself.
    let group = field.path.starts_with("detection.").then(|| "detection=()".to_owned());
    let Read::Inside(variant) = field.read else { return group.into_iter().collect() };
    let parent = path_here(field).rsplit_once('.').unwrap().0.to_owned();
    let given = match variant {
        "Hub" => "id: \"owner/name\"",
        "Endpoint" => "model: \"judge\"",
        "UniformRest" => "share: 0.5",
        "" => "field: \"a\", is: \"b\"",
        _ => "",
    };
    group.into_iter().chain([format!("{parent}={variant}({given})")]).collect()
}

/// Names of the fields directly in a group, in the order of the table.
fn names_in(group: &str, variant: Option<&str>) -> Vec<String> {
    let prefix = if group.is_empty() { String::new() } else { format!("{group}.") };
    let mut names: Vec<String> = Vec::new();
    for field in fields::all() {
        let is_of = match (variant, field.read) {
            (Some(variant), Read::Inside(of)) => of == variant,
            (variant, _) => variant.is_none(),
        };
        let Some(rest) = field.path.strip_prefix(&prefix).filter(|_| is_of) else { continue };
        let name = rest.split('.').next().unwrap().trim_end_matches("[]").to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// In its error for an unknown field the loader lists the fields that it has.
#[track_caller]
fn assert_same_names(set: &str, names: &[String]) {
    let error = load(&[set.to_owned()]).expect_err(set);
    let unknown = error.errors.iter().find(|error| error.found.contains("`zzz`")).expect(set);
    let expected = if names.is_empty() { "no field at all".into() } else { any_of(names) };
    assert_eq!(unknown.allowed, expected, "{set}");
}

#[test]
fn the_table_and_the_loader_have_the_same_fields() {
    let mut groups = 0;
    for group in [
        "",
        "model",
        "data",
        "data.domains[]",
        "detection",
        "mixing",
        "training",
        "training.schedule",
        "training.adam",
        "evaluation",
        "samples",
        "checkpoint",
        "logging",
        "screen",
        "notify",
    ] {
        let here = group.replace("domains[]", "domains.law");
        let set = if here.is_empty() { "zzz=1".into() } else { format!("{here}.zzz=1") };
        assert_same_names(&set, &names_in(group, None));
        groups += 1;
    }
    assert_same_names("schedule=[(zzz: 1)]", &names_in("schedule[]", None));
    assert_same_names("alerts=[(zzz: 1)]", &names_in("alerts[]", None));
    let inside = fields::all().filter_map(|field| match field.read {
        Read::Inside(variant) => Some((path_here(field), field.path.clone(), variant)),
        _ => None,
    });
    let mut seen = BTreeSet::new();
    for (here, path, variant) in inside {
        let parent = |path: &str| path.rsplit_once('.').unwrap().0.to_owned();
        let names = names_in(&parent(&path), Some(variant));
        assert_same_names(&format!("{}={variant}(zzz: 1)", parent(&here)), &names);
        seen.insert((parent(&path), variant));
        groups += 1;
    }
    assert!(groups > 40 && seen.len() > 10, "{groups} {seen:?}");
}

/// Every value of a plan has its field in the table, also those inside values.
#[test]
fn every_value_of_a_plan_has_its_field() {
    let long = good("tests/configs/valid/long.ron").plan;
    let paths: BTreeSet<&str> = fields::all().map(|field| field.path.as_str()).collect();
    let mut seen = 0;
    for leaf in leaves(&long) {
        let path = leaf.path.to_string();
        let names = ["law", "code", "general"].map(|name| format!("data.domains.{name}."));
        let general = names.iter().find_map(|name| path.strip_prefix(name));
        let general = general.map_or(path.clone(), |rest| format!("data.domains[].{rest}"));
        // Models are described once; an entry of the schedule or an alert is one value.
        let model = ["detection.model", "mixing.reference.model"]
            .iter()
            .find_map(|model| general.strip_prefix(model));
        let general = model.map_or(general.clone(), |rest| format!("model.source{rest}"));
        if !general.starts_with("schedule[") && !general.starts_with("alerts[") {
            assert!(paths.contains(general.as_str()), "{path}");
            seen += 1;
        }
    }
    assert!(seen > 90, "{seen}");
}

#[test]
fn a_field_that_is_left_out_has_the_default_of_the_table() {
    let mut seen = 0;
    for field in fields::all() {
        let Absent::Value(default) = &field.default else { continue };
        let mut sets = needed(field);
        let without = load(&sets).unwrap_or_else(|error| panic!("{}: {error}", field.path)).plan;
        let here = path_here(field);
        let effect = match field.read {
            Read::UsedFor(path) if path != "screen.refresh_secs" => {
                path.replace("domains[]", "domains.law")
            }
            _ => here.clone(),
        };
        if here != "screen.low_bandwidth" {
            let leaf = leaves(&without).into_iter().find(|leaf| leaf.path.to_string() == effect);
            let leaf = leaf.unwrap_or_else(|| panic!("no value of {effect}"));
            let head = default.to_string();
            let head = head.split('(').next().unwrap();
            let shown = leaf.value.to_string();
            assert!(shown == default.to_string() || shown == head, "{effect}: {shown}");
        }
        sets.push(format!("{here}={default}"));
        let with = load(&sets).unwrap_or_else(|error| panic!("{}: {error}", field.path)).plan;
        assert_eq!(with, without, "{here}={default}");
        seen += 1;
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn the_ranges_of_the_table_are_the_ones_that_are_enforced() {
    let whole = ["0", "1", "2", "19", "20", "256", "257", "3600", "3601", "65536", "65537"];
    let any = ["-1", "0", "0.04", "0.05", "0.5", "1", "1.5", "2", "2.5", "60", "61", "86401"];
    // Their ranges depend on other fields, and so do their messages.
    let depend = ["training.micro_batch", "evaluation.batch", "schedule[].at"];
    let mut seen = 0;
    for field in fields::all() {
        let numbers = match &*field.form {
            form if form.starts_with("whole number") => &whole[..],
            form if form.starts_with("number") => &any[..],
            _ => continue,
        };
        if field.allowed.is_empty() || depend.contains(&&*field.path) {
            continue;
        }
        let allowed = match field.live {
            Some(LiveField::Set(Tunable::Floor)) => Tunable::Floor.allowed(2),
            _ => field.allowed.clone(),
        };
        let (mut inside, mut outside) = (0, 0);
        for number in numbers {
            let mut sets = needed(field);
            sets.push(format!("{}={number}", path_here(field)));
            match load(&sets) {
                Ok(_) => inside += 1,
                Err(errors) => {
                    let path = path_here(field).replace("domains.law", "domains[0]");
                    let error = errors.errors.iter().find(|error| error.path == path);
                    let error = error.unwrap_or_else(|| panic!("{path}={number}: {errors}"));
                    assert_eq!(error.allowed, allowed, "{path}={number}");
                    outside += 1;
                }
            }
        }
        assert!(inside > 0 && outside > 0, "{}: {inside} in, {outside} out", field.path);
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn an_extreme_number_is_refused_by_name_or_makes_a_plan() {
    let extremes = ["0", "-1", "1e300", "NaN", "inf", "18446744073709551615", "1000000000000000"];
    // Any number is a seed; a step is compared with the length of the run alone.
    let unbounded = ["seed", "schedule[].at"];
    let mut seen = 0;
    for field in fields::all() {
        if !field.form.starts_with("whole number") && !field.form.starts_with("number") {
            continue;
        }
        for number in extremes {
            let mut sets = needed(field);
            sets.push(format!("{}={number}", path_here(field)));
            let path = path_here(field).replace("domains.law", "domains[0]");
            match load(&sets) {
                Ok(_) => assert!(
                    ["0", "-1"].contains(&number) || unbounded.contains(&&*field.path),
                    "{path} takes {number}"
                ),
                Err(errors) => {
                    let named = errors.errors.iter().any(|error| error.path == path);
                    assert!(named, "{path}={number}: {errors}");
                }
            }
        }
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
    for length in ["Steps(18446744073709551615)", "Steps(0)", "Epochs(1e300)", "Epochs(NaN)"] {
        let errors = load(&[format!("training.length={length}")]).unwrap_err();
        assert_eq!(errors.errors[0].path, "training.length", "{errors}");
    }
}

#[test]
fn each_live_value_has_one_field_which_gives_its_first_value() {
    // By itself it follows from the number of steps.
    let plan = load(&["mixing.every=7".to_owned()]).unwrap().plan;
    // Where it stops before its end, a run is told while it goes on.
    for tunable in Tunable::ALL.into_iter().filter(|tunable| *tunable != Tunable::StopAt) {
        let of: Vec<&Field> =
            fields::all().filter(|field| field.live == Some(LiveField::Set(tunable))).collect();
        let [field] = of.as_slice() else { panic!("{} fields of {}", of.len(), tunable.name()) };
        let leaves = leaves(&plan);
        let leaf = leaves.iter().find(|leaf| leaf.path.to_string() == field.path).unwrap();
        // Some are words of their own at their defaults.
        let expected = match tunable {
            Tunable::Confidence | Tunable::Length => None,
            _ => plan.live().get(tunable),
        };
        assert_eq!(leaf.value.to_string().parse().ok(), expected, "{}", field.path);
    }
    use Tunable::{
        CheckpointEvery, Confidence, Delta, Lambda, Length, LoggingEvery, Lr, SamplesEvery, Tau,
    };
    let of_training = [Length, Lr, SamplesEvery, CheckpointEvery, LoggingEvery];
    assert_eq!(obeyed_tunables(), [&[Lambda, Delta, Tau, Confidence][..], &of_training].concat());
}

/// What the config screen shows beside a live value.
#[test]
fn each_live_value_is_marked_at_one_value_of_a_config() {
    let values = load(&[]).unwrap().values;
    let has_none = [LiveField::Mixing, LiveField::Alerts, LiveField::Set(Tunable::StopAt)];
    for live in LiveField::all().filter(|live| !has_none.contains(live)) {
        let marked = values.iter().filter(|value| value.live == Some(live));
        assert_eq!(marked.count(), 1, "{live:?}");
    }
}

#[test]
fn the_reference_has_a_line_for_every_field() {
    let text = reference();
    for field in fields::all() {
        let line = text.lines().find(|line| line.starts_with(&format!("- `{}`:", field.path)));
        assert!(line.is_some(), "no line of {}", field.path);
        assert!(!field.help.is_empty(), "{}", field.path);
    }
    for part in [
        "- `training.lr`: Peak learning rate.\n  Type: number. Default: `2e-5`. Allowed: above 0",
        "Live: `set lr` changes it during the run. A resume obeys a change.\n",
        "Of `Endpoint`. Type: text. Required.\n",
        "Unit: tokens.",
    ] {
        assert!(text.contains(part), "{part}");
    }
    for preset in &PRESETS {
        assert!(text.contains(preset.name), "no word of the preset {}", preset.name);
    }
}
