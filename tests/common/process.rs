//! The real binary as a process whose output a test reads.

use super::PATIENCE;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

/// A process that has ended, with everything that it printed.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Fails unless the exit code is `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        self
    }
}

/// The binary while it runs.
pub struct RunningProcess {
    child: Child,
    lines: Receiver<String>,
    seen: String,
    stderr: Option<JoinHandle<String>>,
}

impl RunningProcess {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            // An error is the end of a killed process; what came before it is kept.
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        RunningProcess { child, lines, seen: String::new(), stderr: Some(stderr) }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads up to the wanted event; `None` if the process ends before it.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        while let Some(line) = self.line() {
            // A killed process may leave half a line.
            let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
            if wanted(&event) {
                return Some(event);
            }
        }
        None
    }

    /// Reads up to the end of this step.
    #[track_caller]
    pub fn until_step(&mut self, step: u64) {
        let found = self.until(|event| event["event"] == "step" && event["step"] == step);
        assert!(found.is_some(), "the run ended before step {step}");
    }

    /// Sends a signal by its short name, such as `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.child.id())])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Most address space that the process has taken so far, KiB.
    pub fn peak_address_space_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it with SIGKILL.
    pub fn kill(mut self) -> Finished {
        self.child.kill().unwrap();
        self.finish()
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Finished {
        while self.line().is_some() {}
        let status = self.child.wait().unwrap();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        Finished { status, stdout: std::mem::take(&mut self.seen), stderr }
    }

    fn line(&mut self) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.seen.push_str(&line);
                self.seen.push('\n');
                Some(line)
            }
            Err(Disconnected) => None,
            Err(Timeout) => panic!("nothing came for {PATIENCE:?} after: {}", self.seen),
        }
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        // A test that failed must not leave a process behind; that it ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
