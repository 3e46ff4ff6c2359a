use super::courier::{Letter, say};
use super::message::{Message, Origin};
use super::outlet::Outlet;
use crate::rules::AlertWatch;
use crate::telemetry::{Arrival, Hub, Level, RunView, Viewer, now_ms};
use std::io;
use std::sync::mpsc::SyncSender;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often the time without a step is looked at.
const PATIENCE: Duration = Duration::from_secs(1);

/// How people are told of an alert.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub outlets: Vec<Outlet>,
    /// Whether the run's record says that the alert came true; of the usual ones it has an event of their own.
    pub is_said: bool,
}

/// The thread that follows the run. It ends with the run's events.
pub(super) struct Watcher(Option<JoinHandle<()>>);

impl Watcher {
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        view: RunView<Viewer>,
        watch: AlertWatch<Way>,
        letters: SyncSender<Letter>,
        origin: Origin,
        hub: Hub,
    ) -> io::Result<Self> {
        let run = FollowedRun { view, watch, letters, origin, hub };
        let thread = thread::Builder::new().name("watcher".into()).spawn(|| run.follow())?;
        Ok(Watcher(Some(thread)))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the alerts panicked");
        }
    }
}

struct FollowedRun {
    view: RunView<Viewer>,
    watch: AlertWatch<Way>,
    letters: SyncSender<Letter>,
    origin: Origin,
    hub: Hub,
}

impl FollowedRun {
    fn follow(mut self) {
        loop {
            let arrival = self.view.advance(PATIENCE);
            let state = self.view.state();
            let due = match arrival {
                Ok(Arrival::Record(record)) => self.watch.after(state, &record),
                // A run that goes on goes to no other moment.
                Ok(Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_)) => {
                    self.watch.at(state, now_ms())
                }
                Ok(Arrival::End) | Err(_) => break,
            };
            for alert in due {
                let what = alert.when.to_string();
                let message = Message::new(&self.origin, what, alert.found, alert.held_back, state);
                if alert.way.is_said {
                    say(&self.hub, Level::Warning, format!("alert: {}", message.text()));
                }
                post(&alert.way.outlets, &message, &self.letters, &self.hub);
            }
        }
        let held_back = self.watch.held_back();
        if held_back > 0 {
            let text =
                format!("{held_back} alerts were held back, as they came too soon after others");
            say(&self.hub, Level::Info, text);
        }
    }
}

fn post(outlets: &[Outlet], message: &Message, letters: &SyncSender<Letter>, hub: &Hub) {
    for outlet in outlets {
        let letter = Letter { outlet: outlet.clone(), message: message.clone() };
        if letters.try_send(letter).is_err() {
            let (what, name) = (&message.what, outlet.name());
            let text = format!("alert `{what}` did not go to {name}: too many wait before it");
            say(hub, Level::Warning, text);
        }
    }
}
