//! A run that this process begins and leaves: in a session of its own, without a terminal.

use super::exit::Exit;
use super::screens::{how_to_come_back, operator};
use crate::echo;
use crate::remote::{self, RunStatus, live_runs};
use anyhow::{Context, Result};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The argument by which the child knows what it is.
pub const DETACHED: &str = "--detached";
/// Time between two looks at the child.
const PATIENCE: Duration = Duration::from_millis(100);
/// Looks without an answer behind which nobody waits any longer: five minutes, in which a checkpoint of any size is
/// found.
const MOST_UNANSWERED: u32 = 3000;

/// Makes this process the leader of a session of its own: no terminal's end reaches it.
pub fn leave_terminal() {
    // It is one already where a shell made it so.
    let _ = rustix::process::setsid();
}

/// Begins `versatune` with these arguments in a session of its own, and returns once its first step is done: the
/// model is loaded then, and a batch fits. How to come back is printed.
///
/// # Errors
/// The child cannot be started. An error of its own is printed, and its exit code is returned.
pub fn detach(arguments: &[String]) -> Result<Exit> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(program);
    command.args(arguments).arg(DETACHED);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start the run's process")?;
    let errors = collect_errors(&mut child);
    let (mut folder, mut shown, mut first_step, mut unanswered) = (None, None, None, 0);
    loop {
        if let Some(ended) = child.try_wait()? {
            let text = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
            text.lines().for_each(|line| complain!("{line}"));
            return Ok(Exit::from_code(ended.code()));
        }
        folder = folder.or_else(|| folder_of(child.id()));
        let status = folder.as_ref().and_then(|folder| remote::status(folder, &operator()).ok());
        if let Some(status) = &status {
            tell(status, &mut shown);
            // A resumed run has steps before it trains.
            let first =
                if status.trains { *first_step.get_or_insert(status.step) } else { status.step };
            if status.trains && (status.step > first || status.paused) {
                let name =
                    folder.as_ref().and_then(|folder| folder.file_name()).unwrap_or_default();
                say!("{}", how_to_come_back(&name.to_string_lossy(), child.id(), status.paused));
                return Ok(Exit::Done);
            }
        }
        unanswered = if status.is_some() { 0 } else { unanswered + 1 };
        if unanswered == MOST_UNANSWERED {
            complain!(
                "warning: the run's process, {}, does not say how far it is; it goes on, and its log is in the run's \
                 folder",
                child.id()
            );
            return Ok(Exit::Done);
        }
        thread::sleep(PATIENCE);
    }
}

/// Says what the run is doing, once each time it begins with something else.
fn tell(status: &RunStatus, shown: &mut Option<String>) {
    let word = status.state_word();
    if shown.as_ref() != Some(&word) {
        complain!("{word} …");
        *shown = Some(word);
    }
}

/// The folder of the run of this process, once it is among those that go on.
fn folder_of(pid: u32) -> Option<PathBuf> {
    let live = live_runs(&|name| std::env::var(name).ok());
    live.into_iter().find(|run| run.pid == pid).map(|run| run.folder)
}

fn collect_errors(child: &mut Child) -> Option<JoinHandle<String>> {
    let mut stderr = child.stderr.take()?;
    thread::Builder::new()
        .name("errors".into())
        .spawn(move || {
            let mut bytes = Vec::new();
            // What came before an error is kept.
            let _ = stderr.read_to_end(&mut bytes);
            echo::lines(&String::from_utf8_lossy(&bytes)).into_owned()
        })
        .ok()
}
