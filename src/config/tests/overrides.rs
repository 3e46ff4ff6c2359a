//! `--set`.

use super::*;
use proptest::prelude::*;

const CONFIG: &str = r#"(
    model: "owner/model",
    data: (domains: [
        (name: "law", train: "law.jsonl"),
        (name: "code", train: "code.jsonl", limit: 5),
    ]),
    mixing: (reference: Tune(epochs: 3)), // , lr: 5
    training: (length: Steps(300)),
)"#;

fn with(overrides: &[&str]) -> Result<Loaded, ConfigErrors> {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    load_str(CONFIG, Path::new("configs/x.ron"), &overrides, &options(Files::MayBeMissing))
}

fn plan(overrides: &[&str]) -> RunPlan {
    with(overrides).unwrap_or_else(|error| panic!("{error}")).plan
}

#[test]
fn values_replace_what_the_file_says_and_add_what_it_does_not() {
    let plan = plan(&[
        "training.length=Epochs(0.5)",
        "training.schedule.warmup=0.1",
        "data.domains.code.limit=None",
        "data.domains[0].limit = 100",
        "mixing.reference.lr=1e-3",
        "evaluation.batch=9000",
        "logging=(every: 3)",
        "seed=1",
        "seed=2",
    ]);
    assert_eq!(plan.training.length, Length::Epochs(0.5));
    assert_eq!(plan.training.schedule.warmup, 0.1);
    assert_eq!(plan.data.domains[1].limit, None);
    assert_eq!(plan.data.domains[0].limit, Some(100));
    let ReferenceSource::Tune(tuning) = &plan.mixing.reference else { panic!() };
    assert_eq!((tuning.epochs, tuning.lr), (3, 1e-3));
    assert_eq!(plan.evaluation.batch, Tokens(9000));
    assert_eq!(plan.logging.every, 3);
    assert_eq!(plan.seed, 2, "the last one counts");
}

#[test]
fn bare_words_are_variants_where_variants_stand_and_else_strings() {
    let plan = plan(&[
        "model=other/model-2.5",
        "model.precision=F32",
        "mixing.strategy=Odm",
        "mixing.strategy.alpha=0.5",
        "mixing.target=law",
        "data.template=chatml",
        "data.domains.law.train=elsewhere/law//rows.jsonl",
        "name=5",
        "training.clip=None",
        "mixing.detected={\"law\": 1, \"code\": 0e0}",
    ]);
    let other = ModelSource::Hub { id: "other/model-2.5".into(), revision: None };
    assert_eq!(plan.model.source, other);
    assert_eq!(plan.model.precision, Some(Precision::F32));
    assert_eq!(plan.mixing.strategy.to_config(&[]), "Odm(alpha: 0.5)");
    assert_eq!(plan.mixing.params.targets, [DomainId(0)]);
    assert_eq!(plan.data.template, TemplateChoice::BuiltIn("chatml".into()));
    let typed = root().join("elsewhere/law/rows.jsonl");
    assert_eq!(plan.data.domains[0].train, [typed], "relative to where it was typed");
    assert_eq!(plan.data.domains[1].train, [root().join("configs/code.jsonl")]);
    assert_eq!(plan.name, "5");
    assert_eq!(plan.training.clip, None);
}

#[test]
fn errors_name_the_override_and_the_fix() {
    for (text, path, found, fix) in [
        ("training.lr", "", "`training.lr`", "write, for example, --set training.lr=1e-5"),
        ("training.lr=0", "training.lr", "0", ""),
        ("training.lrr=1", "training.lrr", "the unknown field `lrr`", "did you mean `lr`?"),
        ("trainig.lr=1", "trainig", "the unknown field `trainig`", "did you mean `training`?"),
        ("training.lr=fast", "training.lr", "fast", ""),
        ("training.lr.x=1", "training.lr", "(x: 1)", ""),
        ("seed=(1", "seed", "`(1`", "put the whole in 'single quotes' for the shell"),
        ("model.precision=F16", "model.precision", "F16", ""),
        (
            "data.domains.lwa.limit=1",
            "data.domains.lwa.limit",
            "`lwa`, which is not in `data.domains`",
            "did you mean `law`?",
        ),
        (
            "data.domains[2].limit=1",
            "data.domains[2].limit",
            "`[2]`, which is not in `data.domains`",
            "",
        ),
        ("schedule[0].at=1", "schedule[0].at", "the entry [0]", "set `schedule` as a whole"),
        ("a..b=1", "", "the key `a..b`", "such as data.domains.law.limit"),
    ] {
        let errors = with(&[text]).expect_err(text);
        let error = &errors.errors[0];
        assert_eq!(error.place, Place::Override(text.into()), "{text}");
        assert_eq!(
            (error.path.as_str(), error.found.as_str(), error.fix.as_str()),
            (path, found, fix),
            "{text}"
        );
        assert_eq!(errors.errors.len(), 1, "{errors}");
    }
}

#[test]
fn lines_of_the_file_stay_right_beside_overrides() {
    let error =
        with(&["data.domains.law.limit=7", "training.length=Steps(\n\n\n10)", "mixing.every=50"]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("mixing.every  (--set mixing.every)"), "{error}");
    let text = CONFIG.replace("Steps(300)", "Steps(0)");
    let set = ["model=a/b".to_owned(), "mixing.lambda=\n1".to_owned()];
    let error = load_str(&text, Path::new("x.ron"), &set, &options(Files::MayBeMissing));
    let error = error.unwrap_err();
    assert_eq!(error.errors.len(), 1, "{error}");
    let place = Place::File { file: "x.ron".into(), line: 8, column: 24 };
    assert_eq!(error.errors[0].place, place);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_override_panics(
        any in "\\PC{0,40}",
        key in r"(training|data|mixing|model|schedule|domains|law|lr|\.|\[|\]|[0-9]|x){1,8}",
        value in r#"[()\[\]{}:,"'/*#r\\ a-z0-9.\n-]{0,20}"#,
    ) {
        let _ = with(&[&any]);
        let _ = with(&[&format!("{key}={value}")]);
        let _ = with(&[&format!("training.lr={value}"), &format!("mixing={value}"), "seed=1"]);
    }

    #[test]
    fn an_override_changes_its_field_and_no_other(lr in 1e-9f64..1.0, limit in 1usize..1000) {
        let before = plan(&[]);
        let after = plan(&[&format!("training.lr={lr:?}"), &format!("data.domains.law.limit={limit}")]);
        // The reference is tuned at the run's rate.
        let changed: Vec<String> =
            diff(&before, &after).into_iter().map(|change| change.field).collect();
        prop_assert_eq!(changed, ["data.domains.law.limit", "mixing.reference.lr", "training.lr"]);
        prop_assert_eq!(after.training.lr.to_bits(), lr.to_bits());
    }
}
