//! What the binary does when something is wrong: one error that names the thing, an exit code that
//! fits, nothing lost, no panic.

use crate::common::{
    DOMAINS, Finished, STEPS, Sandbox, assert_one_error, assert_undisturbed, of_kind, steps,
};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

#[track_caller]
fn assert_fails(done: Finished, code: i32, needles: &[&str]) {
    assert_one_error(&done.expect(code), needles);
}

#[test]
fn wrong_usage_and_wrong_configs_exit_with_2() {
    let sandbox = Sandbox::new();
    assert_fails(sandbox.run(&["frobnicate"]), 2, &["frobnicate", "--help"]);
    assert_fails(sandbox.run(&["train", "nothere.ron"]), 2, &["nothere.ron"]);
    sandbox.write("broken.ron", "(name: \"x\"");
    assert_fails(sandbox.run(&["train", "broken.ron"]), 2, &["broken.ron:1:1"]);
    // All errors at once.
    let two = sandbox.train("x", &["training.lr=7", "seedd=3"]);
    assert_fails(two, 2, &["2 things are wrong", "training.lr", "seedd", "did you mean `seed`"]);
    let folder = sandbox.train("x", &[r#"model.source=Folder("nomodel")"#]);
    assert_fails(folder, 2, &["nomodel", "does not exist"]);
    let file = sandbox.train("x", &[r#"data.domains.law.train=["gone.jsonl"]"#]);
    assert_fails(file, 2, &["gone.jsonl", "does not exist"]);
    let late = sandbox.train("x", &[r#"schedule=[(at: 30, command: "save")]"#]);
    assert_fails(late, 2, &["schedule[0].at", "0 to 29"]);
    assert!(!sandbox.path("runs").exists(), "a run was started from a wrong config");
}

#[test]
fn models_that_cannot_be_used_are_named() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    let empty = sandbox.train("x", &[r#"model.source=Random("empty")"#]);
    assert_fails(empty, 1, &["empty/config.json"]);
    let weightless = sandbox.train("x", &[r#"model.source=Folder("model")"#]);
    assert_fails(weightless, 1, &["model.safetensors"]);
    for (name, file, content, needles) in [
        ("alien", "config.json", r#"{"model_type": "mamba"}"#, ["mamba", "llama"]),
        ("torn", "config.json", "{", ["torn/config.json", "line"]),
        ("mute", "tokenizer.json", "{ garbage", ["mute/tokenizer.json", "not a tokenizer"]),
    ] {
        sandbox.write_model(name);
        sandbox.write(&format!("{name}/{file}"), content);
        let done = sandbox.train("x", &[&format!("model.source=Random(\"{name}\")")]);
        assert_fails(done, 1, &needles);
    }
}

#[test]
fn a_bad_row_is_named_by_file_and_line() {
    let sandbox = Sandbox::new();
    let good = fs::read_to_string(sandbox.path("law-train.jsonl")).unwrap();
    for bad in [r#"{"instruction": "x", "output": 5}"#, r#"{"instruction": "x", "outp"#] {
        let mut lines: Vec<&str> = good.lines().collect();
        lines[16] = bad;
        sandbox.write("bad.jsonl", &(lines.join("\n") + "\n"));
        let set = r#"data.domains.law.train=["bad.jsonl"]"#;
        assert_fails(sandbox.train("x", &[set]), 1, &["bad.jsonl, line 17", "Skip"]);
        sandbox.train("skipped", &[set, "data.on_bad_row=Skip(1)"]).expect(0);
    }
    let ready = sandbox.record("skipped");
    let law = of_kind(&ready, "data_ready")[0];
    assert_eq!((&law["train_rows"], &law["skipped_rows"]), (&json!(39), &json!(1)));
    sandbox.write("empty.jsonl", "");
    let empty = sandbox.train("x", &[r#"data.domains.law.train=["empty.jsonl"]"#]);
    assert_fails(empty, 1, &["empty.jsonl", "empty"]);
}

#[test]
fn cuda_where_there_is_none_is_an_error_with_its_reason() {
    if Command::new("nvidia-smi").output().is_ok() {
        println!("skipped: this machine has nvidia-smi, so that CUDA may be there");
        return;
    }
    let sandbox = Sandbox::new();
    let done = sandbox.train("x", &["device=Cuda(0)"]);
    assert_fails(done, 1, &["GPU 0 cannot be used", "driver", "device: Cpu"]);
}

#[test]
fn a_folder_that_cannot_hold_a_run_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("afile", "no folder");
    assert_fails(sandbox.train("x", &["runs_dir=afile"]), 1, &["afile"]);
    assert_fails(sandbox.train("x", &["data.cache_dir=afile/cache"]), 1, &["afile/cache"]);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        println!("skipped: root may write into a read-only folder");
        return;
    }
    fs::create_dir(sandbox.path("sealed")).unwrap();
    fs::set_permissions(sandbox.path("sealed"), fs::Permissions::from_mode(0o555)).unwrap();
    assert_fails(sandbox.train("x", &["runs_dir=sealed"]), 1, &["sealed"]);
}

#[test]
fn a_run_folder_in_use_is_left_alone() {
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("busy", &["training.length=Steps(3000)"]);
    process.until_step(1);
    let second = sandbox.resume("busy", &[]).finish();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let holder = format!("in use by process {} on host {}", process.id(), host.trim());
    assert_fails(second, 1, &["runs/busy", &holder]);
    process.until_step(4);
    process.kill();
    // The lock ends with its process.
    let mut next = sandbox.resume("busy", &["training.length=Steps(3000)"]);
    assert!(next.until(|event| event["event"] == "resumed").is_some());
    next.kill();
}

#[test]
fn a_run_that_does_not_exist_cannot_be_resumed() {
    let sandbox = Sandbox::new();
    assert_fails(sandbox.resume("gone", &[]).finish(), 1, &["runs/gone"]);
    assert_fails(sandbox.run(&["report", "runs/gone"]), 1, &["runs/gone"]);
    assert_fails(sandbox.run(&["train", "tiny.ron", "--resume"]), 1, &["runs/tiny"]);
}

/// The help promises it: `versatune train my.ron --resume` continues where the run stopped.
#[test]
fn resume_without_a_folder_takes_the_newest_run_of_the_name() {
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("tiny", &[]);
    process.until_step(4);
    process.kill();
    sandbox.run(&["train", "tiny.ron", "--resume"]).expect(0);
    assert_undisturbed(&sandbox, "tiny");
    sandbox.run(&["train", "--resume", "tiny.ron"]).expect(0);
    assert!(!sandbox.run_dir("tiny-2").exists());
}

/// A start that failed makes no newer run that a later `--resume` would take for the real one.
#[test]
fn a_start_that_failed_does_not_hide_the_run_before_it() {
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("tiny", &[]);
    process.until(|event| event["event"] == "checkpoint_saved").unwrap();
    process.kill();
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.train("tiny", &[r#"model.source=Random("empty")"#]).expect(1);
    sandbox.run(&["train", "tiny.ron", "--resume"]).expect(0);
    assert_undisturbed(&sandbox, "tiny");
}

/// The message at the end is the command that goes on with that run, whatever other runs there are.
#[test]
fn an_interrupted_run_names_the_command_that_resumes_it() {
    let sandbox = Sandbox::new();
    let sets = ["checkpoint.every=None"];
    for _ in ["tiny", "tiny-2"] {
        sandbox.train("tiny", &sets).expect(0);
    }
    fs::remove_dir_all(sandbox.run_dir("tiny")).unwrap();
    let mut process = sandbox.start("tiny", &sets);
    process.until_step(3);
    process.signal("INT");
    let stderr = process.finish().expect(130).stderr;
    let command = stderr.trim().rsplit_once(" with: versatune ").unwrap().1;
    let expected = format!(
        "train tiny.ron --set name=tiny --set checkpoint.every=None --headless --log-format=json \
         --resume={}",
        sandbox.run_dir("tiny").display()
    );
    assert_eq!(command, expected);
    // Alone, `--resume` means the same run, not the finished one with the higher number.
    let done = sandbox.run(&["train", "tiny.ron", "--resume", "--set", sets[0]]).expect(0);
    assert!(!done.stdout.contains("runs/tiny-2"), "{}", done.stdout);
    assert_undisturbed(&sandbox, "tiny");
}

#[test]
fn a_reader_that_goes_away_harms_nothing() {
    let sandbox = Sandbox::new();
    let args = ["train", "tiny.ron", "--headless"];
    let mut child = sandbox.versatune(&args).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
    assert!(!stderr.contains("internal error"), "{stderr}");
    assert_undisturbed(&sandbox, "tiny");
}

#[test]
fn a_damaged_checkpoint_is_skipped_for_an_older_one() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &[]).expect(0);
    let file = sandbox.run_dir("tiny").join("checkpoints/step-000030/model.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    let near_the_end = bytes.len() - 5;
    bytes[near_the_end] ^= 1;
    fs::write(&file, bytes).unwrap();
    sandbox.resume("tiny", &[]).finish().expect(0);
    let record = sandbox.record("tiny");
    let skipped = of_kind(&record, "checkpoint_skipped");
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0]["path"], "checkpoints/step-000030");
    let why = skipped[0]["why"].as_str().unwrap();
    assert!(why.contains("model.safetensors"), "{why}");
    let resumed = of_kind(&record, "resumed");
    assert_eq!(resumed[0]["path"], "checkpoints/step-000027");
    assert_eq!(resumed[0]["step"], 27);
    assert_undisturbed(&sandbox, "tiny");
}

#[test]
fn a_resume_with_changed_data_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &[]).expect(0);
    let rows = fs::read_to_string(sandbox.path("law-train.jsonl")).unwrap();
    sandbox.write("law-train.jsonl", &rows.replace("court", "forum"));
    let done = sandbox.resume("tiny", &[]).finish();
    assert_fails(done, 1, &["checkpoints/step-000030", "data"]);
}

/// The same run is resumed twice: with another learning rate, and with another seed besides, which
/// must change nothing.
#[test]
fn a_changed_config_is_obeyed_where_that_is_safe() {
    let sandbox = Sandbox::new();
    let steady = "training.schedule.shape=Constant";
    let changed = [steady, "training.lr=1e-3", "seed=99"];
    let after = |name: &str, sets: &[&str]| {
        sandbox.train(name, &[steady, "training.length=Steps(12)"]).expect(0);
        sandbox.resume(name, sets).finish().expect(0);
        let mut record = sandbox.record(name);
        let second = record.iter().rposition(|event| event["event"] == "run_started").unwrap();
        record.split_off(second)
    };
    let plain = after("rate", &changed[..2]);
    let record = after("rate-and-seed", &changed);
    let changes: Vec<_> = of_kind(&record, "config_changed")
        .into_iter()
        .map(|event| (event["field"].as_str().unwrap(), event["obeyed"].as_bool().unwrap()))
        .collect();
    assert_eq!(changes, [("seed", false), ("training.length", true), ("training.lr", true)]);
    let rates: Vec<&Value> = of_kind(&record, "step").into_iter().map(|step| &step["lr"]).collect();
    assert_eq!(rates.len() as u64, STEPS - 12);
    assert!(rates.iter().all(|rate| **rate == 1e-3), "{rates:?}");
    assert_eq!(steps(&record), steps(&plain));
    assert_eq!(record[0]["seed"], 7, "the record names a seed that the run does not use");
}

#[test]
fn a_run_that_is_shortened_below_its_checkpoint_says_so() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &[]).expect(0);
    let resume = ["train", "tiny.ron", "--headless", "--resume", "--set"];
    let done = sandbox.run(&[&resume[..], &["training.length=Steps(20)"]].concat()).expect(0);
    for said in
        ["holds 30 steps, and training.length asks for 20 now", "30, more than the 20 planned"]
    {
        assert!(done.stdout.contains(said), "no `{said}` in {}", done.stdout);
    }
}

/// Domains cannot change in the middle of a run: either the run reports it and keeps its own, or it is
/// an error.
#[test]
fn other_domains_on_resume_do_not_confuse_the_run() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &["training.length=Steps(9)"]).expect(0);
    let two = fs::read_to_string(sandbox.path("tiny.ron"))
        .unwrap()
        .lines()
        .filter(|line| !line.contains("general"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("[0.5, 0.3, 0.2]", "[0.5, 0.5]")
        .replace("[2.0, 4.0, 6.0]", "[2.0, 4.0]");
    sandbox.write("two.ron", &two);
    // Long enough for every domain to complete a pass, which is an event with the domain's name.
    let mut args = vec!["train", "two.ron", "--resume=runs/tiny", "--headless"];
    for set in ["training.length=Steps(120)", "mixing.lambda=0", "checkpoint.every=None"] {
        args.extend(["--set", set]);
    }
    let done = sandbox.run(&args);
    if done.status.code() != Some(0) {
        let code = done.status.code().unwrap();
        assert!(code == 1 || code == 2, "{done:?}");
        return assert_one_error(&done, &["domains"]);
    }
    let record = sandbox.record("tiny");
    for started in of_kind(&record, "run_started") {
        assert_eq!(started["domains"], json!(DOMAINS));
    }
    let report = sandbox.report("tiny");
    assert_eq!(report["domains"].as_array().unwrap().len(), DOMAINS.len());
}
