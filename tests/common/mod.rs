//! The real binary on a tiny model and a few rows, all of it in a temporary folder.
//!
//! ```ignore
//! let sandbox = Sandbox::new();
//! sandbox.train("tiny", &["seed=8"]).expect(0);
//! assert_eq!(steps(&sandbox.record("tiny")).len() as u64, STEPS);
//! ```

// The attack uses a part of this, the suite another.
#![allow(dead_code)]

pub mod http;
pub mod hub;
pub mod process;
pub mod terminal;
pub mod tiny_model;

pub use process::{Finished, RunningProcess};

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No call of the binary may be silent for longer: a test that hangs fails.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The domains of the tiny run, in the order of its config.
pub const DOMAINS: [&str; 3] = ["law", "code", "general"];
/// w(0) of the tiny run.
pub const DETECTED: [f64; 3] = [0.5, 0.3, 0.2];
/// The reference losses of the tiny run, nats.
pub const REFERENCE_LOSSES: [f64; 3] = [2.0, 4.0, 6.0];
/// Optimizer steps of the tiny run.
pub const STEPS: u64 = 30;

/// A folder with a config, a model shape with its tokenizer, and rows.
pub struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Sandbox { dir: tempfile::tempdir().unwrap() };
        sandbox.write_model("model");
        for (name, words) in DOMAINS.iter().zip([LAW, CODE, GENERAL]) {
            sandbox.write(&format!("{name}-train.jsonl"), &rows(words, 40, "train"));
            sandbox.write(&format!("{name}-held.jsonl"), &rows(words, 6, "held"));
        }
        sandbox.write("tiny.ron", CONFIG);
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    /// A folder with the shape of a model and the demo's tokenizer, without weights.
    pub fn write_model(&self, name: &str) {
        tiny_model::write(&self.path(name), &tiny_model::config());
    }

    /// A command that calls the binary in this folder.
    pub fn versatune(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_versatune"));
        command.args(args);
        self.in_this_folder(command)
    }

    /// The same under a limit, as `ulimit` takes it. Writing beyond a limit of file size is an
    /// error, as on a full disk: the binary does not die of the signal.
    pub fn limited(&self, limit: &str, args: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_versatune"))
            .args(args);
        self.in_this_folder(command)
    }

    /// A command with this folder as its working directory, whose output a test reads.
    pub fn in_this_folder(&self, mut command: Command) -> Command {
        command
            .current_dir(self.dir.path())
            .env("RUST_BACKTRACE", "1")
            .env("LC_ALL", "C.UTF-8")
            .env("XDG_CACHE_HOME", self.path("cache-home"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Calls the binary and waits for its end.
    pub fn run(&self, args: &[&str]) -> Finished {
        RunningProcess::start(self.versatune(args)).finish()
    }

    /// `train` under a name with `--set` overrides, to its end; prints log lines as text.
    pub fn train(&self, name: &str, sets: &[&str]) -> Finished {
        self.run(&strs(&train_args(name, sets)))
    }

    /// Starts `train` under a name with `--set` overrides; prints each event as a line of JSON.
    pub fn start(&self, name: &str, sets: &[&str]) -> RunningProcess {
        let mut args = train_args(name, sets);
        args.extend(["--log-format", "json"].map(String::from));
        RunningProcess::start(self.versatune(&strs(&args)))
    }

    /// The same, resuming the run of that name.
    pub fn resume(&self, name: &str, sets: &[&str]) -> RunningProcess {
        let mut args = train_args(name, sets);
        args.push(format!("--resume=runs/{name}"));
        args.extend(["--log-format", "json"].map(String::from));
        RunningProcess::start(self.versatune(&strs(&args)))
    }

    pub fn run_dir(&self, name: &str) -> PathBuf {
        self.path("runs").join(name)
    }

    /// The events of the run's record; an incomplete last line is left out.
    pub fn record(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.run_dir(name).join("events.jsonl")).unwrap();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until the record of a run has the wanted event.
    #[track_caller]
    pub fn until_recorded(&self, name: &str, wanted: impl Fn(&Value) -> bool) {
        let begun = Instant::now();
        let has_begun = || self.run_dir(name).join("events.jsonl").exists();
        while !(has_begun() && self.record(name).iter().any(&wanted)) {
            assert!(begun.elapsed() < PATIENCE, "{name} has no such event");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// `report --json`, without the folder's name and its checkpoints: a run that was stopped or interrupted has others.
    pub fn report(&self, name: &str) -> Value {
        let done = self.run(&["report", &format!("runs/{name}"), "--json"]).expect(0);
        let mut report: Value = serde_json::from_str(&done.stdout).unwrap();
        let fields = report.as_object_mut().unwrap();
        fields.remove("run").unwrap();
        ["model", "best_checkpoint"].iter().for_each(|field| drop(fields.remove(*field)));
        report
    }

    /// Weights and moments of the last checkpoint, as bytes.
    pub fn last_weights(&self, name: &str) -> [Vec<u8>; 2] {
        let folder = self.run_dir(name).join(format!("checkpoints/step-{STEPS:06}"));
        ["model.safetensors", "optimizer.safetensors"]
            .map(|file| fs::read(folder.join(file)).unwrap())
    }
}

/// Results of the tiny run without an interruption.
pub struct Undisturbed {
    pub steps: BTreeMap<u64, Value>,
    pub weights: [Vec<u8>; 2],
    pub report: Value,
}

pub static UNDISTURBED: LazyLock<Undisturbed> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[]).expect(0);
    Undisturbed {
        steps: steps(&sandbox.record("whole")),
        weights: sandbox.last_weights("whole"),
        report: sandbox.report("whole"),
    }
});

/// Fails unless the run of that name has the results of an uninterrupted one, bit for bit: the
/// examples that were drawn, the losses, the weights, the closing table.
#[track_caller]
pub fn assert_undisturbed(sandbox: &Sandbox, name: &str) {
    assert_eq!(steps(&sandbox.record(name)), UNDISTURBED.steps);
    assert!(sandbox.last_weights(name) == UNDISTURBED.weights, "the last weights are not the same");
    assert_eq!(sandbox.report(name), UNDISTURBED.report);
}

/// Fails unless stderr holds one error with all of `needles`, no panic and no backtrace.
#[track_caller]
pub fn assert_one_error(done: &Finished, needles: &[&str]) {
    let Finished { stderr, .. } = done;
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(stderr.starts_with("error: "), "something comes before the error: {stderr}");
    for needle in needles {
        assert!(stderr.contains(needle), "no `{needle}` in: {stderr}");
    }
    for word in ["panicked", "backtrace", "internal error", "RUST_BACKTRACE"] {
        assert!(!stderr.contains(word), "`{word}` in: {stderr}");
    }
    assert!(stderr.matches("(os error").count() <= 1, "the reason is given twice: {stderr}");
}

/// Events of one kind.
pub fn of_kind<'a>(record: &'a [Value], kind: &str) -> Vec<&'a Value> {
    record.iter().filter(|event| event["event"] == kind).collect()
}

/// What each step computed, without clocks and memory. A step that a resumed run repeats must be the
/// same each time.
#[track_caller]
pub fn steps(record: &[Value]) -> BTreeMap<u64, Value> {
    let mut steps = BTreeMap::new();
    for event in of_kind(record, "step") {
        let mut computed = event.clone();
        let fields = computed.as_object_mut().unwrap();
        for clock in ["seq", "unix_ms", "secs", "data_secs", "memory"] {
            fields.remove(clock).unwrap_or_else(|| panic!("a step without {clock}"));
        }
        let step = event["step"].as_u64().unwrap();
        if let Some(before) = steps.insert(step, computed.clone()) {
            assert_eq!(before, computed, "step {step} came out differently when it was repeated");
        }
    }
    steps
}

/// The numbers of a JSON array.
pub fn numbers(value: &Value) -> Vec<f64> {
    let array = value.as_array().unwrap_or_else(|| panic!("{value} is no array"));
    array.iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
pub fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-9, "{found:?} instead of {expected:?}");
    }
}

/// A small random stream, the same in every run of the tests (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// 0 to below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    /// Sleeps up to so many milliseconds.
    pub fn sleep(&mut self, ms: u64) {
        thread::sleep(Duration::from_micros(self.below(ms * 1000 + 1)));
    }
}

/// Waits up to 2 s for a condition, checking all the time; whether it came true.
pub fn becomes_true(condition: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        if condition() {
            return true;
        }
        thread::sleep(Duration::from_micros(50));
    }
    false
}

/// Arguments of `train` under a name with `--set` overrides.
pub fn train_args(name: &str, sets: &[&str]) -> Vec<String> {
    let mut args: Vec<String> =
        ["train", "tiny.ron", "--headless", "--set"].map(String::from).into();
    args.push(format!("name={name}"));
    for set in sets {
        args.extend(["--set".to_string(), set.to_string()]);
    }
    args
}

/// Arguments as the command line takes them.
pub fn strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

const LAW: [&str; 6] = ["court", "judge", "contract", "clause", "party", "appeal"];
const CODE: [&str; 6] = ["function", "loop", "array", "return", "index", "pointer"];
const GENERAL: [&str; 6] = ["river", "garden", "bread", "morning", "window", "song"];

/// Rows that a model of this size can learn: walks through the domain's words.
fn rows(words: [&str; 6], count: usize, part: &str) -> String {
    let mut text = String::new();
    for row in 0..count {
        let first = row * 7 + part.len();
        let (a, b) = (words[first % 6], words[(first / 6 + 1) % 6]);
        let answer: Vec<_> =
            (0..4 + row % 5).map(|i| words[(first + i * (row % 5 + 1)) % 6]).collect();
        let line = json!({
            "instruction": format!("Say {a} {b} number {part} {row}"),
            "output": answer.join(" "),
        });
        text += &format!("{line}\n");
    }
    text
}

/// The config of the tiny run.
pub const CONFIG: &str = r#"(
    name: "tiny",
    runs_dir: "runs",
    seed: 7,
    device: Cpu,
    threads: 1,
    model: (source: Random("model")),
    data: (
        domains: [
            (name: "law", train: ["law-train.jsonl"], held_out: Files(["law-held.jsonl"])),
            (name: "code", train: ["code-train.jsonl"], held_out: Files(["code-held.jsonl"])),
            (name: "general", train: ["general-train.jsonl"], held_out: Files(["general-held.jsonl"])),
        ],
        sequence_length: 64,
        cache_dir: "cache",
    ),
    mixing: (
        detected: Given([0.5, 0.3, 0.2]),
        reference: Given([2.0, 4.0, 6.0]),
        lambda: 0.5,
        every: 5,
    ),
    training: (length: Steps(30), batch_samples: 4, micro_batch: 256, lr: 3e-3),
    checkpoint: (every: 3, keep_last: 2),
    logging: (every: 5, host_secs: 0.0),
)
"#;
