//! `versatune check`: the time and memory of a run, without starting one.

use crate::common::{CONFIG, DOMAINS, STEPS, Sandbox, assert_one_error, of_kind, strs, train_args};
use serde_json::Value;
use std::cell::RefCell;
use std::fs;
use std::rc::Rc;
use versatune::config;
use versatune::sandbox::Isolation;
use versatune::telemetry::{Event, Phase};
use versatune::train::{EventSink, preflight};

#[test]
fn a_check_reports_the_cost_of_a_run_and_leaves_no_run() {
    let sandbox = Sandbox::new();
    let mut check = sandbox.versatune(&["check", "tiny.ron", "--json"]);
    // It needs no temporary folder either.
    let done = check.env("TMPDIR", sandbox.path("nowhere")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&report["steps"], &report["family"]), (&STEPS.into(), &"llama".into()));
    let domains = report["domains"].as_array().unwrap();
    let names: Vec<&str> = domains.iter().map(|one| one["domain"].as_str().unwrap()).collect();
    assert_eq!(names, DOMAINS);
    assert!(domains.iter().all(|one| one["train_rows"] == 40 && one["held_out_rows"] == 6));
    assert!(report["tokens"].as_u64().unwrap() > 0 && report["secs"].as_f64().unwrap() > 0.0);
    assert!(!sandbox.path("runs").exists());

    // The 30 steps of the tiny run: updates after each 5, ranked checkpoints after each 3; 5, 10, 15, 20,
    // 25 and 3, 6, …, 27 without 15 again; start and end.
    assert_eq!((&report["every"], &report["updates"]), (&5.into(), &5.into()));
    let time = &report["time"];
    assert_eq!(time["evaluations"]["count"], 5 + 9 - 1 + 2);
    assert_eq!(
        (&time["evaluations"]["rows"], &time["checkpoints"]["count"]),
        (&18.into(), &10.into())
    );
    assert!(time["ceilings"].is_null(), "they are given");
    let secs = |part: &Value| part["secs"].as_f64().unwrap();
    let parts = time["steps_secs"].as_f64().unwrap()
        + secs(&time["evaluations"])
        + secs(&time["checkpoints"]);
    assert!((parts / report["secs"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let weights: Vec<f64> = report["weights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["weight"].as_f64().unwrap())
        .collect();
    assert_eq!((weights, &report["weights_known"]), (vec![0.5, 0.3, 0.2], &true.into()));
}

#[test]
fn what_is_in_the_files_is_told() {
    let sandbox = Sandbox::new();
    let rows = (0..40).map(|i| {
        let source = if i < 7 { ", \"source\": \"x\\u001b[2J\"" } else { "" };
        format!("{{\"instruction\": \"Say {}\", \"output\": \"river {i}\"{source}}}\n", i % 38)
    });
    sandbox
        .write("law-train.jsonl", &rows.chain(["{\"text\": 1}\n".to_owned()]).collect::<String>());
    let args = ["check", "tiny.ron", "--set", "data.on_bad_row=Skip(9)"];
    let shown = sandbox.run(&args).expect(0).stdout;
    let fields = "law-train.jsonl (41 rows of law): instruction (40), output (40), text (1); not used: source (7)";
    assert!(shown.contains(fields), "{shown}");
    assert!(shown.contains("law: 1 bad rows were skipped: "), "{shown}");
    assert!(shown.contains("line 41: 'text' is a number"), "{shown}");
    assert!(shown.contains("of a row") && shown.contains("median"), "{shown}");
    // The log of a run names what is not used, and how long rows are.
    let sets = ["data.on_bad_row=Skip(9)", "training.length=Steps(1)", "mixing.every=1"];
    let log = sandbox.train("run", &sets).expect(0).stdout;
    assert!(log.contains("tokens of a row: median"), "{log}");
    assert!(log.contains("not used: source"), "{log}");
}

#[test]
fn a_check_reports_its_preparation_as_a_run_does() {
    let sandbox = Sandbox::new();
    let plan = config::load(&sandbox.path("tiny.ron"), &[]).unwrap().plan;
    let kept = Rc::new(RefCell::new(Vec::new()));
    let keep = kept.clone();
    let events = EventSink::new(move |event| {
        keep.borrow_mut().push(event);
        Ok(())
    });
    preflight(&plan, &Isolation::None, events).unwrap();

    let kept = kept.borrow();
    let steps: Vec<&str> = kept.iter().filter_map(name).collect();
    let data = DOMAINS.map(|_| "data");
    let expected = [&["device", "tokenizing"], &data[..], &["loading", "model", "planned"]];
    assert_eq!(steps, expected.concat());
    assert!(!fs::exists(sandbox.path("runs")).unwrap());
}

/// Short names of the events of every run's preparation; `None` for the rest.
fn name(event: &Event) -> Option<&'static str> {
    match event {
        Event::DeviceChosen(_) => Some("device"),
        Event::PhaseChanged { phase: Phase::Tokenizing, .. } => Some("tokenizing"),
        Event::PhaseChanged { phase: Phase::Loading, .. } => Some("loading"),
        Event::DataReady(_) => Some("data"),
        Event::ModelLoaded { .. } => Some("model"),
        Event::Planned { .. } => Some("planned"),
        _ => None,
    }
}

/// A model of seven billion parameters whose weights nobody has: shapes are enough.
#[test]
fn the_memory_on_a_named_gpu_is_known_without_weights_or_gpu() {
    let sandbox = Sandbox::new();
    sandbox.write_model("large");
    let shape = include_str!("../../benches/shapes/qwen2.5-7b.json");
    sandbox.write("large/config.json", shape);
    let check = |device: &str, sets: &[&str]| {
        let mut args = vec!["check", "tiny.ron", "--device", device, "--json"];
        args.extend(["--set", "model.source=Random(\"large\")"]);
        sets.iter().for_each(|set| args.extend(["--set", set]));
        sandbox.run(&args)
    };
    let pure = ["model.precision=PureBf16", "training.micro_batch=4096"];
    let planned: Value = serde_json::from_str(&check("h100-80g", &pure).expect(0).stdout).unwrap();
    assert_eq!((&planned["fits"], &planned["instead"]), (&true.into(), &Value::Null));
    let bytes = |part: &str| planned["plan"][part].as_u64().unwrap();
    let parts = ["weights", "copies", "gradients", "moments", "activations", "working", "reserve"];
    assert_eq!(parts.map(bytes).iter().sum::<u64>(), bytes("total"));
    // 7.62 billion parameters of two bytes, twice as much for the moments.
    assert_eq!(bytes("weights") / 1_000_000, 15_231);
    assert_eq!(planned["checkpoint_bytes"], bytes("weights") + bytes("moments"));

    let done = check("h100-80g", &["model.precision=MixedBf16"]).expect(1);
    assert!(done.stderr.contains("would do, with model.precision: PureBf16"), "{}", done.stderr);
    let done = check("rtx4090-24g", &pure).expect(1);
    assert!(done.stderr.contains("nothing fits, since weights, gradients"), "{}", done.stderr);
    let done = sandbox.run(&["check", "tiny.ron", "--device", "h100"]).expect(2);
    assert!(
        done.stderr.contains("known are") && done.stderr.contains("h100-80g"),
        "{}",
        done.stderr
    );
}

/// What the config leaves open is chosen for the device, and why is said.
#[test]
fn what_is_left_open_is_chosen_for_the_device() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.ron", &CONFIG.replace("micro_batch: 256, ", ""));
    sandbox.write_model("large");
    sandbox.write("large/config.json", include_str!("../../benches/shapes/qwen2.5-7b.json"));
    let check = |device: &str, sets: &[&str]| {
        let mut args = vec!["check", "tiny.ron", "--device", device];
        args.extend(["--set", "model.source=Random(\"large\")"]);
        args.extend(["--set", "training.batch_samples=1024"]);
        sets.iter().for_each(|set| args.extend(["--set", set]));
        sandbox.run(&args).expect(0).stdout
    };
    let chosen = check("h100-80g", &[]);
    assert!(
        chosen.contains("on h100-80g: PureBf16, nothing recomputed, micro-batches of"),
        "{chosen}"
    );
    assert!(
        chosen.contains("chosen by fit: the fastest that fits; MixedBf16, nothing"),
        "{chosen}"
    );
    let small = sandbox.run(&["check", "tiny.ron", "--device", "h100-80g"]).expect(0).stdout;
    assert!(small.contains("MixedBf16, nothing") && small.contains("nothing is faster"), "{small}");
    let given = check(
        "b200-180g",
        &[
            "model=(source: Random(\"large\"), precision: PureBf16, recompute: Full)",
            "training.micro_batch=512",
        ],
    );
    assert!(
        given.contains("PureBf16, all activations recomputed, micro-batches of 512"),
        "{given}"
    );
    assert!(!given.contains("chosen by fit"), "{given}");
}

/// A run says what it chose for its device, stores it, and a resume keeps it.
#[test]
fn a_run_keeps_what_it_chose() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.ron", &CONFIG.replace("micro_batch: 256, ", ""));
    let done = sandbox.train("chosen", &["training.length=Steps(6)"]).expect(0);
    let said = "fit: F32, nothing recomputed, micro-batches of";
    assert!(done.stdout.contains(said), "{}", done.stdout);
    let stored = fs::read_to_string(sandbox.run_dir("chosen").join("run.ron")).unwrap();
    assert!(stored.contains("precision: F32") && stored.contains("micro_batch: "), "{stored}");
    let done = sandbox.resume("chosen", &["training.length=Steps(9)"]).finish().expect(0);
    assert!(!done.stdout.contains("fit: "), "{}", done.stdout);
    let record = sandbox.record("chosen");
    let changed = of_kind(&record, "config_changed");
    let fields: Vec<&str> = changed.iter().map(|event| event["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["training.length"]);
    for configured in of_kind(&record, "configured").iter().rev().take(2) {
        let values = configured["values"].as_array().unwrap();
        let value = |field| &values.iter().find(|value| value["field"] == field).unwrap()["value"];
        assert_eq!(
            (value("training.micro_batch"), value("model.precision")),
            (&"256".into(), &"F32".into())
        );
    }
}

/// Nothing of such a model can be loaded here, and it is said before anything is tried.
#[test]
fn a_run_that_cannot_fit_ends_before_anything_is_loaded() {
    let sandbox = Sandbox::new();
    sandbox.write_model("large");
    let shape = include_str!("../../benches/shapes/llama3-8b.json").replace("128256", "4096");
    let wide = shape.replace("14336", "1433600");
    sandbox.write("large/config.json", &wide);
    let large = r#"model.source=Random("large")"#;
    for args in [vec!["check", "tiny.ron", "--set", large], strs(&train_args("large", &[large]))] {
        let done = sandbox.run(&args).expect(1);
        assert_one_error(&done, &["the run would take about", "nothing fits"]);
    }
}
