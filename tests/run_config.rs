//! `run.ron` with the real binary: a config like any other, and what a resume takes it for.

mod common;

use common::{LiveValues, STEPS, Yard, assert_one_error, of_kind, steps};
use std::fs;

#[test]
fn a_run_is_checked_and_repeated_from_its_run_ron() {
    let yard = Yard::new();
    yard.train("tiny", &["mixing.smoothing=0.3", "samples.every=20"]).expect(0);
    // Its paths are written in full: it can be used from anywhere, and moved.
    fs::create_dir(yard.path("moved")).unwrap();
    fs::copy(yard.run_dir("tiny").join("run.ron"), yard.path("moved/run.ron")).unwrap();
    let folders = [(yard.run_dir("tiny"), "run.ron"), (yard.path("moved"), "./run.ron")];
    for (folder, config) in folders {
        let mut check = yard.versatune(&["check", config]);
        check.current_dir(folder);
        let done = LiveValues::start(check).finish().expect(0);
        assert!(done.stdout.starts_with("config     in order"), "{done:?}");
        assert_eq!(done.stderr, "");
    }
    let mut again = yard.versatune(&["train", "run.ron", "--headless", "--log-format", "json"]);
    again.current_dir(yard.path("moved"));
    LiveValues::start(again).finish().expect(0);
    let (first, second) = (yard.record("tiny"), yard.record("tiny-2"));
    assert_eq!(steps(&first).len() as u64, STEPS);
    assert_eq!(steps(&second), steps(&first), "the same losses, to the bit");
    assert_eq!(yard.last_weights("tiny-2"), yard.last_weights("tiny"));
    let plan = |name: &str| fs::read_to_string(yard.run_dir(name).join("run.ron")).unwrap();
    assert_eq!(plan("tiny-2"), plan("tiny"));
}

#[test]
fn a_run_goes_on_with_its_own_run_ron_as_config() {
    let yard = Yard::new();
    yard.train("tiny", &["training.length=Steps(10)"]).expect(0);
    yard.run(&["train", "runs/tiny/run.ron", "--headless", "--resume=runs/tiny"]).expect(0);
    assert_eq!(of_kind(&yard.record("tiny"), "config_changed").len(), 0);
}

/// What counts as obeyed is in the plan from then on: the next resume finds nothing new in it.
#[test]
fn an_obeyed_change_is_told_once() {
    let yard = Yard::new();
    let sets = |steps| [format!("training.length=Steps({steps})"), "screen.mouse=false".to_owned()];
    yard.train("tiny", &["training.length=Steps(10)"]).expect(0);
    for steps in [12, 14] {
        let sets = sets(steps);
        yard.resume("tiny", &[&sets[0], &sets[1]]).finish().expect(0);
    }
    let record = yard.record("tiny");
    let changes = of_kind(&record, "config_changed");
    let fields: Vec<&str> = changes.iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["training.length", "screen.mouse", "training.length"]);
    assert!(changes.iter().all(|event| event["obeyed"] == true), "{changes:?}");
    let plan = fs::read_to_string(yard.run_dir("tiny").join("run.ron")).unwrap();
    assert!(plan.contains("length: Steps(14)") && plan.contains("mouse: false"), "{plan}");
}

#[test]
fn a_run_of_another_version_is_not_gone_on_with() {
    let yard = Yard::new();
    yard.train("tiny", &["training.length=Steps(10)"]).expect(0);
    let plan = yard.run_dir("tiny").join("run.ron");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("max_skipped", "most_skipped")).unwrap();
    let done = yard.resume("tiny", &["training.length=Steps(20)"]).finish().expect(1);
    assert_one_error(&done, &["run.ron", "another version of VersaTune", "model folders"]);
}
