//! The screens as an operator meets them: the real binary in a terminal.

mod common;

use common::{Yard, of_kind};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::json;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Whatever is waited for comes earlier, or the test has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal in which the binary runs.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    seen: Arc<Mutex<Seen>>,
    /// Whether the terminal is gone: its last handle is the reader's.
    gone: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

/// What the terminal was sent, and what it shows.
struct Seen {
    bytes: Vec<u8>,
    parser: vt100::Parser,
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn parser(rows: u16, cols: u16) -> vt100::Parser {
    vt100::Parser::new(non_zero(rows), non_zero(cols), 0)
}

fn non_zero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Terminal {
    /// `versatune train tiny.ron` with overrides and environment variables.
    fn train(yard: &Yard, (rows, cols): (u16, u16), sets: &[&str], env: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size(rows, cols)).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_versatune"));
        command.args(["train", "tiny.ron"]);
        sets.iter().for_each(|set| command.args(["--set", set]));
        command.cwd(yard.path(""));
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("USER", "ada")] {
            command.env(name, value);
        }
        command.env_remove("NO_COLOR");
        command.env("XDG_CACHE_HOME", yard.path("cache-home"));
        env.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(Mutex::new(Seen { bytes: Vec::new(), parser: parser(rows, cols) }));
        let gone = Arc::new(AtomicBool::new(false));
        let (of_thread, is_gone) = (seen.clone(), gone.clone());
        let reader = thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if is_gone.load(Ordering::SeqCst) {
                    return;
                }
                let mut seen = of_thread.lock().unwrap();
                seen.bytes.extend(&bytes[..count]);
                seen.parser.process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Terminal {
            child,
            master: Some(pair.master),
            keys: Some(keys),
            seen,
            gone,
            reader: Some(reader),
        }
    }

    fn text(&self) -> String {
        self.seen.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was sent, as text.
    fn sent(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().bytes).into_owned()
    }

    #[track_caller]
    fn until(&self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            if text.contains(words) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "no '{words}' in\n{text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    fn resize(&self, rows: u16, cols: u16) {
        // The parser first: the program draws all anew as soon as it hears of the size, and once.
        let mut seen = self.seen.lock().unwrap();
        seen.parser.screen_mut().set_size(non_zero(rows), non_zero(cols));
        drop(seen);
        self.master.as_ref().unwrap().resize(size(rows, cols)).unwrap();
    }

    /// As when the line is lost.
    fn hang_up(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        (self.keys, self.master) = (None, None);
    }

    /// Waits for the process; its exit code.
    #[track_caller]
    fn exit(&mut self) -> u32 {
        let begun = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        };
        (self.keys, self.master) = (None, None);
        self.reader.take().unwrap().join().unwrap();
        code
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Long enough to be watched, and slow enough in nothing.
const LONG: &str = "training.length=Steps(4000)";
const QUIET: &str = "checkpoint.every=None";

#[test]
fn a_run_is_steered_from_the_screens_and_stopped_with_a_checkpoint() {
    let yard = Yard::new();
    let mut terminal = Terminal::train(&yard, (30, 100), &[LONG, QUIET], &[]);
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
    let record = yard.record("tiny");
    let outcomes = of_kind(&record, "command_outcome");
    let lambda = outcomes.iter().find(|e| e["command"] == json!({"Set": ["lambda", 0.75]}));
    let lambda = lambda.expect("an outcome");
    assert_eq!(lambda["reason"], "too slow");
    assert!(lambda["actor"]["Operator"].as_str().unwrap().starts_with("ada@pts/"), "{lambda}");
    assert!(!of_kind(&record, "checkpoint_saved").is_empty());
}

#[test]
fn a_lost_line_never_harms_the_run() {
    let yard = Yard::new();
    let sets = ["training.length=Steps(400)", QUIET];
    let mut terminal = Terminal::train(&yard, (24, 80), &sets, &[]);
    terminal.until("● training");
    terminal.hang_up();
    assert_eq!(terminal.exit(), 0);
    let record = yard.record("tiny");
    assert_eq!(of_kind(&record, "finished")[0]["complete"], true);
    assert_eq!(of_kind(&record, "step").len(), 400);
}

#[test]
fn the_screens_are_left_and_the_run_goes_on_with_log_lines() {
    let yard = Yard::new();
    let sets = ["training.length=Steps(400)", QUIET];
    let mut terminal = Terminal::train(&yard, (20, 60), &sets, &[]);
    terminal.until("● training");
    terminal.press("\u{3}");
    terminal.until("keep running headless");
    terminal.press("k");
    assert_eq!(terminal.exit(), 0);
    let (_, after) = terminal.sent().rsplit_once("\u{1b}[?1049l").map(own).unwrap();
    assert!(after.contains("400/400") && after.contains("tiny · VersaTune"), "{after}");
}

fn own((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn a_storm_of_sizes_garbage_and_pastes_breaks_nothing() {
    let yard = Yard::new();
    let mut terminal = Terminal::train(&yard, (30, 100), &[LONG, QUIET], &[]);
    terminal.until("● training");
    for n in 0..40u16 {
        terminal.resize(1 + n * 7 % 60, 1 + n * 13 % 200);
        terminal.press(
            ["\u{1b}[<0;5;5M", "\u{1b}[200~abort\r\u{1b}[201~", "\u{7f}é\u{1b}", "?"]
                [usize::from(n % 4)],
        );
    }
    terminal.resize(30, 100);
    terminal.press("\u{1b}");
    thread::sleep(Duration::from_millis(300));
    terminal.press("\u{1b}1");
    terminal.until("training");
    terminal.press("\u{3}");
    terminal.until("save and stop");
    terminal.press("s");
    assert_eq!(terminal.exit(), 130);
}

#[test]
fn colours_and_marks_are_those_of_the_terminal() {
    let yard = Yard::new();
    let colour =
        |bytes: &str| ["\u{1b}[38;", "\u{1b}[48;"].iter().any(|start| bytes.contains(start));
    for (name, env, coloured, ascii) in [
        ("true", &[("COLORTERM", "truecolor")][..], true, false),
        ("none", &[("NO_COLOR", "1")][..], false, false),
        ("plain", &[("TERM", "vt100"), ("LANG", "C"), ("LC_ALL", "C")][..], false, true),
    ] {
        let run = format!("name={name:?}");
        let sets = [&run, "screen.close_at_end=true", "screen.refresh_secs=0.05"];
        let mut terminal = Terminal::train(&yard, (24, 80), &sets, env);
        assert_eq!(terminal.exit(), 0, "{name}");
        let sent = terminal.sent();
        let (screens, _) = sent.rsplit_once("\u{1b}[?1049l").unwrap();
        assert_eq!(colour(screens), coloured, "{name}");
        assert_eq!(screens.is_ascii(), ascii, "{name}");
    }
}

#[test]
fn a_theme_that_does_not_exist_is_told_before_anything_is_done() {
    let yard = Yard::new();
    let done = yard.train("tiny", &["screen.theme=darkk"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(!yard.path("runs").exists(), "nothing is begun");
    assert!(done.stderr.contains("darkk") && done.stderr.contains("dark"), "{}", done.stderr);
}
