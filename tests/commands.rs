//! What is asked of a running run, by the config's schedule or a signal, and what becomes of it.

mod common;

use common::{DOMAINS, UNDISTURBED, Yard, assert_undisturbed, of_kind, steps};
use serde_json::{Value, json};

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
    let yard = Yard::new();
    yard.train("whole", &[SCHEDULE]).expect(0);
    let whole = yard.record("whole");
    assert_eq!(outcomes(&whole), expected);
    assert_ne!(steps(&whole), UNDISTURBED.steps, "the commands changed nothing");
    for (name, killed_at) in [("one", 8), ("two", 10)] {
        let mut live = yard.start(name, &[SCHEDULE]);
        live.until_step(killed_at);
        live.kill();
        yard.resume(name, &[SCHEDULE]).finish().expect(0);
        let record = yard.record(name);
        assert_eq!(steps(&record), steps(&whole), "killed at {killed_at}");
        assert_eq!(outcomes(&record), expected, "killed at {killed_at}");
    }
}

/// What is still to be given again when a checkpoint is written is not forgotten by it.
#[test]
fn a_checkpoint_between_a_resume_and_a_command_keeps_the_command() {
    let yard = Yard::new();
    let schedule = r#"schedule=[(at: 17, command: "set lambda 0.9")]"#;
    yard.train("whole", &[schedule]).expect(0);
    let mut live = yard.start("twice", &[schedule, "checkpoint.every=10"]);
    live.until_step(18);
    live.kill();
    // From step 10 to a checkpoint of step 12 or 16, before the command or, if the kill comes late,
    // after it.
    let mut live = yard.resume("twice", &[schedule, "checkpoint.every=4"]);
    live.until(|event| event["event"] == "checkpoint_saved").unwrap();
    live.kill();
    yard.resume("twice", &[schedule, "checkpoint.every=4"]).finish().expect(0);
    assert_eq!(steps(&yard.record("twice")), steps(&yard.record("whole")));
}

/// A run that begins anew obeys the schedule that its config has now.
#[test]
fn a_schedule_that_is_taken_out_before_the_first_checkpoint_is_gone() {
    let yard = Yard::new();
    let schedule = r#"schedule=[(at: 1, command: "set lambda 0.9"), (at: 2, command: "pause")]"#;
    let mut live = yard.start("anew", &[schedule]);
    live.until(|event| event["event"] == "phase_changed" && event["phase"] == "paused").unwrap();
    live.kill();
    yard.resume("anew", &[]).finish().expect(0);
    assert_undisturbed(&yard, "anew");
}

/// A checkpoint knows which commands of its own step it contains, and the resume makes no update
/// that the undisturbed run did not make.
#[test]
fn commands_at_the_step_of_a_save_survive_a_kill() {
    for (name, schedule) in [
        ("set-save", r#"schedule=[(at: 4, command: "set every 2"), (at: 4, command: "save")]"#),
        ("save-set", r#"schedule=[(at: 4, command: "save"), (at: 4, command: "set lambda 0.9")]"#),
    ] {
        let yard = Yard::new();
        yard.train("whole", &[schedule]).expect(0);
        let mut live = yard.start(name, &[schedule]);
        live.until_step(5);
        live.kill();
        yard.resume(name, &[schedule]).finish().expect(0);
        let record = yard.record(name);
        assert_eq!(steps(&record), steps(&yard.record("whole")), "{name}");
        assert_eq!(outcomes(&record).len(), 2, "{name}");
    }
}

/// A value that was taken back is the old one after a kill too.
#[test]
fn an_undo_survives_a_kill() {
    let schedule = r#"schedule=[(at: 4, command: "set lambda 0.9"), (at: 4, command: "target code"),
        (at: 8, command: "undo"), (at: 8, command: "undo")]"#;
    let yard = Yard::new();
    yard.train("whole", &[schedule]).expect(0);
    let whole = yard.record("whole");
    let said: Vec<_> = of_kind(&whole, "command_outcome")
        .into_iter()
        .filter(|event| event["command"] == "undo")
        .map(|event| event["verdict"]["Applied"]["new"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["target none", "lambda 0.5"]);
    let mut live = yard.start("killed", &[schedule]);
    live.until_step(9);
    live.kill();
    yard.resume("killed", &[schedule]).finish().expect(0);
    assert_eq!(steps(&yard.record("killed")), steps(&whole));
}

/// Texts are for reading: the run comes out as it does without them.
#[test]
fn texts_are_written_at_intervals_and_on_request_and_change_nothing() {
    let sets = [
        "samples.every=10",
        "samples.prompts=1",
        "samples.max_tokens=8",
        // The likeliest tokens of random weights are those that it was given: no words.
        "samples.temperature=1.0",
        r#"schedule=[(at: 4, command: "generate")]"#,
    ];
    let yard = Yard::new();
    let mut live = yard.start("texts", &sets);
    live.until_step(14);
    live.kill();
    yard.resume("texts", &sets).finish().expect(0);
    let record = yard.record("texts");
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
    assert_undisturbed(&yard, "texts");
}

/// A mixture that is held stays, and each update that was due meanwhile is told; after a kill too.
#[test]
fn updates_of_a_held_mixture_are_told() {
    let schedule = r#"schedule=[(at: 7, command: "mixing hold"), (at: 17, command: "undo")]"#;
    let yard = Yard::new();
    yard.train("whole", &[schedule, "mixing.every=5"]).expect(0);
    let whole = yard.record("whole");
    let at = |kind| -> Vec<u64> {
        of_kind(&whole, kind).iter().map(|event| event["step"].as_u64().unwrap()).collect()
    };
    assert_eq!(at("update_held"), [10, 15]);
    assert_eq!(at("mixture_updated"), [5, 20, 25]);
    let mut live = yard.start("killed", &[schedule, "mixing.every=5"]);
    live.until_step(18);
    live.kill();
    yard.resume("killed", &[schedule, "mixing.every=5"]).finish().expect(0);
    assert_eq!(steps(&yard.record("killed")), steps(&whole));
}

/// Where no screens are left, a pause can still be lifted. What is done in it does not end it, and
/// the run says so.
#[test]
fn sigusr2_lifts_a_pause() {
    let yard = Yard::new();
    let schedule = r#"schedule=[(at: 4, command: "pause"), (at: 4, command: "save")]"#;
    let mut live = yard.start("paused", &[schedule]);
    let paused = |event: &Value| event["event"] == "phase_changed" && event["phase"] == "paused";
    live.until(paused).unwrap();
    live.until(|event| event["event"] == "checkpoint_saved").unwrap();
    live.until(paused).unwrap();
    live.signal("USR2");
    live.finish().expect(0);
    let resumed = yard.record("paused");
    let resumed = of_kind(&resumed, "command_outcome").into_iter();
    let by: Vec<_> = resumed.map(|event| event["actor"].to_string()).collect();
    assert_eq!(by, [r#""Schedule""#, r#""Schedule""#, r#"{"Signal":"SIGUSR2"}"#]);
    assert_undisturbed(&yard, "paused");
}
