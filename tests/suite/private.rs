//! Who can read and change what the program makes.

use crate::common::{RunningProcess, Sandbox, of_kind};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn all_in(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_in(&path, found);
        }
        found.insert(path);
    }
}

/// The command under a umask that leaves everything open.
fn unmasked(command: Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000 && exec \"$0\" \"$@\""]).arg(command.get_program());
    shell.args(command.get_args()).current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.stdin(std::process::Stdio::null());
    shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    shell
}

#[test]
fn nothing_that_is_made_can_be_read_by_others() {
    let sandbox = Sandbox::new();
    let mut before = BTreeSet::new();
    all_in(&sandbox.path(""), &mut before);
    let short = ["--set", "training.length=Steps(6)", "--set", "samples.every=3"];
    let tuned = ["--set", "mixing.reference=Tune(epochs: 1)"];
    let calls: [Vec<&str>; 5] = [
        [&["train", "tiny.ron", "--headless"][..], &short].concat(),
        [&["train", "tiny.ron", "--headless", "--resume"][..], &short].concat(),
        [&["reference", "tiny.ron", "--out", "ceilings.ron"][..], &tuned].concat(),
        vec!["report", "runs/tiny"],
        vec!["check", "tiny.ron"],
    ];
    for call in calls {
        RunningProcess::start(unmasked(sandbox.versatune(&call))).finish().expect(0);
    }
    let mut made = BTreeSet::new();
    all_in(&sandbox.path(""), &mut made);
    made.retain(|path| !before.contains(path));
    let named = |end: &str| made.iter().any(|path| path.to_string_lossy().ends_with(end));
    for end in [
        "runs",
        "cache",
        "complete.json",
        "train.tokens",
        ".lock",
        "run.ron",
        "events.jsonl",
        "log",
        ".log",
        "model.safetensors",
        "weights.svg",
        "reference.ron",
        "ceilings.ron",
    ] {
        assert!(named(end), "no {end} in {made:?}");
    }
    for path in made {
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{mode:o} {}", path.display());
    }
}

#[test]
fn a_run_that_any_user_can_replace_is_warned_of() {
    let sandbox = Sandbox::new();
    // Nothing else to be said of it: no mixture that moves, no budget.
    let short = [
        "training.length=Steps(2)",
        "mixing.strategy=Constant",
        "evaluation.budget=None",
        "checkpoint.keep_best=false",
    ];
    let warnings = |name: &str| -> Vec<String> {
        sandbox.train(name, &short).expect(0);
        let record = sandbox.record(name);
        let notices = of_kind(&record, "notice").into_iter();
        let notices = notices.filter(|event| event["level"] == "warning");
        notices.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(warnings("safe"), Vec::<String>::new());
    fs::set_permissions(sandbox.path("runs"), fs::Permissions::from_mode(0o777)).unwrap();
    let found = warnings("open");
    assert!(found[0].contains("any user of this machine can replace"), "{found:?}");
}
