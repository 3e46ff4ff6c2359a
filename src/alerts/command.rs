//! A command line as an outlet.

use super::deadline::Deadline;
use super::message::Message;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A command that takes longer is ended.
const MOST: Duration = Duration::from_secs(30);

/// What a command has of the run's environment: no variable in which a key may be.
const KEPT: [&str; 13] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// Runs a command line with the message in its environment, and waits for its end.
///
/// # Errors
/// It did not start, failed, or took too long.
pub(super) fn run(line: &str, message: &Message, deadline: &Deadline) -> Result<(), String> {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env_clear().process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.envs(KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))));
    command.envs([
        ("VERSATUNE_RUN", message.run.clone()),
        ("VERSATUNE_WHAT", message.what.clone()),
        ("VERSATUNE_FOUND", message.found.clone()),
        ("VERSATUNE_STEP", message.step.to_string()),
        ("VERSATUNE_TEXT", message.text()),
    ]);
    command.env("VERSATUNE_FOLDER", &message.folder);
    let mut child = command.spawn().map_err(|error| format!("sh cannot be started: {error}"))?;
    match deadline.poll(MOST, || ended(&mut child)) {
        Some(Ok(status)) if status.success() => Ok(()),
        Some(Ok(status)) => Err(format!("it ended with {status}")),
        Some(Err(error)) => Err(format!("it cannot be waited for: {error}")),
        None => {
            end(&mut child);
            let most = MOST.as_secs();
            Err(format!("it took more than {most} s, or than the run's end leaves, and was ended"))
        }
    }
}

fn ended(child: &mut Child) -> Option<std::io::Result<ExitStatus>> {
    child.try_wait().transpose()
}

/// Ends it with all that it started.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Step;

    fn message() -> Message {
        Message {
            run: "demo".into(),
            folder: "/runs/demo".into(),
            what: "loss > 3".into(),
            found: "loss is 3.5".into(),
            step: Step(40),
            held_back: 0,
        }
    }

    #[test]
    fn a_command_has_the_alert_in_its_environment_and_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("seen");
        let line = format!("env > {}; cat > /dev/null", file.display());
        run(&line, &message(), &Deadline::default()).unwrap();
        let seen = std::fs::read_to_string(file).unwrap();
        for wanted in [
            "VERSATUNE_RUN=demo",
            "VERSATUNE_FOLDER=/runs/demo",
            "VERSATUNE_WHAT=loss > 3",
            "VERSATUNE_FOUND=loss is 3.5",
            "VERSATUNE_STEP=40",
            "VERSATUNE_TEXT=loss > 3 at step 40: loss is 3.5",
        ] {
            assert!(seen.lines().any(|line| line == wanted), "no {wanted} in\n{seen}");
        }
        // Of the environment of this process, which cargo fills, nothing else is left.
        assert!(!seen.contains("CARGO"), "{seen}");
    }

    #[test]
    fn a_command_that_fails_or_does_not_end_is_an_error() {
        let failed = run("exit 7", &message(), &Deadline::default());
        assert_eq!(failed, Err("it ended with exit status: 7".into()));
        let deadline = Deadline::default();
        deadline.set(Duration::from_millis(100));
        let error = run("sleep 600 & sleep 600", &message(), &deadline).unwrap_err();
        assert!(error.contains("and was ended"), "{error}");
    }
}
