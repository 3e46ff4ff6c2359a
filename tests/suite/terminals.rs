//! Terminals that cannot show screens, and what others can do besides: their clipboard.

use crate::common::terminal::Terminal;
use crate::common::{PATIENCE, RunningProcess, Sandbox, of_kind};
use crossterm::clipboard::CopyToClipboard;
use portable_pty::CommandBuilder;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const SHORT: &str = "training.length=Steps(6)";
/// Its alternate screen is what a program takes first.
const TAKEN: &str = "\u{1b}[?1049h";

#[test]
fn a_terminal_that_cannot_place_text_gets_log_lines_and_the_reason() {
    let sandbox = Sandbox::new();
    for (n, term, named) in [(1, "dumb", "TERM is dumb"), (2, "", "TERM is not set")] {
        let name = format!("name=\"plain-{n}\"");
        let mut terminal = Terminal::train(&sandbox, (24, 200), &[SHORT, &name], &[("TERM", term)]);
        assert_eq!(terminal.exit(), 0, "{}", terminal.text());
        let sent = terminal.sent();
        let why = format!("no screens, log lines instead: {named}");
        assert!(sent.contains(&why) && sent.contains("TERM=xterm-256color"), "{sent}");
        assert!(sent.contains("6/6") && !sent.contains('\u{1b}'), "{sent}");
        assert!(!of_kind(&sandbox.record(&format!("plain-{n}")), "finished").is_empty());
    }
}

#[test]
fn a_pipe_gets_log_lines_and_the_reason_unless_they_were_asked_for() {
    let sandbox = Sandbox::new();
    let train = |more: &[&str]| {
        let args = [&["train", "tiny.ron", "--set", SHORT][..], more].concat();
        RunningProcess::start(sandbox.versatune(&args)).finish().expect(0)
    };
    let done = train(&[]);
    let why = "no screens, log lines instead: stdin is not a terminal\n";
    assert!(done.stderr.starts_with(why) && !done.stdout.contains("no screens"), "{}", done.stderr);
    for asked in ["--headless", "--log-format=json"] {
        let done = train(&[asked]);
        assert!(!done.stderr.contains("no screens"), "{}", done.stderr);
    }
}

#[test]
fn screens_that_cannot_be_shown_are_an_error_with_what_there_is_instead() {
    let sandbox = Sandbox::new();
    let attach = |words: &[&str]| {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_versatune"));
        command.args(["attach"]);
        command.args(words);
        command.cwd(sandbox.path(""));
        command.env("XDG_CACHE_HOME", sandbox.path("cache-home"));
        let mut terminal = Terminal::run(command, (24, 400), &[("TERM", "dumb")]);
        assert_eq!(terminal.exit(), 1);
        assert!(!terminal.sent().contains(TAKEN));
        terminal.sent()
    };
    for name in ["first", "second"] {
        sandbox.train(name, &[SHORT]).expect(0);
    }
    let one = attach(&["first"]);
    assert!(
        one.contains("TERM is dumb") && one.contains("`versatune snapshot runs/first`"),
        "{one}"
    );
    let list = attach(&[]);
    assert!(list.contains("TERM is dumb") && list.contains("`versatune ls`"), "{list}");
}

/// The bytes by which a terminal takes a text into its clipboard.
fn sequence(text: &str) -> String {
    let mut bytes = Vec::new();
    crossterm::queue!(bytes, CopyToClipboard::to_clipboard_from(text)).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Raw behind tmux too, in order with the frames, and without a trace on the screen.
#[test]
fn what_is_selected_goes_to_the_clipboard_of_the_terminal() {
    let sandbox = Sandbox::new();
    let pause = r#"schedule=[(at: 3, command: "pause")]"#;
    let tmux = [("TMUX", "/tmp/tmux-0/default,1,0")];
    let mut terminal = Terminal::train(&sandbox, (30, 100), &[pause], &tmux);
    terminal.until("● paused");
    terminal.press("c");
    terminal.until("copied the path of the run's folder");
    let folder = sandbox.run_dir("tiny").display().to_string();
    assert!(terminal.sent().contains(&sequence(&folder)), "{folder}");
    terminal.press("8/seed\r");
    let before = terminal.until("1 of ");
    terminal.press("c");
    let after = terminal.until("copied seed (7 characters)");
    let sent = terminal.sent();
    assert!(sent.contains(&sequence("seed: 7")) && !sent.contains("Ptmux"));
    // The status and the last line change.
    let body = |text: &str| text.lines().skip(3).take(26).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&before), body(&after));
    // A letter in a text is one.
    terminal.press(":c");
    terminal.until(": c");
    assert_eq!(terminal.sent().matches("\u{1b}]52;").count(), 2);
    terminal.press("\u{1b}q");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
}

/// A screen reader hears lines: nothing is placed on the screen, and commands are typed.
#[test]
fn a_run_is_told_in_lines_where_the_config_wants_them() {
    let sandbox = Sandbox::new();
    let pause = r#"schedule=[(at: 3, command: "pause")]"#;
    let sets = [SHORT, "name=\"told\"", "screen.plain=true", pause];
    let mut terminal = Terminal::train(&sandbox, (24, 200), &sets, &[("TERM", "dumb")]);
    terminal.until("paused by");
    terminal.press("domains\r");
    terminal.until("percent to learn");
    terminal.press("pasue\r");
    terminal.until("also: status");
    terminal.press("set lambda 0.5 -- slower\r");
    terminal.until("lambda 0.5' by");
    terminal.press("resume\r");
    assert_eq!(terminal.exit(), 0, "{}", terminal.text());
    let sent = terminal.sent();
    assert!(sent.contains("all steps are done") && !sent.contains('\u{1b}'), "{sent}");
    assert!(sent.contains("Step 6 of 6, 100 percent."), "{sent}");
    let outcomes = sandbox.record("told");
    let outcomes = of_kind(&outcomes, "command_outcome");
    assert!(outcomes.iter().any(|outcome| outcome["reason"] == "slower"), "{outcomes:?}");
}

/// libtorch, CUDA and their like print warnings on stderr, which is the terminal that the screens are on.
#[test]
fn what_a_library_prints_is_in_the_log_and_not_across_the_screens() {
    let sandbox = Sandbox::new();
    let long = "training.length=Steps(1000000)";
    let mut terminal = Terminal::train(&sandbox, (30, 100), &[long, "name=aside"], &[]);
    terminal.until("● training");
    terminal.print_on_stderr("[W] a library\u{1b}[2J warns\n");
    let log = sandbox.path("runs/aside/log");
    let logged = "printed by a library: [W] a library\\x1b[2J warns";
    let begun = Instant::now();
    while !text_of(&log).contains(logged) {
        assert!(begun.elapsed() < PATIENCE, "{}", text_of(&log));
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!terminal.sent().contains("a library"), "{}", terminal.text());
    terminal.press("\u{3}");
    terminal.until("keep running headless");
    terminal.press("k");
    terminal.until("run goes on");
    // The terminal is given back: now it is no screen that would be damaged.
    terminal.print_on_stderr("said aloud\n");
    terminal.until("said aloud");
}

/// The texts of all files in a folder.
fn text_of(folder: &Path) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| fs::read_to_string(file.path()).unwrap_or_default()).collect()
}
