//! Going back within a run with `rollback`, another way with `branch`, and the same way again with
//! `train --replay`.

use crate::common::{RunningProcess, STEPS, Sandbox, of_kind, steps};
use serde_json::Value;
use std::collections::BTreeMap;

/// Pauses after the 15th and the 22nd step, in which a run waits for commands.
const SCHEDULE: &str = r#"schedule=[(at: 14, command: "target code"), (at: 15, command: "pause"),
    (at: 22, command: "pause")]"#;
const SETS: [&str; 2] = [SCHEDULE, "checkpoint.keep_last=20"];

fn until_paused(run: &mut RunningProcess) {
    let is_pause = |event: &Value| event["event"] == "phase_changed" && event["phase"] == "paused";
    assert!(run.until(is_pause).is_some());
}

/// Goes on from a pause up to the next one.
fn pass_pause(run: &mut RunningProcess) {
    run.signal("USR2");
    until_paused(run);
}

/// Gives a command to the run of that name; what is printed of its outcome.
#[track_caller]
fn ctl(sandbox: &Sandbox, name: &str, command: &str) -> String {
    sandbox.run(&["ctl", name, command]).expect(0).stdout
}

/// The run that nobody changed.
fn plain(sandbox: &Sandbox) -> BTreeMap<u64, Value> {
    let mut run = sandbox.start("plain", &SETS);
    until_paused(&mut run);
    pass_pause(&mut run);
    run.signal("USR2");
    run.finish().expect(0);
    steps(&sandbox.record("plain"))
}

/// λ and the weights are changed by hand, and taken back by going to before that: the run ends as one that
/// was never changed, killed right after it went back, and killed after the next checkpoints.
#[test]
fn a_rollback_goes_the_way_of_a_run_that_was_never_changed_to_the_bit() {
    let sandbox = Sandbox::new();
    let plain = plain(&sandbox);
    for (name, killed_at_once) in [("at-once", true), ("later", false)] {
        let mut run = sandbox.start(name, &SETS);
        until_paused(&mut run);
        ctl(&sandbox, name, "set lambda 7");
        ctl(&sandbox, name, "weights law=0.1");
        pass_pause(&mut run);
        assert_eq!(ctl(&sandbox, name, "rollback 12"), "applied at step 12: step 22 → step 12\n");
        until_paused(&mut run);
        if !killed_at_once {
            // The schedule after the checkpoint is given again.
            pass_pause(&mut run);
            pass_pause(&mut run);
        }
        run.kill();
        let mut run = sandbox.resume(name, &SETS);
        if killed_at_once {
            until_paused(&mut run);
            pass_pause(&mut run);
            run.signal("USR2");
        }
        run.finish().expect(0);

        let record = sandbox.record(name);
        let back = record.iter().position(|event| event["event"] == "rolled_back").unwrap();
        let (before, after) = (steps(&record[..back]), steps(&record[back..]));
        assert_ne!(before[&22], plain[&22], "the commands changed nothing");
        assert_eq!(after.keys().copied().collect::<Vec<_>>(), (13..=STEPS).collect::<Vec<_>>());
        assert!(after.iter().all(|(step, computed)| plain[step] == *computed), "{name}");
        assert!(sandbox.last_weights(name) == sandbox.last_weights("plain"), "{name}");
        let resumed = of_kind(&record, "resumed");
        assert_eq!(resumed[0]["step"], if killed_at_once { 12 } else { 21 });
        assert!(sandbox.run_dir(name).join("abandoned/1/step-000021").is_dir());
    }
}

#[test]
fn a_rollback_to_nowhere_names_the_nearest_and_one_to_the_best_goes_there() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("back", &SETS);
    until_paused(&mut run);
    let none = sandbox.run(&["ctl", "back", "rollback 13"]).expect(1);
    assert!(none.stderr.contains("the nearest are of the steps 12 and 15"), "{}", none.stderr);
    let wrong = sandbox.run(&["ctl", "back", "rollback first"]).expect(1);
    assert!(wrong.stderr.contains("such as 400, or best"), "{}", wrong.stderr);
    ctl(&sandbox, "back", "rollback best");
    let status = sandbox.run(&["ctl", "back", "status", "--json"]).expect(0);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    assert!(status["step"].as_u64().unwrap() <= 15, "{status}");
    ctl(&sandbox, "back", "stop");
    run.finish().expect(130);
    let loop_of = r#"schedule=[(at: 5, command: "rollback best")]"#;
    let error = sandbox.train("loop", &[loop_of]).expect(2);
    assert!(error.stderr.contains("would come again"), "{}", error.stderr);
}

/// An edit by hand is preceded by a checkpoint, one of the schedule is not; going back to it undoes the edit.
#[test]
fn a_checkpoint_is_written_before_an_edit_where_that_is_asked_for() {
    let sandbox = Sandbox::new();
    let sets = [SCHEDULE, "checkpoint.before_edit=true", "checkpoint.every=None"];
    let mut run = sandbox.start("careful", &sets);
    until_paused(&mut run);
    sandbox.run(&["ctl", "careful", "set lambda -1"]).expect(1);
    for command in ["set lambda 7", "weights law=0.1", "rollback 15", "stop"] {
        ctl(&sandbox, "careful", command);
    }
    run.finish().expect(130);
    let record = sandbox.record("careful");
    let [saved] = of_kind(&record, "checkpoint_saved")[..] else { panic!("one of step 15") };
    assert_eq!(saved["step"], 15);
    assert!(saved["why"].as_str().unwrap().starts_with("before `set lambda 7` of "), "{saved}");
    let live = of_kind(&record, "live_values");
    assert_eq!(live.last().unwrap()["params"]["lambda"], 0.5);
}

/// A branch without a change goes on as the run itself did, with its history, and outlives it.
#[test]
fn a_branch_begins_with_the_run_up_to_its_checkpoint_to_the_bit() {
    let sandbox = Sandbox::new();
    let schedule =
        r#"schedule=[(at: 10, command: "set lambda 0.75"), (at: 25, command: "set tau 2")]"#;
    sandbox.train("whole", &[schedule, "checkpoint.keep_last=20"]).expect(0);
    let at = ["branch", "runs/whole", "--at", "12", "--name", "again", "--headless"];
    sandbox.run(&at).expect(0);
    let [whole, again] = ["whole", "again"].map(|name| sandbox.record(name));
    assert_eq!(steps(&again), steps(&whole));
    assert!(sandbox.last_weights("again") == sandbox.last_weights("whole"));
    let [branched] = of_kind(&again, "branched")[..] else { panic!("one event says so") };
    assert_eq!(branched["step"], 12);
    assert!(branched["from"].as_str().unwrap().ends_with("runs/whole"), "{branched}");

    // Another way, after the run that it comes from is gone; what a resume keeps cannot change.
    let none = sandbox.run(&["branch", "runs/again", "--at", "13", "--headless"]).expect(1);
    assert!(none.stderr.contains("the nearest are of the steps 12 and 15"), "{}", none.stderr);
    let kept = [&at[..], &["--set", "training.batch_samples=2"]].concat();
    let kept = sandbox.run(&kept).expect(1);
    assert!(kept.stderr.contains("training.batch_samples: 4 → 2"), "{}", kept.stderr);
    let faster = ["--at", "12", "--name", "faster", "--headless", "--set", "training.lr=9e-3"];
    sandbox.run(&[&["branch", "runs/whole"], &faster[..]].concat()).expect(0);
    std::fs::remove_dir_all(sandbox.run_dir("whole")).unwrap();
    let faster = steps(&sandbox.record("faster"));
    let whole = steps(&whole);
    assert_eq!(faster[&12], whole[&12]);
    assert_eq!(faster[&13]["lr"].as_f64().unwrap(), 3.0 * whole[&13]["lr"].as_f64().unwrap());
    let text = sandbox.run(&["report", "runs/faster"]).expect(0).stdout;
    assert!(text.contains("runs/whole from step 12 on"), "{text}");
    let listed = sandbox.run(&["ls", "--json"]).expect(0).stdout;
    assert_eq!(listed.matches("\"branched_from\"").count(), 2, "{listed}");
}

/// As `train --detach` does, which it shares its process with.
#[test]
fn a_branch_in_the_background_goes_on_by_itself() {
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[]).expect(0);
    let at = ["branch", "runs/whole", "--at", "27", "--name", "apart", "--detach"];
    let long = ["--set", "training.length=Steps(1000000)"];
    let begun = sandbox.run(&[&at[..], &long].concat()).expect(0);
    assert!(begun.stdout.contains("see it: versatune attach apart"), "{}", begun.stdout);
    sandbox.run(&["ctl", "apart", "stop"]).expect(0);
    sandbox.until_recorded("apart", |event| event["event"] == "finished");
    let branched = sandbox.record("apart");
    assert_eq!(of_kind(&branched, "branched")[0]["step"], 27);
    let none = ["branch", "runs/whole", "--at", "26", "--detach"];
    let none = sandbox.run(&none).expect(1);
    assert!(none.stderr.contains("the nearest"), "{}", none.stderr);
}

/// Commands by hand, a change of the config between two processes, a rollback: all are repeated, a kill
/// before the first checkpoint of the new run notwithstanding.
#[test]
fn a_replayed_run_has_the_losses_of_the_first_to_the_bit() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("first", &SETS);
    until_paused(&mut run);
    ctl(&sandbox, "first", "set lambda 7");
    ctl(&sandbox, "first", "weights law=0.1");
    pass_pause(&mut run);
    ctl(&sandbox, "first", "set tau 3");
    ctl(&sandbox, "first", "rollback 18");
    ctl(&sandbox, "first", "limit law=0.5");
    ctl(&sandbox, "first", "stop");
    run.finish().expect(130);
    let faster = [&SETS[..], &["training.lr=5e-3"]].concat();
    let mut run = sandbox.resume("first", &faster);
    until_paused(&mut run);
    run.signal("USR2");
    run.finish().expect(0);
    let record = sandbox.record("first");
    let back = record.iter().position(|event| event["event"] == "rolled_back").unwrap();
    let mut expected = steps(&record[..back]);
    expected.extend(steps(&record[back..]));

    let replay = ["train", "--replay", "runs/first", "--set", "name=second", "--headless"];
    let second = sandbox.versatune(&[&replay[..], &["--log-format", "json"]].concat());
    let mut second = RunningProcess::start(second);
    second.until_step(2);
    second.kill();
    let resume = ["train", "runs/second/run.ron", "--headless", "--resume=runs/second"];
    let resume = sandbox.versatune(&[&resume[..], &["--log-format", "json"]].concat());
    let mut second = RunningProcess::start(resume);
    until_paused(&mut second);
    pass_pause(&mut second);
    second.signal("USR2");
    second.finish().expect(0);
    assert_eq!(steps(&sandbox.record("second")), expected);
    assert!(sandbox.last_weights("second") == sandbox.last_weights("first"));
    let other = [&replay[..], &["--set", "training.lr=1e-3"]].concat();
    let other = sandbox.run(&other).expect(1);
    assert!(other.stderr.contains("training.lr: 0.003 → 0.001"), "{}", other.stderr);
}

/// An edit that was rehearsed and dropped never was; one that is kept is as if it had been given at once.
#[test]
fn a_rehearsal_leaves_no_bit_behind_and_tells_both_ways() {
    let sandbox = Sandbox::new();
    let plain = plain(&sandbox);
    let mut edited = sandbox.start("edited", &SETS);
    until_paused(&mut edited);
    ctl(&sandbox, "edited", "weights law=0.1");
    pass_pause(&mut edited);
    edited.signal("USR2");
    edited.finish().expect(0);
    let edited = steps(&sandbox.record("edited"));
    assert_ne!(edited[&30], plain[&30]);
    for (name, choice, like, expected) in
        [("dropped", "drop", "plain", &plain), ("kept", "keep", "edited", &edited)]
    {
        let mut run = sandbox.start(name, &SETS);
        until_paused(&mut run);
        let too_many = sandbox.run(&["ctl", name, "rehearse 16 weights law=0.1"]).expect(1);
        assert!(too_many.stderr.contains("more than the 15"), "{}", too_many.stderr);
        let told = ctl(&sandbox, name, "rehearse 7 weights law=0.1");
        assert!(told.starts_with("applied at step 15: without it a mean held-out loss"), "{told}");
        until_paused(&mut run);
        ctl(&sandbox, name, choice);
        until_paused(&mut run);
        run.signal("USR2");
        run.finish().expect(0);
        let record = sandbox.record(name);
        assert_eq!(steps(&record), *expected, "{name}");
        assert!(sandbox.last_weights(name) == sandbox.last_weights(like), "{name}");
        let [rehearsed] = of_kind(&record, "rehearsed")[..] else { panic!("one event") };
        for domain in rehearsed["losses"].as_array().unwrap() {
            assert_ne!(domain["without"], domain["with"], "{rehearsed}");
            let errors = [&domain["without_error"], &domain["change"]["error"]];
            let [alone, paired] = errors.map(|error| error.as_f64().unwrap());
            assert!(0.0 < paired && paired < alone, "{rehearsed}");
        }
        let nothing = sandbox.run(&["ctl", name, "keep"]);
        assert_ne!(nothing.status.code(), Some(0));
    }
}

/// The answer is of the model as it is, in the form that it is trained in, and nothing of the run depends on it.
#[test]
fn a_prompt_is_answered_in_a_pause_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let plain = plain(&sandbox);
    let mut run = sandbox.start("asked", &SETS);
    until_paused(&mut run);
    let told = ctl(&sandbox, "asked", "ask Say judge clause -- please");
    assert!(told.starts_with("at step 15: ") && told.contains("(the base model: "), "{told}");
    until_paused(&mut run);
    pass_pause(&mut run);
    run.signal("USR2");
    run.finish().expect(0);
    let record = sandbox.record("asked");
    let [asked] = of_kind(&record, "asked")[..] else { panic!("one answer") };
    assert_eq!(asked["prompt"], "Say judge clause -- please");
    assert!(asked["base"]["Ok"].is_string() && asked["answer"].is_string(), "{asked}");
    assert_eq!(steps(&record), plain);
    assert!(sandbox.last_weights("asked") == sandbox.last_weights("plain"));
}
