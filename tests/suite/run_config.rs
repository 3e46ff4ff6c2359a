//! `run.ron` with the real binary: it is a config like any other, and a resume compares with it.

use crate::common::{RunningProcess, STEPS, Sandbox, assert_one_error, of_kind, steps};
use std::fs;

#[test]
fn a_run_is_checked_and_repeated_from_its_run_ron() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &["mixing.smoothing=0.3", "samples.every=20"]).expect(0);
    // Its paths are absolute: it can be used from any folder, and moved.
    fs::create_dir(sandbox.path("moved")).unwrap();
    fs::copy(sandbox.run_dir("tiny").join("run.ron"), sandbox.path("moved/run.ron")).unwrap();
    let folders = [(sandbox.run_dir("tiny"), "run.ron"), (sandbox.path("moved"), "./run.ron")];
    for (folder, config) in folders {
        let mut check = sandbox.versatune(&["check", config]);
        check.current_dir(folder);
        let done = RunningProcess::start(check).finish().expect(0);
        assert!(done.stdout.starts_with("config     in order"), "{done:?}");
        assert_eq!(done.stderr, "");
    }
    let mut again = sandbox.versatune(&["train", "run.ron", "--headless", "--log-format", "json"]);
    again.current_dir(sandbox.path("moved"));
    RunningProcess::start(again).finish().expect(0);
    let (first, second) = (sandbox.record("tiny"), sandbox.record("tiny-2"));
    assert_eq!(steps(&first).len() as u64, STEPS);
    assert_eq!(steps(&second), steps(&first), "the same losses, to the bit");
    assert_eq!(sandbox.last_weights("tiny-2"), sandbox.last_weights("tiny"));
    let plan = |name: &str| fs::read_to_string(sandbox.run_dir(name).join("run.ron")).unwrap();
    assert_eq!(plan("tiny-2"), plan("tiny"));
}

#[test]
fn a_run_is_resumed_with_its_own_run_ron_as_config() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &["training.length=Steps(10)"]).expect(0);
    sandbox.run(&["train", "runs/tiny/run.ron", "--headless", "--resume=runs/tiny"]).expect(0);
    assert_eq!(of_kind(&sandbox.record("tiny"), "config_changed").len(), 0);
}

/// A change that a resume obeyed is in `run.ron` from then on: the next resume does not report it.
#[test]
fn an_obeyed_change_is_reported_once() {
    let sandbox = Sandbox::new();
    let sets = |steps| [format!("training.length=Steps({steps})"), "screen.mouse=false".to_owned()];
    sandbox.train("tiny", &["training.length=Steps(10)"]).expect(0);
    for steps in [12, 14] {
        let sets = sets(steps);
        sandbox.resume("tiny", &[&sets[0], &sets[1]]).finish().expect(0);
    }
    let record = sandbox.record("tiny");
    let changes = of_kind(&record, "config_changed");
    let fields: Vec<&str> = changes.iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["training.length", "screen.mouse", "training.length"]);
    assert!(changes.iter().all(|event| event["obeyed"] == true), "{changes:?}");
    let plan = fs::read_to_string(sandbox.run_dir("tiny").join("run.ron")).unwrap();
    assert!(plan.contains("length: Steps(14)") && plan.contains("mouse: false"), "{plan}");
}

#[test]
fn a_run_of_another_version_is_not_resumed() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &["training.length=Steps(10)"]).expect(0);
    let plan = sandbox.run_dir("tiny").join("run.ron");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("max_skipped", "most_skipped")).unwrap();
    let done = sandbox.resume("tiny", &["training.length=Steps(20)"]).finish().expect(1);
    assert_one_error(&done, &["run.ron", "another version of VersaTune", "model folders"]);
}
