//! The screens of the real binary in a terminal.

use crate::common::terminal::Terminal;
use crate::common::{DOMAINS, PATIENCE, Sandbox, of_kind, steps};
use portable_pty::CommandBuilder;
use serde_json::Value;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use versatune::telemetry::{Hub, RecordWriter, Snapshot, wall_clock};
use versatune::tui::keys::KeyMap;
use versatune::tui::look::{Look, Marks, Theme};
use versatune::tui::terminal::{Held, Session};
use versatune::tui::{Model, ModelInit};

/// A run that does not end by itself.
const LONG: &str = "training.length=Steps(1000000)";
const QUIET: &str = "checkpoint.every=None";

#[test]
fn a_run_is_steered_from_the_screens_and_stopped_with_a_checkpoint() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (30, 100), &[LONG, QUIET], &[]);
    terminal.until("● training");
    terminal.press(" ");
    terminal.until("● paused");
    terminal.press(":set lambda 0.75\r");
    terminal.until("why (kept in the record)");
    terminal.press("too slow\r");
    terminal.until("set lambda 0.75: applied, ");
    terminal.until("λ 0.75");
    terminal.press(" ");
    terminal.until("● training");
    terminal.press("q");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
    assert!(terminal.sent().contains("\u{1b}[?1049l"), "the terminal is given back");
    let record = sandbox.record("tiny");
    let outcomes = of_kind(&record, "command_outcome");
    let lambda = outcomes.iter().find(|e| e["command"] == "set lambda 0.75");
    let lambda = lambda.expect("an outcome");
    assert_eq!(lambda["reason"], "too slow");
    assert!(lambda["actor"]["Operator"].as_str().unwrap().starts_with("ada@pts/"), "{lambda}");
    assert!(!of_kind(&record, "checkpoint_saved").is_empty());
}

/// A click of the left button on words that are seen.
fn click(terminal: &mut Terminal, words: &str) {
    let text = terminal.until(words);
    let found =
        text.lines().zip(1..).find_map(|(line, row)| Some((line.split_once(words)?.0, row)));
    let (before, row) = found.expect("they were seen");
    let column = before.chars().count() + 1;
    terminal.send(&format!("\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m"));
    // No hand presses a key at once.
    terminal.until_read();
    thread::sleep(Duration::from_millis(30));
}

#[test]
fn the_mouse_steers_too_and_a_save_does_not_end_a_pause() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (24, 80), &[LONG, QUIET], &[]);
    terminal.until("● training");
    click(&mut terminal, "space pause");
    terminal.until("● paused");
    terminal.press("s");
    terminal.until("save: done");
    terminal.until("● paused");
    terminal.press(" ");
    terminal.until("● training");
    click(&mut terminal, "6");
    terminal.until("─ events");
    // Reports of clicks, drags and the wheel are enabled, not of every move.
    assert!(
        terminal.sent().contains("\u{1b}[?1002h") && !terminal.sent().contains("\u{1b}[?1003h")
    );
    terminal.press("qs");
    assert_eq!(terminal.exit(), 130);
}

/// λ, target and learning rate are changed from the screens, then the process is killed: the resumed
/// run is bit for bit the one that was not killed and was given the same commands at the same steps.
#[test]
fn edits_from_the_screens_survive_a_kill_bit_for_bit() {
    let sandbox = Sandbox::new();
    let sets = ["training.length=Steps(300)", "checkpoint.every=100"];
    // Edited after one checkpoint, killed before the next: the resume has to replay the edits.
    let pauses = r#"schedule=[(at: 150, command: "pause"), (at: 180, command: "pause")]"#;
    let mut terminal = Terminal::train(&sandbox, (24, 80), &[sets[0], sets[1], pauses], &[]);
    until_step(&sandbox, 150);
    terminal.until("● paused");
    for (keys, outcome) in [
        ("l\u{15}0.9\r", "set lambda 0.9: applied"),
        ("t0 \r", "target law: applied"),
        (":set lr 0.001\r\r", "set lr 0.001: applied"),
    ] {
        terminal.press(keys);
        terminal.until(outcome);
    }
    terminal.press(" ");
    until_step(&sandbox, 180);
    // The pause is in the record now, and does not pause the resume.
    terminal.until("● paused");
    terminal.kill();
    sandbox.resume("tiny", &sets).finish().expect(0);
    let killed = sandbox.record("tiny");
    let given: Vec<String> = changes(&killed);
    assert_eq!(given.len(), 3, "{given:?}");
    let schedule = format!("schedule=[{}]", given.join(", "));
    sandbox.train("whole", &[sets[0], sets[1], &schedule]).expect(0);
    assert_eq!(steps(&killed), steps(&sandbox.record("whole")));
    assert_eq!(steps(&killed).len(), 300);
}

/// The outcomes that changed something, as entries of a config's schedule.
fn changes(record: &[Value]) -> Vec<String> {
    let outcomes = of_kind(record, "command_outcome").into_iter();
    let line = |event: &Value| {
        let command = event["command"].as_str()?;
        let is_change = command.starts_with("set ") || command.starts_with("target ");
        is_change.then(|| format!("(at: {}, command: {command:?})", event["step"]))
    };
    outcomes.filter_map(line).collect()
}

#[test]
fn a_run_goes_on_without_its_terminal() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (24, 80), &[LONG, QUIET], &[]);
    terminal.until("● training");
    assert!(terminal.threads().contains(&"keys".to_owned()));
    terminal.hang_up();
    // A thread that still polled for keys would spin: a lost line is readable for ever.
    terminal.until_thread_ends("keys");
    until_more_steps(&sandbox);
    terminal.signal("TERM");
    assert_eq!(terminal.exit(), 130);
    assert!(!of_kind(&sandbox.record("tiny"), "checkpoint_saved").is_empty());
}

/// The terminal does not read: the screens end, the run goes on, and nothing waits for the terminal,
/// not even the process's end.
#[test]
fn a_run_goes_on_while_its_terminal_does_not_read() {
    let sandbox = Sandbox::new();
    let sets = [LONG, QUIET, "screen.refresh_secs=0.05", "screen.patience_secs=1.0"];
    let mut terminal = Terminal::train(&sandbox, (60, 200), &sets, &[]);
    terminal.until("● training");
    terminal.set_deaf(true);
    terminal.until_thread_ends("keys");
    until_more_steps(&sandbox);
    terminal.signal("TERM");
    assert_eq!(terminal.wait(), 130);
    assert!(!of_kind(&sandbox.record("tiny"), "checkpoint_saved").is_empty());
}

/// Waits for a hundred more steps.
#[track_caller]
fn until_more_steps(sandbox: &Sandbox) {
    let done = of_kind(&sandbox.record("tiny"), "step").len() as u64;
    until_step(sandbox, done + 100);
}

/// Waits for a step in the record.
#[track_caller]
fn until_step(sandbox: &Sandbox, step: u64) {
    let begun = Instant::now();
    let last =
        || sandbox.run_dir("tiny").join("events.jsonl").exists().then(|| sandbox.record("tiny"));
    while of_kind(&last().unwrap_or_default(), "step")
        .last()
        .is_none_or(|e| e["step"].as_u64() < Some(step))
    {
        assert!(begun.elapsed() < PATIENCE, "step {step} does not come");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (24, 80), &[LONG, QUIET], &[]);
    terminal.until("● training");
    terminal.signal("TERM");
    assert_eq!(terminal.exit(), 130);
    let sent = terminal.sent();
    let (_, after) = sent.rsplit_once("\u{1b}[?1049l").expect("the terminal is given back");
    assert!(after.contains("\u{1b}[?25h"), "the cursor is shown again");
    assert!(!of_kind(&sandbox.record("tiny"), "checkpoint_saved").is_empty());
}

/// Not a test by itself: the test below runs it in a terminal.
#[test]
#[ignore = "run by `a_panic_gives_the_terminal_back`"]
fn panics_behind_the_screens() {
    versatune::app::quiet_panics();
    let folder = tempfile::tempdir().unwrap();
    let record = RecordWriter::create(folder.path()).unwrap();
    let hub = Hub::new(record, Snapshot::default(), wall_clock());
    let mut source = hub.subscribe(16);
    let mut model = Model::new(ModelInit {
        run: Snapshot::default(),
        look: Look { theme: Theme::dark(), marks: Marks::Braille },
        themes: vec![Theme::dark()],
        keys: KeyMap::default(),
        zone: jiff::tz::TimeZone::UTC,
        now_ms: 0,
        size: (80, 24),
        operator: String::new(),
    });
    thread::spawn(|| {
        thread::sleep(Duration::from_millis(500));
        panic!("made on purpose");
    });
    let left = versatune::tui::terminal::run(
        &mut model,
        Session {
            source: &mut source,
            send: &|_| true,
            go: &|_| {},
            hung_up: Arc::default(),
            continued: Arc::default(),
            ending: Arc::default(),
            refresh: Duration::from_millis(100),
            mouse: true,
            close_at_end: false,
            patience: Duration::from_secs(60),
        },
        &mut Held::take(true).unwrap(),
    );
    println!("left: {left:?}");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "screens::panics_behind_the_screens", "--nocapture"]);
    let mut terminal = Terminal::run(command, (24, 80), &[]);
    terminal.until("getting ready");
    terminal.exit();
    let sent = terminal.sent();
    let (screens, after) = sent.rsplit_once("\u{1b}[?1049l").expect("the terminal is given back");
    assert!(!screens.contains("made on purpose"), "the panic is printed after the screens");
    assert!(after.contains("error: internal error"), "{after}");
    assert!(after.contains("it was given back"), "{after}");
    assert!(!after.contains("stack backtrace"), "{after}");
}

/// In a large terminal, a usual one and the smallest.
#[test]
fn all_screens_of_a_live_run_are_drawn_in_three_sizes() {
    let sandbox = Sandbox::new();
    let sets = [LONG, QUIET, "samples.every=1000", "samples.max_tokens=8"];
    let mut terminal = Terminal::train(&sandbox, (60, 200), &sets, &[]);
    terminal.until("● training");
    for size in [(60, 200), (24, 80), (20, 60)] {
        terminal.resize(size.0, size.1);
        for (key, words) in [
            ("1", "─ held-out loss"),
            ("2", "─ domains"),
            ("3", "held-out loss"),
            ("4", "─ mixture ─"),
            ("5", "─ machine"),
            ("6", "─ events"),
            ("7", "first: step 0"),
            ("8", "─ live values"),
        ] {
            terminal.press(key);
            // A frame may have come by half.
            terminal.until(words);
            terminal.until(&format!("{key} "));
            if !["5", "6", "7", "8"].contains(&key) {
                DOMAINS.iter().for_each(|domain| drop(terminal.until(domain)));
            }
        }
    }
    terminal.press("qs");
    assert_eq!(terminal.exit(), 130);
}

#[test]
fn the_screens_are_left_and_the_run_goes_on_with_log_lines() {
    let sandbox = Sandbox::new();
    let pause = r#"schedule=[(at: 200, command: "pause")]"#;
    let sets = ["training.length=Steps(400)", QUIET, pause];
    let mut terminal = Terminal::train(&sandbox, (20, 60), &sets, &[]);
    terminal.until("● paused");
    terminal.press("\u{3}");
    terminal.until("keep running headless");
    terminal.press("k");
    // No key can end the pause now.
    terminal.until("go on: versatune ctl tiny resume");
    sandbox.run(&["ctl", "tiny", "resume"]).expect(0);
    assert_eq!(terminal.exit(), 0);
    let (_, after) = terminal.sent().rsplit_once("\u{1b}[?1049l").map(to_owned).unwrap();
    assert!(after.contains("400/400") && after.contains("tiny · VersaTune"), "{after}");
}

fn to_owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn resizes_garbage_and_pastes_break_nothing() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (30, 100), &[LONG, QUIET], &[]);
    terminal.until("● training");
    for n in 0..40u16 {
        terminal.resize(1 + n * 7 % 60, 1 + n * 13 % 200);
        terminal.send(
            ["\u{1b}[<0;5;5M", "\u{1b}[200~abort\r\u{1b}[201~", "\u{7f}é\u{1b}", "?"]
                [usize::from(n % 4)],
        );
    }
    terminal.resize(30, 100);
    terminal.press("\u{1b}");
    thread::sleep(Duration::from_millis(300));
    terminal.send("\u{1b}1");
    terminal.until("training");
    terminal.press("\u{3}");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
}

/// Text that comes without brackets around it, and what a terminal answers late.
#[test]
fn text_that_comes_at_once_and_answers_of_the_terminal_are_no_keys() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (30, 100), &[LONG, QUIET], &[]);
    terminal.until("● training");
    for text in [
        "git status\r",
        "echo a\r",
        "\u{1b}]11;rgb:1414/1414/1414\u{7}",
        "\u{1b}]4;1;rgb:cdcd/0000/0000\u{1b}\\",
        "\u{1b}]52;c;c3M=\u{1b}\\",
        "\u{1b}P>|XTerm(390)\u{1b}\\",
        "\u{1b}P1+r524742=382f382f38\u{1b}\\",
    ] {
        terminal.send(text);
        thread::sleep(Duration::from_millis(200));
    }
    terminal.until("pasted text, not keys");
    // Text where text is typed.
    terminal.press(":");
    terminal.send("set lambda 0.75");
    terminal.until("set lambda 0.75");
    terminal.press("\u{15}\r");
    terminal.press("\u{1a}");
    terminal.until("would stop the training too");
    terminal.press("q");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
    let record = sandbox.record("tiny");
    let outcomes = of_kind(&record, "command_outcome");
    let commands: Vec<_> = outcomes.iter().map(|e| e["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["stop"]);
}

/// Terminals claim such sizes: a bug of a multiplexer, a window without one.
#[test]
fn an_absurd_size_ends_nothing() {
    let sandbox = Sandbox::new();
    let sets = [LONG, QUIET, "screen.refresh_secs=0.05"];
    let mut terminal = Terminal::train(&sandbox, (30, 100), &sets, &[]);
    terminal.until("● training");
    let before = terminal.peak_memory_kib();
    for (rows, columns) in [(u16::MAX, u16::MAX), (1000, 4000), (4000, 1000)] {
        terminal.claim(rows, columns);
        until_more_steps(&sandbox);
    }
    let more = terminal.peak_memory_kib().saturating_sub(before); // the system counts by estimate
    assert!(more < 200 << 10, "it took {more} KiB");
    terminal.resize(30, 100);
    terminal.until("● training");
    terminal.press("q");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
}

#[test]
fn a_stopped_run_takes_its_terminal_again_when_it_goes_on() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::train(&sandbox, (30, 100), &[LONG, QUIET], &[]);
    terminal.until("● training");
    let entries = |terminal: &Terminal| terminal.sent().matches("\u{1b}[?1049h").count();
    for (count, signal) in [(2, "STOP"), (3, "TSTP")] {
        terminal.signal(signal);
        terminal.until_stopped();
        // What a shell does.
        terminal.cook();
        terminal.signal("CONT");
        let begun = Instant::now();
        while !(terminal.is_raw() && entries(&terminal) == count) {
            assert!(begun.elapsed() < PATIENCE, "{signal}: it is not taken again");
            thread::sleep(Duration::from_millis(20));
        }
        terminal.until("● training");
    }
    assert_eq!(terminal.sent().matches("\u{1b}[?1049l").count(), 1, "SIGTSTP gives it back");
    until_more_steps(&sandbox);
    terminal.press("q");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
}

#[test]
fn colours_and_marks_are_those_of_the_terminal() {
    let sandbox = Sandbox::new();
    let has = |bytes: &str, start: &str| bytes.contains(&format!("\u{1b}[{start}"));
    for (name, env, [true_colour, indexed, basic], ascii) in [
        ("true", &[("COLORTERM", "truecolor")][..], [true, false, false], false),
        ("indexed", &[][..], [false, true, false], false),
        ("basic", &[("TERM", "xterm")][..], [false, false, true], false),
        ("none", &[("NO_COLOR", "1")][..], [false, false, false], false),
        ("plain", &[("TERM", "vt100"), ("LANG", "C"), ("LC_ALL", "C")][..], [false; 3], true),
    ] {
        let run = format!("name={name:?}");
        let sets = [&run, "screen.close_at_end=true", "screen.refresh_secs=0.05"];
        let mut terminal = Terminal::train(&sandbox, (24, 80), &sets, env);
        assert_eq!(terminal.exit(), 0, "{name}");
        let sent = terminal.sent();
        let (screens, _) = sent.rsplit_once("\u{1b}[?1049l").unwrap();
        assert_eq!(has(screens, "38;2;"), true_colour, "{name}");
        assert_eq!(has(screens, "38;5;"), indexed, "{name}");
        let sixteen = (30..38).chain(90..98).any(|code| has(screens, &format!("{code}m")));
        assert_eq!(sixteen, basic, "{name}");
        assert_eq!(screens.is_ascii(), ascii, "{name}");
    }
}

#[test]
fn an_unknown_theme_is_an_error_before_the_run_begins() {
    let sandbox = Sandbox::new();
    let done = sandbox.train("tiny", &["screen.theme=darkk"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(!sandbox.path("runs").exists(), "nothing is begun");
    assert!(done.stderr.contains("darkk") && done.stderr.contains("dark"), "{}", done.stderr);
}
