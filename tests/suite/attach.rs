//! Runs that other processes reach: `attach`, `ls` and `ctl` with the real binary.

use crate::common::terminal::Terminal;
use crate::common::{Finished, Sandbox, of_kind, steps};
use portable_pty::CommandBuilder;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A run that waits in a pause until it is told to go on.
const WAITS: [&str; 1] = ["schedule=[(at: 3, command: \"pause\")]"];

fn json(done: &Finished) -> Value {
    serde_json::from_str(&done.stdout).unwrap()
}

fn is_paused(event: &Value) -> bool {
    event["event"] == "phase_changed" && event["phase"] == "paused"
}

#[test]
fn a_run_is_listed_and_commanded_from_a_shell() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("live", &WAITS);
    assert!(run.until(is_paused).is_some());
    let ctl = |words: &[&str]| sandbox.run(&[&["ctl", "live"], words].concat());

    let listed = sandbox.run(&["ls", "--json"]).expect(0);
    let listed = json(&listed);
    assert_eq!((&listed["run"], &listed["paused"]), (&"live".into(), &true.into()));
    assert_eq!(listed["pid"], run.id());
    let elsewhere = sandbox.versatune(&["ls", "no-such-folder"]);
    let elsewhere = crate::common::RunningProcess::start(elsewhere).finish().expect(0);
    assert!(elsewhere.stdout.contains("live  paused"), "{}", elsewhere.stdout);

    let applied = ctl(&["set", "lambda", "0.25", "--", "too", "fast"]).expect(0);
    assert_eq!(applied.stdout, "applied at step 3: 0.5 → 0.25\n");
    let rejected = ctl(&["set", "lambda", "-1"]).expect(1);
    assert!(rejected.stderr.contains("lambda"), "{}", rejected.stderr);
    assert_eq!(ctl(&["--json", "pause"]).expect(1).stdout.lines().count(), 1);
    let status = ctl(&["status", "--json"]).expect(0);
    assert_eq!(json(&status)["step"], 3);
    let unknown = sandbox.run(&["ctl", "other", "status"]).expect(1);
    assert!(unknown.stderr.contains("there is no run 'other'") && unknown.stderr.contains("live"));

    ctl(&["resume"]).expect(0);
    run.finish().expect(0);
    let record = sandbox.record("live");
    let outcome = of_kind(&record, "command_outcome")
        .into_iter()
        .find(|outcome| outcome["command"] == "set lambda 0.25")
        .unwrap();
    assert!(outcome["actor"]["Remote"].is_string() && outcome["reason"] == "too fast", "{outcome}");
    assert!(!sandbox.run_dir("live").join("control.sock").exists());
    assert!(json(&sandbox.run(&["ls", "--json"]).expect(0))["pid"].is_null());
    let gone = ctl(&["pause"]).expect(1);
    assert!(gone.stderr.contains("its process has ended"), "{}", gone.stderr);
    let kinds = ctl(&["events", "--kind", "command"]).expect(0);
    assert_eq!(kinds.stdout.lines().count(), of_kind(&record, "command_outcome").len());
}

/// Between the same two steps, or not at all.
#[test]
fn several_commands_of_one_call_take_effect_together_or_not_at_all() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("live", &WAITS);
    assert!(run.until(is_paused).is_some());
    let ctl = |words: &str| sandbox.run(&["ctl", "live", words]);
    let none = ctl("set lambda 0.25; weights code=0.5; set tau -1").expect(1);
    assert_eq!(
        none.stderr.matches("none of the 3 commands was carried out").count(),
        3,
        "{}",
        none.stderr
    );
    assert!(none.stderr.contains("`set tau -1`: tau cannot be -1"), "{}", none.stderr);
    let all = ctl("set lambda 0.25; weights code=0.5; resume -- both at once").expect(0);
    assert!(
        all.stdout.starts_with("set lambda 0.25: applied at step 3: 0.5 → 0.25\nweights"),
        "{}",
        all.stdout
    );
    assert_eq!(all.stdout.lines().count(), 3);
    run.finish().expect(0);
    let record = sandbox.record("live");
    let outcomes = of_kind(&record, "command_outcome");
    let applied = |outcome: &&Value| outcome["verdict"].get("Applied").is_some();
    let applied: Vec<&Value> = outcomes.into_iter().filter(applied).skip(1).collect();
    assert!(
        applied.iter().all(|outcome| outcome["step"] == 3 && outcome["reason"] == "both at once")
    );
    assert_eq!(applied.len(), 3);
}

/// Two terminals see the same run; one changes it, and an edit of the other that saw the value before is void.
#[test]
fn two_terminals_see_and_steer_one_run() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("live", &WAITS);
    assert!(run.until(is_paused).is_some());
    let attach = || Terminal::versatune(&sandbox, (30, 100), &["attach", "live"]);
    let (mut ada, mut bob) = (attach(), attach());
    for terminal in [&ada, &bob] {
        terminal.until("● paused");
        terminal.until("with ada@");
    }
    assert!(sandbox.run(&["ls"]).expect(0).stdout.contains("ada@"));
    // Bob opens an edit of λ, and Ada is faster.
    bob.press("l");
    bob.until("why (kept in the record)");
    ada.press(":set lambda 0.75\r");
    ada.until("why (kept in the record)");
    ada.press("\r");
    ada.until("set lambda 0.75: applied, 0.5 → 0.75");
    // He sees at once what she did.
    assert!(bob.until(": lambda 0.5 → 0.75").contains("ada@"));
    bob.press("0.9\r");
    bob.until("the value is 0.75 by now");
    ada.press("q");
    assert_eq!(ada.exit(), 0);
    bob.press(" ");
    run.finish().expect(0);
    bob.until("all steps done");
    bob.press("q");
    assert_eq!(bob.exit(), 0);
    let record = sandbox.record("live");
    let applied = |command: &str| {
        let outcomes = of_kind(&record, "command_outcome");
        let found = outcomes.into_iter().find(|outcome| outcome["command"] == command).unwrap();
        found["verdict"].get("Applied").is_some()
    };
    assert!(applied("set lambda 0.75") && !applied("set lambda 0.9"));
    assert_eq!(of_kind(&record, "client_attached").len(), 2);
}

/// Whatever is sent, the run is the one that it would have been.
#[test]
fn a_flooded_socket_changes_nothing_of_the_run() {
    let sandbox = Sandbox::new();
    sandbox.train("alone", &[]).expect(0);
    let mut run = sandbox.start("flooded", &[]);
    run.until_step(1);
    let socket = sandbox.run_dir("flooded").join("control.sock");
    let flood = std::thread::spawn(move || flood(&socket));
    run.finish().expect(0);
    flood.join().unwrap();
    let [alone, flooded] = ["alone", "flooded"].map(|name| sandbox.record(name));
    assert_eq!(steps(&flooded), steps(&alone));
    assert!(sandbox.last_weights("flooded") == sandbox.last_weights("alone"), "other weights");
}

/// Lines that are none, commands that are rejected, and clients that die in the middle, until the run ends.
fn flood(socket: &Path) {
    let hello = "{\"versatune\":1,\"client\":\"x\",\"want\":\"run\"}\n";
    for round in 0.. {
        let Ok(mut stream) = UnixStream::connect(socket) else { return };
        let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
        let mut welcome = String::new();
        let _ = BufReader::new(&stream).read_line(&mut welcome);
        let sent = match round % 4 {
            0 => "garbage".repeat(20_000),
            1 => format!("{hello}{}", "{\"request\":1,\"command\":\"set lambda -1\"}\n".repeat(50)),
            2 => format!("{hello}{{\"request\":2,\"comma"),
            _ => format!("{hello}{}", "\u{0}\n".repeat(300)),
        };
        let _ = stream.write_all(sent.as_bytes());
        let _ = (&stream).read(&mut [0; 64]);
    }
}

/// A shared folder shows the run of another machine: its record is shown, and it is said where commands are given.
#[test]
fn a_run_of_another_host_is_said_to_be_there() {
    let sandbox = Sandbox::new();
    sandbox.train("far", &[]).expect(0);
    fs::write(sandbox.run_dir("far").join("run.lock"), "process 28704 on host gpu-7\n").unwrap();
    let rejected = sandbox.run(&["ctl", "runs/far", "pause"]).expect(1);
    let there = "process 28704 on host gpu-7 was the last to work on it";
    assert!(rejected.stderr.contains(there), "{}", rejected.stderr);
    assert!(rejected.stderr.contains("`ssh gpu-7 versatune ctl …`"), "{}", rejected.stderr);
    let mut terminal = Terminal::versatune(&sandbox, (30, 160), &["attach", "runs/far"]);
    terminal.until("process 28704 on host gpu-7");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);
    // What the other machine goes on to write is shown as it comes, whole line by whole line.
    let path = sandbox.run_dir("far").join("events.jsonl");
    let whole = fs::read(&path).unwrap();
    let after_10 = sandbox.record("far").into_iter().skip_while(|event| event["step"] != 11);
    let next = format!("{{\"seq\":{},", after_10.map(|event| event["seq"].clone()).next().unwrap());
    let next = String::from_utf8_lossy(&whole).find(&next).unwrap();
    // In the middle of a line.
    let (early, late) = whole.split_at(next + 10);
    fs::write(&path, early).unwrap();
    let mut terminal = Terminal::versatune(&sandbox, (30, 160), &["attach", "runs/far"]);
    let shown = terminal.until("step 10 of 10");
    assert!(shown.contains("● record  follows"), "{shown}");
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(late).unwrap();
    terminal.until("step 30 of 30");
    terminal.until("● finished");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);
}

#[test]
fn a_run_that_has_ended_is_shown_from_its_record() {
    let sandbox = Sandbox::new();
    sandbox.train("done", &[]).expect(0);
    let mut terminal = Terminal::versatune(&sandbox, (30, 100), &["attach", "runs/done"]);
    terminal.until("all steps done");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);
    let without = sandbox.run(&["attach", "runs/done"]).expect(1);
    assert!(without.stderr.contains("there is no terminal"), "{}", without.stderr);
    fs::remove_file(sandbox.run_dir("done").join("events.jsonl")).unwrap();
    let none = sandbox.run(&["attach", "runs/done"]).expect(1);
    assert!(none.stderr.contains("there is no run 'runs/done'"), "{}", none.stderr);
}

/// All of it in the record: back, to an event, and played to the end.
#[test]
fn a_record_is_gone_through() {
    let sandbox = Sandbox::new();
    sandbox.train("done", &[]).expect(0);
    let before = fs::read(sandbox.run_dir("done").join("events.jsonl")).unwrap();
    let mut terminal = Terminal::versatune(&sandbox, (30, 120), &["attach", "runs/done"]);
    terminal.until("step 30 of 30");
    terminal.press(",");
    let back = terminal.until("step 29 of 30");
    assert!(back.contains("● record  paused") && !back.contains("● finished"), "{back}");
    // A command does nothing.
    terminal.press("s");
    terminal.until("this is a record, which takes no commands");
    // The third of the checkpoints, which are begun every three steps, and written meanwhile.
    terminal.press("6");
    terminal.until("─ events");
    terminal.press("/step-000009\r");
    terminal.until("checkpoints/step-000009");
    terminal.press("g\r");
    let there = terminal.until("step 9 of 30");
    assert!(there.contains("─ saving ─") && !there.contains("step-000012"), "{there}");
    terminal.press("(");
    terminal.until("event 1 of");
    terminal.press(">>1 ");
    terminal.until("● finished");
    terminal.until("step 30 of 30");
    terminal.until("paused ×1000");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);
    let after = fs::read(sandbox.run_dir("done").join("events.jsonl")).unwrap();
    assert!(before == after, "the record was changed");
}

#[test]
fn a_run_is_chosen_from_a_list_and_left_for_it() {
    let sandbox = Sandbox::new();
    let none = sandbox.run(&["attach"]).expect(1);
    assert!(none.stderr.contains("no run goes on on this machine"), "{}", none.stderr);
    for name in ["first", "second"] {
        sandbox.train(name, &[]).expect(0);
    }
    let piped = sandbox.run(&["attach"]).expect(1);
    assert!(piped.stderr.contains("`versatune ls` prints it"), "{}", piped.stderr);
    let mut terminal = Terminal::versatune(&sandbox, (20, 60), &["attach"]);
    terminal.until("0 go on · 2 have ended");
    terminal.press("/fir\r");
    terminal.until("filter / fir");
    terminal.press("\r");
    terminal.until("● record");
    terminal.until("first");
    terminal.press("q");
    terminal.until("2 have ended");
    terminal.press("\u{1b}");
    terminal.until("/ filter");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);
    assert_eq!(terminal.sent().matches("\u{1b}[?1049h").count(), 1, "it is taken once");
}

/// Waits until the terminal was given back so often, and the shell has it.
#[track_caller]
fn until_given_back(terminal: &Terminal, times: usize) {
    let is_back = || {
        let sent = terminal.sent();
        let parts: Vec<&str> = sent.split("\u{1b}[?1049l").collect();
        parts.len() == times + 1 && parts[times].contains("prompt> ")
    };
    let came = (0..3000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        is_back()
    });
    assert!(came, "it is not given back:\n{}", terminal.text());
    assert!(!terminal.text().contains("● training"), "a frame is left:\n{}", terminal.text());
}

/// Ctrl-Z in a shell: the terminal is the shell's until `fg`, and the run goes on all the while.
#[test]
fn screens_of_another_process_are_stopped_and_come_back() {
    let sandbox = Sandbox::new();
    let mut run =
        sandbox.start("live", &["training.length=Steps(1000000)", "checkpoint.every=None"]);
    run.until_step(1);
    let mut shell = CommandBuilder::new("sh");
    shell.arg("-i");
    shell.cwd(sandbox.path(""));
    shell.env("XDG_CACHE_HOME", sandbox.path("cache-home"));
    shell.env("PS1", "prompt> ");
    let mut terminal = Terminal::run(shell, (30, 100), &[]);
    terminal.until("prompt> ");
    terminal.send(&format!("{} attach live\n", env!("CARGO_BIN_EXE_versatune")));
    terminal.until("● training");
    terminal.press("\u{1a}");
    until_given_back(&terminal, 1);
    terminal.send("echo the terminal is $((40 + 2))\n");
    terminal.until("the terminal is 42");
    let step =
        || json(&sandbox.run(&["ctl", "live", "status", "--json"]).expect(0))["step"].as_u64();
    let before = step();
    let goes_on = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        step() > before
    });
    assert!(goes_on, "the run stands still");
    terminal.send("fg\n");
    terminal.until("● training");
    terminal.press("q");
    until_given_back(&terminal, 2);
    terminal.send("exit\n");
    terminal.exit();
    sandbox.run(&["ctl", "live", "stop"]).expect(0);
    run.finish().expect(130);
}

#[test]
fn a_detached_run_outlives_the_command_that_began_it() {
    let sandbox = Sandbox::new();
    let long = ["train", "tiny.ron", "--detach", "--set", "training.length=Steps(1000000)"];
    let begun = sandbox.run(&long).expect(0);
    let expected = "run goes on · pid ";
    assert!(begun.stdout.starts_with(expected), "{}", begun.stdout);
    assert!(begun.stdout.contains("see it: versatune attach tiny"), "{}", begun.stdout);
    let status = json(&sandbox.run(&["ctl", "tiny", "status", "--json"]).expect(0));
    assert!(status["step"].as_u64().unwrap() >= 1 && status["phase"] != "failed", "{status}");
    sandbox.run(&["ctl", "tiny", "stop"]).expect(0);
    let ended = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        json(&sandbox.run(&["ls", "--json"]).expect(0))["pid"].is_null()
    });
    assert!(ended);
    assert!(sandbox.record("tiny").iter().any(|event| event["event"] == "finished"));
    let error = sandbox.run(&["train", "tiny.ron", "--detach", "--set", "mixing.tau=-1"]).expect(2);
    assert!(error.stderr.contains("mixing.tau"), "{}", error.stderr);
}
