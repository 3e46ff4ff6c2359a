//! A run as a job of a batch system: `configs/slurm/versatune.sbatch` under a stand-in for Slurm.

use crate::common::{Finished, RunningProcess, STEPS, Sandbox, UNDISTURBED, steps};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const JOB: &str = "4711";

/// A batch system of one job: it starts the script as Slurm does, and is told to queue it again.
struct Scheduler<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Scheduler<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        fs::create_dir(sandbox.path("bin")).unwrap();
        let binary = env!("CARGO_BIN_EXE_versatune");
        let programs = [
            ("versatune", format!("exec '{binary}' \"$@\"")),
            ("scontrol", "echo \"$@\" >> requeued".to_owned()),
        ];
        for (name, text) in programs {
            let path = sandbox.path("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Scheduler { sandbox }
    }

    /// The job's shell, with the arguments that `sbatch` was given.
    fn start(&self, sets: &[&str]) -> RunningProcess {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/slurm/versatune.sbatch");
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("bash");
        shell.args([script, "tiny.ron"]);
        for set in sets {
            shell.args(["--set", set]);
        }
        shell.env("PATH", format!("{}:{path}", self.sandbox.path("bin").display()));
        shell.env("SLURM_JOB_ID", JOB);
        RunningProcess::start(self.sandbox.in_this_folder(shell))
    }

    fn requeued(&self) -> String {
        fs::read_to_string(self.sandbox.path("requeued")).unwrap_or_default()
    }
}

fn assert_plain(done: &Finished) {
    let control = done.stdout.chars().find(|c| c.is_control() && *c != '\n');
    assert!(control.is_none(), "{control:?} in {}", done.stdout);
}

/// At the time limit it saves and is queued again; the next start goes on, and the whole is the run that nothing
/// interrupted.
#[test]
fn a_job_at_its_time_limit_is_queued_again_and_goes_on() {
    let sandbox = Sandbox::new();
    let scheduler = Scheduler::new(&sandbox);
    let waits = r#"schedule=[(at: 7, command: "pause")]"#;
    let job = scheduler.start(&[waits]);
    sandbox.until_recorded("job-4711", |event| event["phase"] == "paused");
    job.signal("TERM");
    let first = job.finish().expect(130);
    assert_plain(&first);
    assert_eq!(scheduler.requeued(), format!("requeue {JOB}\n"));

    let second = scheduler.start(&[waits]).finish().expect(0);
    assert_plain(&second);
    assert_eq!(scheduler.requeued().lines().count(), 1, "it is done");
    let record = sandbox.record("job-4711");
    assert_eq!(steps(&record), UNDISTURBED.steps);
    assert_eq!(steps(&record).len() as u64, STEPS);
}

/// From a second shell on the node; a run that an operator stops is not queued again.
#[test]
fn a_job_is_steered_from_a_second_shell_and_its_stop_is_meant() {
    let sandbox = Sandbox::new();
    let scheduler = Scheduler::new(&sandbox);
    let job = scheduler.start(&[r#"schedule=[(at: 7, command: "pause")]"#]);
    sandbox.until_recorded("job-4711", |event| event["phase"] == "paused");
    job.signal("USR1");
    sandbox.until_recorded("job-4711", |event| event["event"] == "checkpoint_saved");
    let status = sandbox.run(&["ctl", "job-4711", "status"]).expect(0);
    assert!(status.stdout.contains("state    paused"), "{}", status.stdout);
    sandbox.run(&["ctl", "job-4711", "stop"]).expect(0);
    job.finish().expect(130);
    assert_eq!(scheduler.requeued(), "");
}
