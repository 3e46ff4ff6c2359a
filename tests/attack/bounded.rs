//! A call of the binary that must end in time, in bounded memory, and without a panic.

use std::fs;
use std::io::Read;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// No call takes longer on an idle machine; the binary itself knows no such limit.
const PATIENCE: Duration = Duration::from_secs(180);
/// Most memory of a process together with its children, KiB.
const MOST_KIB: u64 = 2 << 20;
/// Exit codes that the help page `files` names.
const CODES: [i32; 4] = [0, 1, 2, 130];

pub struct Done {
    pub code: i32,
    pub output: String,
}

/// Runs a command whose output is piped; panics where it breaks a promise. What it prints may hold the
/// word of an input, so the checks look for whole lines of a panic.
pub fn run(command: &mut Command) -> Done {
    let mut child = command.spawn().expect("the binary starts");
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let status = wait(&mut child);
    let output = out.join().expect("stdout") + &err.join().expect("stderr");
    let code = status.code().unwrap_or_else(|| panic!("{status}: {output}"));
    assert!(CODES.contains(&code), "exit code {code}: {output}");
    assert!(!output.contains("panicked at"), "{output}");
    assert!(!output.contains("stack backtrace"), "{output}");
    let raw = output.chars().find(|c| c.is_control() && *c != '\n');
    assert!(raw.is_none(), "control character {raw:?} in: {output}");
    Done { code, output }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What came before an error is kept.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for the end; kills a process that takes too long or too much.
fn wait(child: &mut Child) -> std::process::ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the process can be waited for") {
            return status;
        }
        let kib = family_kib(child.id());
        let is_late = begun.elapsed() > PATIENCE;
        if is_late || kib > MOST_KIB {
            child.kill().expect("the process can be killed");
            child.wait().expect("the process ends");
            assert!(!is_late, "it did not end within {PATIENCE:?}");
            panic!("it took {kib} KiB of memory");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Memory of a process together with the children of its threads; 0 where it has ended.
fn family_kib(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|pid| pid.parse().ok());
    resident_kib(pid) + children.map(family_kib).sum::<u64>()
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
