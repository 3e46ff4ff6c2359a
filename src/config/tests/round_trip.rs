//! `run.ron`: a plan written as a config is read back to the bit.

use super::*;
use proptest::prelude::*;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

fn base() -> RunPlan {
    good("tests/configs/valid/long.ron").plan
}

/// The plan that the loader reads from the text in another folder, with another home and cache.
fn loaded_elsewhere(text: &str) -> RunPlan {
    let options = LoadOptions {
        cwd: "/elsewhere".into(),
        home: None,
        cache: "/elsewhere/cache".into(),
        ..options(Files::MayBeMissing)
    };
    match load_str(text, Path::new("runs/x/run.ron"), &[], &options) {
        Ok(loaded) => loaded.plan,
        Err(error) => panic!("{error}\n{text}"),
    }
}

#[track_caller]
fn assert_goes_through_text(plan: &RunPlan) {
    let text = plan.to_ron().unwrap();
    assert_eq!(&loaded_elsewhere(&text), plan, "{text}");
    assert_eq!(&RunPlan::from_ron(&text).unwrap(), plan, "{text}");
    assert_eq!(RunPlan::from_ron(&text).unwrap().to_ron().unwrap(), text);
    // In a checkpoint's state it is the same text.
    let within = ron::to_string(&(7, plan)).unwrap();
    assert_eq!(&ron::from_str::<(u8, RunPlan)>(&within).unwrap().1, plan);
}

#[test]
fn every_config_goes_through_text() {
    let mut configs = configs_below(&root().join("configs"));
    configs.extend(configs_below(&root().join("tests/configs/valid")));
    configs.retain(|path| {
        !["detection.ron", "reference.ron"].map(|name| path.ends_with(name)).contains(&true)
    });
    for path in &configs {
        let loaded = load_with(path, &[], &options(Files::MayBeMissing));
        assert_goes_through_text(&loaded.unwrap_or_else(|error| panic!("{error}")).plan);
    }
    assert_eq!(configs.len(), 9, "{configs:?}");
}

/// Values of every form that the ready configs do not have.
#[test]
fn every_variant_goes_through_text() {
    let path = Path::new("tests/configs/valid/long.ron");
    for set in [
        "device=Auto",
        "device=Cuda(3)",
        "model=Random(\"model\")",
        "model=Hub(id: \"a/b\")",
        "data.template=BuiltIn(\"alpaca\")",
        "data.on_bad_row=Stop",
        "data.domains.code.format=Messages(messages: \"m\")",
        "data.domains.code.format=PromptCompletion",
        "data.domains.code.only=(field: \"a\", is: \"b\")",
        "detection.judge=Offline(rows: 30)",
        "detection.judge.key=File(\"rows.jsonl\")",
        "detection.judge.temperature=0.1",
        "detection.judge.descriptions={}",
        "mixing.strategy=Constant",
        "mixing.strategy=Only(\"code\")",
        "mixing.strategy=UniformRest(target: \"code\", share: 0.3)",
        "mixing.strategy=Unconditional",
        "mixing.strategy=DoReMi(eta: 0.3)",
        "mixing.strategy=Dmt",
        "mixing.shadow=[DoReMi(eta: 0.3), SkillIt, Dmt, UniformRest(target: \"code\", share: 0.3)]",
        "mixing.shadow=Velocitune",
        "mixing.detected=Uniform",
        "mixing.detected=Measure",
        "mixing.detected=File(\"rows.jsonl\")",
        "mixing.detected=[0.3, 0.3, 0.4]",
        "mixing.reference=[1.1, 2.2, 0.3]",
        "mixing.reference=File(\"rows.jsonl\")",
        "mixing.reference=Unchecked(\"rows.jsonl\")",
        "mixing.reference=Tune(table: Off)",
        "mixing.target=None",
        "training.length=Steps(300)",
        "training.objective=Domains",
        "screen=(low_bandwidth: true, keys: {\"pause\": [\"p\", \"ctrl-p\"]})",
        "schedule=[(at: 1, command: \"weights law=0.25\"), (at: 2, command: \"note a \\\"b\\\"\")]",
        "schedule=[(when: \"loss(law) > 0.5 * median for 3 updates\", do: \"hold\"), (at: 2, command: \"save\")]",
        "schedule=[(when: \"not limit reached\", do: \"note a\", repeat: Each)]",
    ] {
        let loaded = load_with(path, &[set.to_owned()], &options(Files::MayBeMissing));
        assert_goes_through_text(&loaded.unwrap_or_else(|error| panic!("{set}: {error}")).plan);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_plan_goes_through_text_to_the_bit(
        numbers in prop::collection::vec(1e-300f64..1.0, 2),
        losses in prop::collection::vec(1e-300f64..1e6, 3),
        weights in prop::collection::vec(1e-12f64..1.0, 3),
        texts in ("[\\p{L}0-9_][\\p{L}0-9_. -]{0,12}", "[^\\p{Cc}~][^\\p{Cc}]{0,12}", "\\PC{0,20}"),
        limit in prop::option::of(1usize..1_000_000_000_000),
        seed in any::<u64>(),
    ) {
        let [lr, share] = numbers[..] else { panic!() };
        let (name, file, text) = texts;
        let sum: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
        let quoted = |text: &str| ron::to_string(text).unwrap();
        let limit = limit.map_or("None".into(), |limit| limit.to_string());
        let sets = [
            format!("name={}", quoted(&name)),
            format!("seed={seed}"),
            format!("training.lr={lr:?}"),
            format!("mixing.reference={losses:?}"),
            format!("mixing.detected={shares:?}"),
            format!("data.domains[0].limit={limit}"),
            format!("data.domains[0].held_out=Share({share:?})"),
            format!("data.domains[1].train=[{}]", quoted(&format!("rows/{file}"))),
            format!("detection.judge.prompt={}", quoted(&format!("{{domains}} {{text}} {}",
                text.replace(['{', '}'], "")))),
        ];
        let path = Path::new("tests/configs/valid/long.ron");
        let plan = load_with(path, &sets, &options(Files::MayBeMissing));
        let plan = plan.unwrap_or_else(|error| panic!("{error}")).plan;
        prop_assert_eq!(plan.training.lr.to_bits(), lr.to_bits());
        assert_goes_through_text(&plan);
        prop_assert_eq!(diff(&plan, &RunPlan::from_ron(&plan.to_ron().unwrap()).unwrap()), []);
    }
}

/// A resume obeys a shorter length and keeps the schedule: the plan in force is still read.
#[test]
fn a_run_that_was_shortened_is_still_read() {
    let then = good("tests/configs/valid/long.ron").plan;
    let now = RunPlan {
        training: TrainingPlan { length: Length::Steps(3), ..then.training.clone() },
        ..then.clone()
    };
    let merged = adopt(&then, &now);
    assert_eq!(merged.training.length, Length::Steps(3));
    assert_eq!(merged.schedule.len(), 2, "at steps 100 and 200");
    assert_eq!(RunPlan::from_ron(&merged.to_ron().unwrap()), Ok(merged));
}

#[test]
fn a_text_of_another_version_is_an_error() {
    let text = base().to_ron().unwrap().replace("seed: 7", "sed: 7");
    let error = RunPlan::from_ron(&text).unwrap_err().to_string();
    assert!(
        error.contains("by another version of VersaTune, or changed since (sed: found"),
        "{error}"
    );
    assert!(error.contains("checkpoints are ordinary model folders"), "{error}");
    // What builds before this one wrote.
    let old = r#"(name:"x",runs_dir:"/runs",seed:7,device:Auto,threads:None)"#;
    assert!(RunPlan::from_ron(old).unwrap_err().to_string().contains("another version"));
}

#[test]
fn a_path_that_no_config_can_name_is_an_error() {
    let odd = PathBuf::from(OsString::from_vec(b"/data/\xff".to_vec()));
    let plan = RunPlan { runs_dir: odd.clone(), ..base() };
    assert_eq!(plan.to_ron(), Err(PlanTextError::Unwritable(odd)));
}

#[test]
fn a_plan_as_text_reads_as_a_config_does() {
    let text = good("tests/configs/valid/small.ron").plan.to_ron().unwrap();
    let text = text.replace(&format!("{}/", root().display()), "/");
    assert!(
        text.starts_with("// The config of a run with every value in it, written by"),
        "{text}"
    );
    for line in [
        "    name: \"small\",",
        "    runs_dir: \"/runs\",",
        "    model: (source: Hub(id: \"owner/model\", revision: None)),",
        "                train: [\"/tests/configs/valid/rows.jsonl\"],",
        "        cache_dir: \"/home/user/.cache/versatune/tokens\",",
        "        strategy: VersaTune(rule: Linear, share: Current),",
        "        detected: Uniform,",
        "        target: [],",
        "        adam: (beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0),",
        "    checkpoint: (every: 500, keep_last: 2, keep_best: true, before_edit: false),",
        "    schedule: [],",
        "    alerts: [],",
        "    notify: (usual: [Bell], webhook_token: None, webhook_form: Auto),",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
}
