use super::deadline::Deadline;
use super::message::Message;
use super::outlet::Outlet;
use crate::telemetry::{Event, Hub, Level};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// Letters that may wait; more are not taken.
const MOST_WAITING: usize = 64;
/// How long the end of the run waits for the last letters.
const AT_END: Duration = Duration::from_secs(5);
/// A try that began before this is waited for.
const LAST_TRY: Duration = Duration::from_secs(6);

/// A message and the way that it goes.
pub(super) struct Letter {
    pub outlet: Outlet,
    pub message: Message,
}

/// The thread that carries letters, one after the other. The watcher puts letters into its bounded channel, and
/// drops its end when the run has ended; those that wait then are carried as far as the time goes.
pub(super) struct Courier {
    deadline: Deadline,
    /// Closes when the thread ends.
    ended: Receiver<()>,
}

impl Courier {
    /// Starts the thread, which says by notices in `hub` what became of each letter.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(hub: Hub) -> io::Result<(Self, SyncSender<Letter>)> {
        let (letters, taken) = sync_channel::<Letter>(MOST_WAITING);
        let (ends, ended) = channel::<()>();
        let deadline = Deadline::default();
        let for_thread = deadline.clone();
        thread::Builder::new().name("alerts".into()).spawn(move || {
            // Dropped with the thread, also by a panic.
            let _ends = ends;
            taken.into_iter().for_each(|letter| carry(&letter, &hub, &for_thread));
        })?;
        Ok((Courier { deadline, ended }, letters))
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.deadline.set(AT_END);
        if self.ended.recv_timeout(AT_END + LAST_TRY) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("alerts were still being sent when the run ended, and are given up");
        }
    }
}

fn carry(Letter { outlet, message }: &Letter, hub: &Hub, deadline: &Deadline) {
    let name = outlet.name();
    let told = match deadline.is_over() {
        true => Err("the run has ended, and letters before it took all the time".into()),
        false => outlet.tell(message, deadline),
    };
    let (level, text) = match told {
        Ok(()) => (Level::Info, format!("alert `{}` went to {name}", message.what)),
        Err(why) => {
            (Level::Warning, format!("alert `{}` did not go to {name}: {why}", message.what))
        }
    };
    say(hub, level, text);
}

/// A notice of the run; in the log of the process where the record takes no more.
pub(super) fn say(hub: &Hub, level: Level, text: String) {
    if let Err(error) = hub.emit(Event::Notice { level, text: text.clone() }) {
        tracing::warn!("{text} ({error})");
    }
}
