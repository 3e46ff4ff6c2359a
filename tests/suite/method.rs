//! What goes beyond the paper's method, in whole runs of the real binary.

use crate::common::{Sandbox, of_kind, steps};
use serde_json::Value;
use std::collections::BTreeMap;

/// What goes beyond the paper's method, all of it at once.
const ALL_OF_THE_METHOD: [&str; 12] = [
    "mixing.detected=MixMin",
    "mixing.reference=Tune(epochs: 2, steps_per_epoch: 4, lr: 1e-2, table: On)",
    "mixing.lambda=Auto(2)",
    "mixing.target=code",
    "mixing.tau=2",
    "mixing.test=Confident(1)",
    "mixing.forgetting_limit={\"law\": 0.02}",
    "mixing.shadow=[DoReMi, Ado, SkillIt]",
    "mixing.every=3",
    "training.objective=Domains",
    "evaluation.budget=0.03",
    "schedule=[(at: 7, command: \"set lambda auto\"), (at: 11, command: \"set confidence 0.5\")]",
];

/// Killed while ceilings are measured, before the first checkpoint, and after decisions: every decision is the
/// same each time, with its numbers.
#[test]
fn a_run_with_all_of_the_method_resumes_to_the_bit() {
    let sandbox = Sandbox::new();
    sandbox.train("whole", &ALL_OF_THE_METHOD).expect(0);
    let mut process = sandbox.start("killed", &ALL_OF_THE_METHOD);
    for (kind, step) in [
        ("reference_epoch", 0),
        ("step", 2),
        ("threshold_tested", 6),
        ("step", 13),
        ("evaluated", 21),
    ] {
        let is_it =
            |event: &Value| event["event"] == kind && event["step"].as_u64().unwrap_or(0) >= step;
        assert!(process.until(is_it).is_some(), "no {kind} at {step}");
        process.kill();
        process = sandbox.resume("killed", &ALL_OF_THE_METHOD);
    }
    process.finish().expect(0);
    let (whole, killed) = (sandbox.record("whole"), sandbox.record("killed"));
    assert_eq!(steps(&killed), steps(&whole));
    assert!(sandbox.last_weights("killed") == sandbox.last_weights("whole"), "other weights");
    for kind in ["mixture_updated", "threshold_tested", "lambda_solved", "shadows_updated"] {
        let found = decisions(&killed, kind);
        assert!(!found.is_empty(), "no {kind}");
        assert_eq!(found, decisions(&whole, kind), "{kind}");
    }
}

/// The events of a kind by their step, without number and clock; the newest where a step was repeated.
fn decisions(record: &[Value], kind: &str) -> BTreeMap<u64, Value> {
    let of = |event: &&Value| {
        let mut event = (*event).clone();
        let fields = event.as_object_mut().unwrap();
        let _clocks = ["seq", "unix_ms"].map(|clock| fields.remove(clock));
        (event["step"].as_u64().unwrap(), event)
    };
    of_kind(record, kind).iter().map(of).collect()
}
