//! Configs as files: the ready ones, good ones, and bad ones with the message that they get.

use super::*;
use crate::mixing::Mixture;
use crate::telemetry::ConfigOrigin;
use crate::unit::{DomainId, Step, Tokens};
use std::path::{Path, PathBuf};

mod alerts;
mod fields;
mod fit;
mod hub_data;
mod overrides;
mod resume;
mod round_trip;
mod secrets;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Surroundings that are the same on every machine.
fn options(files: Files) -> LoadOptions {
    LoadOptions {
        files,
        cwd: root().to_owned(),
        home: Some("/home/user".into()),
        cache: "/home/user/.cache".into(),
        is_stored: false,
    }
}

fn good(path: &str) -> Loaded {
    match load_with(Path::new(path), &[], &options(Files::MustExist)) {
        Ok(loaded) => loaded,
        Err(error) => panic!("{error}"),
    }
}

/// All `.ron` files below a folder, in the order of their names.
fn configs_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(configs_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_ready_config_is_valid_once_its_data_are_there() {
    // Results of detection and reference tuning are beside some configs and are not configs.
    let is_config = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        !["detection.ron", "reference.ron", "run.ron"].contains(&name.as_str())
    };
    let configs: Vec<PathBuf> =
        configs_below(&root().join("configs")).into_iter().filter(is_config).collect();
    for path in &configs {
        if let Err(error) = load_with(path, &[], &options(Files::MayBeMissing)) {
            panic!("{error}");
        }
    }
    assert_eq!(configs.len(), 6, "a config came or went: {configs:?}");
}

#[test]
fn every_valid_config_loads() {
    let configs = configs_below(&root().join("tests/configs/valid"));
    for path in &configs {
        if let Err(error) = load_with(path, &[], &options(Files::MustExist)) {
            panic!("{error}");
        }
    }
    assert_eq!(configs.len(), 3);
}

#[test]
fn every_invalid_config_gets_its_message() {
    let folder = root().join("tests/configs/invalid");
    let configs = configs_below(&folder);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in &configs {
        let path = path.strip_prefix(root()).unwrap();
        let options = options(Files::MustExist);
        let error = load_with(path, &[], &options).expect_err(&path.display().to_string());
        let message = error.to_string().replace(&format!("{}/", root().display()), "");
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(name, message));
    }
    assert_eq!(configs.len(), 10);
}

#[test]
fn a_small_config_gets_the_defaults() {
    let plan = good("tests/configs/valid/small.ron").plan;
    let model = ModelSource::Hub { id: "owner/model".into(), revision: None };
    assert_eq!(plan.name, "small");
    assert_eq!(plan.runs_dir, root().join("runs"));
    assert_eq!(plan.model.source, model);
    assert_eq!(plan.model.precision, None, "what suits the device");
    assert_eq!(plan.data.domains[0].train, [root().join("tests/configs/valid/rows.jsonl")]);
    assert_eq!(plan.data.domains[1].held_out, HeldOut::Share(0.02));
    assert_eq!(plan.data.cache_dir, Path::new("/home/user/.cache/versatune/tokens"));
    assert_eq!(plan.training.micro_batch, Tokens(8192));
    assert_eq!(plan.evaluation.batch, Tokens(8192));
    let uniform = DetectedSource::Given { shares: vec![0.5; 2], mixture: Mixture::uniform(2) };
    assert_eq!(plan.mixing.detected, uniform);
    let ReferenceSource::Tune(tuning) = plan.mixing.reference else { panic!() };
    assert_eq!(tuning.model, model, "the ceilings come from the model itself");
    assert_eq!((tuning.batch_samples, tuning.lr), (128, 2e-5));
}

#[test]
fn one_file_may_hold_all_domains() {
    let plan = good("tests/configs/valid/shared_files.ron").plan;
    let rows = root().join("tests/configs/valid/rows.jsonl");
    let only = |field: &str, is: &str| Some(FieldIs { field: field.into(), is: is.into() });
    let seen: Vec<_> =
        plan.data.domains.iter().map(|d| (d.name.as_str(), d.only.clone(), d.limit)).collect();
    assert_eq!(
        seen,
        [
            ("law", only("topic", "law"), None),
            ("medical", only("topic", "medical"), None),
            ("code", only("kind", "py"), Some(100)),
        ]
    );
    assert!(plan.data.domains.iter().all(|domain| domain.train == [rows.clone()]));
    let folder = root().join("tests/configs/valid/model");
    assert_eq!(plan.model.source, ModelSource::Folder(folder), "a folder of that name is there");
    assert_eq!(plan.mixing.reference, ReferenceSource::None, "Constant needs no ceilings");
}

#[test]
fn every_field_of_a_long_config_is_in_the_plan() {
    let plan = good("tests/configs/valid/long.ron").plan;
    assert_eq!(plan.device, DeviceChoice::Cuda(1));
    assert_eq!(plan.runs_dir, root().join("tests/configs/valid/../../runs"));
    let strategy = plan.mixing.strategy.to_config(&[]);
    assert_eq!(strategy, "VersaTune(rule: Exponential, share: Detected)");
    let DetectedSource::Given { mixture, .. } = &plan.mixing.detected else { panic!() };
    assert_eq!(mixture.as_slice(), [0.25, 0.5, 0.25], "in the domains' order");
    assert_eq!(plan.mixing.params.targets, [DomainId(0), DomainId(1)]);
    assert_eq!((plan.mixing.params.lambda, plan.mixing.params.tau), (1.0, 2.0));
    assert_eq!(plan.training.length, Length::Epochs(2.0));
    assert_eq!(plan.training.clip, None, "None is no clipping, and not the default");
    assert_eq!(plan.data.held_out_limit, None);
    assert_eq!(plan.checkpoint.every, None);
    assert_eq!(plan.data.domains[1].held_out, HeldOut::Share(0.1));
    let format = RowFormat::ShareGpt { conversations: "conversations".into() };
    assert_eq!(plan.data.domains[1].format, format);
    let steps: Vec<Step> = plan.schedule.iter().map(|entry| entry.at).collect();
    assert_eq!(steps, [Step(100), Step(200)], "in the order in which they come");
}

#[test]
fn values_know_where_they_came_from() {
    let set = ["training.lr=1e-5".to_owned()];
    let path = Path::new("tests/configs/valid/shared_files.ron");
    let values = load_with(path, &set, &options(Files::MustExist)).unwrap().values;
    let value = |field: &str| values.iter().find(|value| value.field == field);
    for (field, origin) in [
        ("model.source", ConfigOrigin::File(3)),
        ("model.recompute", ConfigOrigin::Default),
        ("training.lr", ConfigOrigin::Override),
        ("training.schedule.warmup", ConfigOrigin::Default),
        ("mixing.strategy", ConfigOrigin::File(10)),
        ("mixing.lambda", ConfigOrigin::Default),
        ("mixing.target", ConfigOrigin::Default),
        ("data.domains", ConfigOrigin::File(8)),
        ("data.domains.law.train", ConfigOrigin::File(5)),
        ("data.domains.law.held_out", ConfigOrigin::File(6)),
        ("data.domains.law.only", ConfigOrigin::File(7)),
        ("data.domains.code.limit", ConfigOrigin::File(8)),
        ("data.domains.law.limit", ConfigOrigin::Default),
    ] {
        assert_eq!(value(field).map(|value| value.origin), Some(origin), "{field}");
    }
    assert_eq!(value("training.learning_rate"), None);
    assert_eq!(value("training.lr").unwrap().value, "1e-5");
}

#[test]
fn a_shadow_needs_no_more_than_the_run_measures() {
    let text =
        r#"(model: "a/b", data: (domains: [(name: "law", train: "a"), (name: "b", train: "b")]))"#;
    let load = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        load_str(text, Path::new("x.ron"), &sets, &options(Files::MayBeMissing))
    };
    let fine = ["mixing.shadow=[DoReMi, Odm, SkillIt, Only(\"b\"), Odm(alpha: 0.5)]"];
    assert_eq!(load(&fine).unwrap().plan.mixing.shadow.len(), 5);
    for (strategy, shadow, needle) in [
        ("VersaTune", "[Odm, Doge]", "not the domains' gradients"),
        ("Odm", "[DoReMi]", "not held-out losses at updates, which Odm does not have"),
        ("Odm", "[SkillIt]", "not held-out losses"),
        ("SkillIt", "[DoReMi]", "not mastery ceilings"),
        ("DoReMi", "[VersaTune]", "not a lambda that is solved, which DoReMi does not have"),
        ("VersaTune", "[Unconditional]", "Unconditional without `mixing.target`"),
        ("VersaTune", "[Odm, Odm(alpha: 0.9)]", "each shadow once"),
        ("VersaTune", "[DoReMi(eta: inf)]", "a number above 0"),
        ("VersaTune", "[Only(\"physics\")]", "a domain: law, b"),
        ("VersaTune", "[DoRemi]", "did you mean `DoReMi`"),
    ] {
        let sets = [format!("mixing.strategy={strategy}"), format!("mixing.shadow={shadow}")];
        let error = load(&sets.each_ref().map(String::as_str)).unwrap_err();
        let last = shadow.matches(", ").count().min(1);
        let path = format!("mixing.shadow[{last}]");
        assert!(error.errors[0].path.starts_with(&path), "{error}");
        assert!(error.to_string().contains(needle), "{needle}: {error}");
    }
    let many: Vec<String> = (1..=9).map(|n| format!("Odm(alpha: 0.{n})")).collect();
    let error = load(&[&format!("mixing.shadow=[{}]", many.join(", "))]).unwrap_err();
    assert!(error.to_string().contains("at most 8 strategies"), "{error}");
}

#[test]
fn unreadable_files_are_named() {
    let error = load_with(Path::new("no/such.ron"), &[], &options(Files::MustExist)).unwrap_err();
    assert_eq!(error.errors[0].place, Place::Whole("no/such.ron".into()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.ron");
    std::fs::write(&file, b"(name: \"\xff\")").unwrap();
    let error = load_with(&file, &[], &options(Files::MustExist)).unwrap_err();
    assert_eq!(error.errors[0].found, "a byte that is no text after 8 bytes");
}
