//! Commands to a run, from the config's schedule or a signal, and their outcomes.

use crate::common::{DOMAINS, Sandbox, UNDISTURBED, assert_undisturbed, of_kind, steps};
use serde_json::{Value, json};
use std::fs;

const SCHEDULE: &str =
    r#"schedule=[(at: 7, command: "set lambda 0.9"), (at: 9, command: "target code")]"#;

/// Step and command of each outcome of the config's schedule.
fn outcomes(record: &[Value]) -> Vec<(u64, Value)> {
    of_kind(record, "command_outcome")
        .into_iter()
        .filter(|event| event["actor"] == "Schedule")
        .inspect(|event| assert!(event["verdict"]["Applied"].is_object(), "{event}"))
        .map(|event| (event["step"].as_u64().unwrap(), event["command"].clone()))
        .collect()
}

#[test]
fn scheduled_commands_have_one_outcome_each_after_a_kill_too() {
    let expected = [(7, json!("set lambda 0.9")), (9, json!("target code"))];
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[SCHEDULE]).expect(0);
    let whole = sandbox.record("whole");
    assert_eq!(outcomes(&whole), expected);
    assert_ne!(steps(&whole), UNDISTURBED.steps, "the commands changed nothing");
    for (name, killed_at) in [("one", 8), ("two", 10)] {
        let mut process = sandbox.start(name, &[SCHEDULE]);
        process.until_step(killed_at);
        process.kill();
        sandbox.resume(name, &[SCHEDULE]).finish().expect(0);
        let record = sandbox.record(name);
        assert_eq!(steps(&record), steps(&whole), "killed at {killed_at}");
        assert_eq!(outcomes(&record), expected, "killed at {killed_at}");
    }
}

/// A checkpoint that is written before a command is repeated does not lose the command.
#[test]
fn a_checkpoint_between_a_resume_and_a_command_keeps_the_command() {
    let sandbox = Sandbox::new();
    let schedule = r#"schedule=[(at: 17, command: "set lambda 0.9")]"#;
    sandbox.train("whole", &[schedule]).expect(0);
    let mut process = sandbox.start("twice", &[schedule, "checkpoint.every=10"]);
    process.until_step(18);
    process.kill();
    // From step 10 to a checkpoint of step 12 or 16, before the command; or after it, if the kill
    // comes late.
    let mut process = sandbox.resume("twice", &[schedule, "checkpoint.every=4"]);
    process.until(|event| event["event"] == "checkpoint_saved").unwrap();
    process.kill();
    sandbox.resume("twice", &[schedule, "checkpoint.every=4"]).finish().expect(0);
    assert_eq!(steps(&sandbox.record("twice")), steps(&sandbox.record("whole")));
}

/// A run that has no checkpoint yet starts over with the schedule that its config has now.
#[test]
fn a_schedule_removed_before_the_first_checkpoint_has_no_effect() {
    let sandbox = Sandbox::new();
    let schedule = r#"schedule=[(at: 1, command: "set lambda 0.9"), (at: 2, command: "pause")]"#;
    let mut process = sandbox.start("anew", &[schedule]);
    process.until(|event| event["event"] == "phase_changed" && event["phase"] == "paused").unwrap();
    process.kill();
    sandbox.resume("anew", &[]).finish().expect(0);
    assert_undisturbed(&sandbox, "anew");
}

/// A checkpoint records which commands of its own step it contains, and the resumed run makes no
/// update that an uninterrupted one does not make.
#[test]
fn commands_at_the_step_of_a_save_survive_a_kill() {
    for (name, schedule) in [
        ("set-save", r#"schedule=[(at: 4, command: "set every 2"), (at: 4, command: "save")]"#),
        ("save-set", r#"schedule=[(at: 4, command: "save"), (at: 4, command: "set lambda 0.9")]"#),
    ] {
        let sandbox = Sandbox::new();
        sandbox.train("whole", &[schedule]).expect(0);
        let mut process = sandbox.start(name, &[schedule]);
        process.until_step(5);
        process.kill();
        sandbox.resume(name, &[schedule]).finish().expect(0);
        let record = sandbox.record(name);
        assert_eq!(steps(&record), steps(&sandbox.record("whole")), "{name}");
        assert_eq!(outcomes(&record).len(), 2, "{name}");
    }
}

/// A value that was undone is the old one after a kill too.
#[test]
fn an_undo_survives_a_kill() {
    let schedule = r#"schedule=[(at: 4, command: "set lambda 0.9"), (at: 4, command: "target code"),
        (at: 8, command: "undo"), (at: 8, command: "undo")]"#;
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[schedule]).expect(0);
    let whole = sandbox.record("whole");
    let undone: Vec<_> = of_kind(&whole, "command_outcome")
        .into_iter()
        .filter(|event| event["command"] == "undo")
        .map(|event| event["verdict"]["Applied"]["new"].as_str().unwrap())
        .collect();
    assert_eq!(undone, ["target none", "lambda 0.5"]);
    let mut process = sandbox.start("killed", &[schedule]);
    process.until_step(9);
    process.kill();
    sandbox.resume("killed", &[schedule]).finish().expect(0);
    assert_eq!(steps(&sandbox.record("killed")), steps(&whole));
}

/// Length, checkpoints and log lines are what the commands say, after a kill too.
#[test]
fn a_run_is_made_shorter_and_its_intervals_are_changed_while_it_runs() {
    let schedule = r#"schedule=[(at: 5, command: "set length 20"), (at: 5, command: "set checkpoint.every 4"),
        (at: 6, command: "set logging.every 1"), (at: 9, command: "set length 30"), (at: 9, command: "undo")]"#;
    let sandbox = Sandbox::new();
    let log = sandbox.train("whole", &[schedule]).expect(0).stdout;
    let whole = sandbox.record("whole");
    assert_eq!(steps(&whole).keys().last(), Some(&20));
    let lr = |step: u64| steps(&whole)[&step]["lr"].as_f64().unwrap();
    // The cosine spans the 20 steps: after 19 it is at cos(19/20 pi) of what warm-up leaves, near its end.
    assert!(lr(20) < 0.02 * lr(2), "{} {}", lr(20), lr(2));
    let saved: Vec<u64> = of_kind(&whole, "checkpoint_saved")
        .into_iter()
        .map(|event| event["step"].as_u64().unwrap())
        .collect();
    assert_eq!(saved, [3, 8, 12, 16, 20]);
    let has_line = |step: u64| log.contains(&format!(" {step}/20  loss "));
    assert!(!has_line(4) && has_line(7) && has_line(8), "{log}");
    let mut process = sandbox.start("killed", &[schedule]);
    process.until_step(11);
    process.kill();
    sandbox.resume("killed", &[schedule]).finish().expect(0);
    assert_eq!(steps(&sandbox.record("killed")), steps(&whole));
}

/// It stops where it was told to, once, and the rest is that of a run that never stopped.
#[test]
fn a_run_stops_at_a_step_and_goes_on_from_there() {
    let sandbox = Sandbox::new();
    let schedule = r#"schedule=[(at: 2, command: "stop at 7"), (at: 5, command: "stop at 4")]"#;
    let mut process = sandbox.start("stops", &[schedule]);
    let ended = process.until(|event| event["event"] == "finished").unwrap();
    let why = "stopped by engine: it was told to stop at step 7";
    assert_eq!((&ended["step"], &ended["why"]), (&json!(7), &json!(why)));
    process.finish().expect(130);
    let record = sandbox.record("stops");
    let past = &of_kind(&record, "command_outcome")[1]["verdict"]["Rejected"]["why"];
    assert_eq!(past, "step 4 is past: the run has done 5; `stop` ends it now");
    sandbox.resume("stops", &[schedule]).finish().expect(0);
    assert_undisturbed(&sandbox, "stops");
}

/// The rows that are measured stay the same, and the engine says which interval it has chosen.
#[test]
fn another_budget_of_measuring_is_another_interval_of_updates() {
    let sandbox = Sandbox::new();
    let sets = [r#"schedule=[(at: 7, command: "set evaluation.budget 0.4")]"#];
    sandbox.train("whole", &sets).expect(0);
    let whole = sandbox.record("whole");
    let chosen = of_kind(&whole, "command_outcome")[1];
    assert_eq!((&chosen["step"], &chosen["actor"]), (&json!(7), &json!("Engine")));
    let applied = &chosen["verdict"]["Applied"];
    assert_eq!(applied["old"], "5");
    let every: u64 = applied["new"].as_str().unwrap().parse().unwrap();
    let measured: Vec<u64> = of_kind(&whole, "mixture_updated")
        .into_iter()
        .map(|event| event["step"].as_u64().unwrap())
        .filter(|step| *step > 7)
        .collect();
    assert!(
        every != 5 && measured.windows(2).all(|pair| pair[1] - pair[0] == every),
        "{measured:?}"
    );
    let mut process = sandbox.start("killed", &sets);
    process.until_step(8);
    process.kill();
    sandbox.resume("killed", &sets).finish().expect(0);
    let killed = sandbox.record("killed");
    assert_eq!(steps(&killed), steps(&whole));
    assert_eq!(of_kind(&killed, "command_outcome").len(), 2, "it is chosen once");
}

/// A measurement on request changes nothing of a run, and no checkpoint of another step is ranked by it,
/// after a kill neither.
#[test]
fn an_evaluation_survives_a_kill() {
    let schedule = r#"schedule=[(at: 10, command: "evaluate")]"#;
    // No update comes between the command and the next checkpoint, of step 18.
    let sets = [schedule, "mixing.every=29", "checkpoint.every=9", "checkpoint.keep_last=20"];
    let sandbox = Sandbox::new();
    sandbox.train("whole", &sets).expect(0);
    let mut process = sandbox.start("killed", &sets);
    process.until_step(11);
    process.kill();
    sandbox.resume("killed", &sets).finish().expect(0);
    let mean_loss = |name: &str| {
        let marker = sandbox.run_dir(name).join("checkpoints/step-000018/complete.json");
        let marker: Value = serde_json::from_slice(&fs::read(marker).unwrap()).unwrap();
        marker["mean_loss"].as_f64().unwrap()
    };
    assert_eq!(mean_loss("killed"), mean_loss("whole"));
    assert_eq!(steps(&sandbox.record("killed")), steps(&sandbox.record("whole")));
}

/// Sample texts are for reading only: the run's results are those of a run without them.
#[test]
fn texts_are_written_at_intervals_and_on_request_and_change_nothing() {
    let sets = [
        "samples.every=10",
        "samples.prompts=1",
        "samples.max_tokens=8",
        // The likeliest tokens under random weights are those of the prompt, which would show nothing.
        "samples.temperature=1.0",
        r#"schedule=[(at: 4, command: "generate")]"#,
    ];
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("texts", &sets);
    process.until_step(14);
    process.kill();
    sandbox.resume("texts", &sets).finish().expect(0);
    let record = sandbox.record("texts");
    let sampled = of_kind(&record, "sampled");
    let mut at: Vec<u64> = sampled.iter().map(|event| event["step"].as_u64().unwrap()).collect();
    at.dedup();
    assert_eq!(at, [0, 4, 10, 20, 30]);
    let of = |event: &Value, field: &str| -> Vec<Value> {
        (0..DOMAINS.len()).map(|j| event["texts"][j][field].clone()).collect()
    };
    for event in &sampled {
        assert_eq!(of(event, "domain"), DOMAINS);
        assert_eq!(of(event, "prompt"), of(sampled[0], "prompt"));
    }
    for prompt in of(sampled[0], "prompt") {
        assert!(prompt.as_str().unwrap().contains("number held"), "{prompt}");
    }
    assert_ne!(of(sampled[0], "written"), of(sampled.last().unwrap(), "written"));
    assert_undisturbed(&sandbox, "texts");
}

/// A mixture that is held stays as it is, and each update that was due meanwhile is an event; after a
/// kill too.
#[test]
fn updates_of_a_held_mixture_are_events() {
    let schedule = r#"schedule=[(at: 7, command: "mixing hold"), (at: 17, command: "undo")]"#;
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[schedule, "mixing.every=5"]).expect(0);
    let whole = sandbox.record("whole");
    let at = |kind| -> Vec<u64> {
        of_kind(&whole, kind).iter().map(|event| event["step"].as_u64().unwrap()).collect()
    };
    assert_eq!(at("update_held"), [10, 15]);
    assert_eq!(at("mixture_updated"), [5, 20, 25]);
    let mut process = sandbox.start("killed", &[schedule, "mixing.every=5"]);
    process.until_step(18);
    process.kill();
    sandbox.resume("killed", &[schedule, "mixing.every=5"]).finish().expect(0);
    assert_eq!(steps(&sandbox.record("killed")), steps(&whole));
}

/// Without screens, a pause can still be ended. Commands that are carried out in it do not end it, and
/// the run reports the pause again.
#[test]
fn sigusr2_ends_a_pause() {
    let sandbox = Sandbox::new();
    let schedule = r#"schedule=[(at: 4, command: "pause"), (at: 4, command: "save")]"#;
    let mut process = sandbox.start("paused", &[schedule]);
    let paused = |event: &Value| event["event"] == "phase_changed" && event["phase"] == "paused";
    process.until(paused).unwrap();
    process.until(|event| event["event"] == "checkpoint_saved").unwrap();
    process.until(paused).unwrap();
    process.signal("USR2");
    process.finish().expect(0);
    let resumed = sandbox.record("paused");
    let resumed = of_kind(&resumed, "command_outcome").into_iter();
    let by: Vec<_> = resumed.map(|event| event["actor"].to_string()).collect();
    assert_eq!(by, [r#""Schedule""#, r#""Schedule""#, r#"{"Signal":"SIGUSR2"}"#]);
    assert_undisturbed(&sandbox, "paused");
}
