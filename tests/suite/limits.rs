//! Runs that run out of memory or disk space, or are interrupted twice.

use crate::common::{
    RunningProcess, STEPS, Sandbox, assert_one_error, assert_undisturbed, of_kind, steps, strs,
    train_args,
};
use std::time::{Duration, Instant};

/// Every example of a step goes through the model at once, with all its logits.
const GREEDY: [&str; 5] = [
    "training.length=Steps(3)",
    "mixing.strategy=Constant",
    "training.batch_samples=6000",
    "training.loss_chunk=1000000",
    "checkpoint.every=None",
];

/// The micro-batch is halved, with an event, until the same examples fit; none is left out.
#[test]
fn out_of_memory_halves_the_micro_batch_and_loses_no_example() {
    let sandbox = Sandbox::new();
    let with = |micro_batch: &'static str| [&GREEDY[..], &[micro_batch]].concat();
    let mut modest = sandbox.start("modest", &with("training.micro_batch=2048"));
    modest.until_step(2);
    let modest_kib = modest.peak_address_space_kib();
    modest.finish().expect(0);

    let mut args = train_args("greedy", &with("training.micro_batch=4000000"));
    args.extend(["--log-format", "json"].map(String::from));
    // The logits of 6,000 answers of about 8 tokens are 0.8 GB and as much again for the gradient.
    let limit = format!("-v {}", modest_kib + 400_000);
    RunningProcess::start(sandbox.limited(&limit, &strs(&args))).finish().expect(0);

    let record = sandbox.record("greedy");
    let reductions = of_kind(&record, "micro_batch_halved");
    assert!(!reductions.is_empty(), "memory did not run out");
    for reduction in &reductions {
        assert_eq!(reduction["pass"], "training");
        let tokens = |key: &str| reduction[key].as_u64().unwrap();
        assert_eq!(tokens("new"), tokens("old") / 2, "{reduction}");
    }
    let (greedy, modest) = (steps(&record), steps(&sandbox.record("modest")));
    assert_eq!(greedy.len(), 3);
    for (step, computed) in greedy {
        for same in ["domain_examples", "domain_tokens", "tokens"] {
            assert_eq!(computed[same], modest[&step][same], "{same} at step {step}");
        }
        let loss = |computed: &serde_json::Value| computed["loss"].as_f64().unwrap();
        let (found, expected) = (loss(&computed), loss(&modest[&step]));
        assert!((found - expected).abs() < 1e-4 * expected, "{found} instead of {expected}");
    }
}

/// 800 blocks of 512 bytes are less than the weights (525 KB): no checkpoint can be written.
#[test]
fn a_full_disk_costs_no_step_and_is_named_at_the_end() {
    let sandbox = Sandbox::new();
    let args = train_args("full", &["checkpoint.every=10"]);
    let done = RunningProcess::start(sandbox.limited("-f 800", &strs(&args))).finish().expect(1);
    assert_one_error(&done, &["checkpoints", "model.safetensors", "File too large", "--resume"]);
    let record = sandbox.record("full");
    assert_eq!(steps(&record).len() as u64, STEPS);
    let notices = of_kind(&record, "notice");
    let missed = notices.iter().filter(|notice| notice["level"] == "error").count();
    assert_eq!(missed, 2, "at steps 10 and 20: {notices:?}");
    let left = std::fs::read_dir(sandbox.run_dir("full").join("checkpoints")).unwrap().count();
    assert_eq!(left, 0, "half a checkpoint was left behind");
    // With space again, the resumed run has the results of an uninterrupted one.
    sandbox.resume("full", &[]).finish().expect(0);
    assert_undisturbed(&sandbox, "full");
}

/// A run without a record would be lost, so it ends with an error.
#[test]
fn a_record_that_cannot_be_written_ends_the_run() {
    let sandbox = Sandbox::new();
    let args = train_args("mute", &["checkpoint.every=None"]);
    let done = RunningProcess::start(sandbox.limited("-f 30", &strs(&args))).finish().expect(1);
    assert_one_error(&done, &["File too large"]);
}

#[test]
fn a_second_interrupt_ends_the_run_within_seconds_without_a_save() {
    let sandbox = Sandbox::new();
    let sets = ["training.length=Steps(100000)", "checkpoint.every=None"];
    let mut process = sandbox.start("hasty", &sets);
    process.until_step(3);
    let begun = Instant::now();
    process.signal("INT");
    process.signal("TERM");
    let done = process.finish().expect(130);
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    // Whatever the second one interrupted, the run can be resumed: from the checkpoint of the first
    // one, if that was written.
    let mut next = sandbox.resume("hasty", &sets);
    let stepped = next.until(|event| event["event"] == "step");
    assert!(stepped.is_some(), "the resumed run took no step");
    next.kill();
}
