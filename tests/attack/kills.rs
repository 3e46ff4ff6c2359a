//! SIGKILL, then resume: the results are those of an uninterrupted run, and nothing is left behind.

use crate::Kind;
use crate::common::{Dice, RunningProcess, Sandbox, assert_undisturbed, strs, train_args};
use crate::watch::contents;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

pub const AT_RANDOM: Kind = Kind { name: "kill", share: 4.0, trial: at_random };
pub const AT_SYSTEM_CALLS: Kind = Kind { name: "kill-syscall", share: 3.0, trial: at_system_calls };

/// What a save is made of.
const CALLS: [&str; 7] = ["fsync", "rename", "renameat2", "unlink", "unlinkat", "mkdir", "write"];

/// Whether strace is there, which kills at a system call.
static STRACE: LazyLock<bool> = LazyLock::new(|| {
    let found = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    let is_there = found.is_ok_and(|status| status.success());
    if !is_there {
        println!("kill-syscall is left out: there is no strace (Debian: apt install strace)");
    }
    is_there
});

fn at_random(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let kills = 1 + dice.below(3);
    for _ in 0..kills {
        let mut run = start(&sandbox, &[]);
        let events = dice.below(90);
        for _ in 0..events {
            if run.until(|_| true).is_none() {
                break;
            }
        }
        dice.sleep(20);
        run.kill();
    }
    finish(&sandbox);
    kills
}

fn at_system_calls(dice: &mut Dice) -> u64 {
    if !*STRACE {
        return 0;
    }
    let sandbox = Sandbox::new();
    let call = CALLS[dice.below(CALLS.len() as u64) as usize];
    let when = 1 + dice.below(if call == "write" { 200 } else { 30 });
    let inject = format!("inject={call}:signal=KILL:when={when}");
    start(&sandbox, &["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject]).finish();
    finish(&sandbox);
    1
}

/// Starts the run, or goes on with it, under another command.
fn start(sandbox: &Sandbox, under: &[&str]) -> RunningProcess {
    let mut args = train_args("run", &[]);
    if sandbox.run_dir("run").exists() {
        args.push("--resume=runs/run".into());
    }
    args.extend(["--log-format", "json"].map(String::from));
    let command = sandbox.versatune(&strs(&args));
    RunningProcess::start(match under.split_first() {
        Some((program, rest)) => wrapped(&command, program, rest),
        None => command,
    })
}

/// The same command as an argument of another program.
fn wrapped(command: &Command, program: &str, rest: &[&str]) -> Command {
    let mut outer = Command::new(program);
    outer.args(rest).arg(command.get_program()).args(command.get_args());
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer.current_dir(command.get_current_dir().expect("the sandbox's folder"));
    outer.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    outer
}

/// Goes on to the end, and compares.
pub fn finish(sandbox: &Sandbox) {
    start(sandbox, &[]).finish().expect(0);
    assert_undisturbed(sandbox, "run");
    let folder = sandbox.run_dir("run");
    let is_hidden = |path: &PathBuf| {
        let inner = path.strip_prefix(&folder).expect("a path in the folder");
        inner.iter().any(|part| part.as_encoded_bytes().starts_with(b"."))
    };
    let left: Vec<_> = contents(&folder).into_keys().filter(is_hidden).collect();
    assert!(left.is_empty(), "temporary files are left: {left:?}");
}
