//! What is printed and written where it cannot be, or holds what must not be shown.

use crate::common::{Sandbox, assert_one_error};
use std::fs::{self, OpenOptions};
use std::process::Stdio;

const SHORT: [&str; 2] = ["training.length=Steps(2)", "mixing.every=1"];

#[test]
fn an_output_that_cannot_be_printed_is_an_error_and_a_reader_that_leaves_is_none() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &SHORT).expect(0);
    for args in [
        &["report", "runs/tiny"][..],
        &["report", "runs/tiny", "--json"],
        &["snapshot", "runs/tiny"],
        &["snapshot", "runs/tiny", "--ansi"],
        &["check", "tiny.ron", "--set", SHORT[0], "--set", SHORT[1]],
        &["help", "config"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = sandbox.versatune(args).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(
            stderr.contains("error: cannot write to the standard output"),
            "{args:?}: {stderr}"
        );

        let mut child = sandbox.versatune(args).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{args:?}");
    }
}

#[test]
fn the_table_of_a_run_that_takes_no_plots_is_shown() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &SHORT).expect(0);
    fs::create_dir(sandbox.run_dir("tiny").join("weights.svg")).unwrap();
    let done = sandbox.run(&["report", "runs/tiny"]).expect(0);
    assert!(done.stdout.contains("held-out loss"), "{}", done.stdout);
    assert!(done.stderr.contains("warning: there are no plots"), "{}", done.stderr);
    fs::create_dir(sandbox.path("plots")).unwrap();
    sandbox.run(&["report", "runs/tiny", "--json", "--plots", "plots"]).expect(0);
    assert!(sandbox.path("plots/losses.svg").exists());
    let nowhere = sandbox.run(&["report", "runs/tiny", "--plots", "no/such"]).expect(1);
    assert_one_error(&nowhere, &["no/such/weights.svg"]);
}

#[test]
fn a_place_for_a_measurement_is_tried_before_the_work() {
    let sandbox = Sandbox::new();
    let done = sandbox.run(&["detect", "tiny.ron", "--out", "no/such/x"]).expect(1);
    assert_one_error(&done, &["no/such/x"]);
    assert!(!sandbox.path("runs").exists(), "a measurement was begun");
}

#[test]
fn neither_keys_nor_control_characters_of_arguments_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let key = "sk-proj-AbCd0123EfGh4567IjKl";
    for args in [
        &["train", "tiny.ron", "--set", &format!("detection.judge=Endpoint(key: Env(\"{key}\"))")]
            [..],
        &["train", "tiny.ron", "--set", key],
        &["train", "tiny.ron", &format!("--key={key}")],
        &["train", key],
        &["help", key],
        &[key],
        &["report", key],
        &["snapshot", key, "--theme", key],
        &["\u{1b}[31mx"],
        &["train", "\u{1b}[31mx"],
        &["train", "tiny.ron", "--set", "name=\"\u{1b}[31m\u{202e}\""],
    ] {
        let mut command = sandbox.versatune(args);
        let done = command.stdout(Stdio::piped()).output().unwrap();
        assert!(!done.status.success(), "{args:?}");
        let text = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        assert!(!text.contains("AbCd0123"), "{args:?}: {text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{args:?}: {text:?}");
        assert!(!text.contains('\u{202e}'), "{args:?}: {text:?}");
    }
}

#[test]
fn sigquit_saves_and_stops() {
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("quit", &["training.length=Steps(3000)"]);
    process.until_step(3);
    process.signal("QUIT");
    let done = process.finish().expect(130);
    assert!(done.stderr.contains("SIGQUIT") && done.stderr.contains("--resume"), "{}", done.stderr);
    assert!(sandbox.run_dir("quit").join("checkpoints").read_dir().unwrap().next().is_some());
}
