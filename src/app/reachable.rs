//! How other processes find a run of this one: its socket, and its line among the live runs.

use crate::control::Request;
use crate::remote::{self, Registration, Server};
use crate::telemetry::{Arrival, Event, EventSource, Hub, Level, Viewer};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long one wait for the run's beginning lasts.
const PATIENCE: Duration = Duration::from_secs(60);

/// Held for as long as the run can be reached.
pub struct Reachable {
    thread: Option<JoinHandle<Opened>>,
}

/// What was opened, once the run has begun.
#[derive(Default)]
struct Opened {
    _server: Option<Server>,
    _registration: Option<Registration>,
}

impl Reachable {
    /// Opens the run in this folder to other processes of its owner, as soon as its engine has begun: until then
    /// a resumed run is still what its record tells. What does not work is said, and is no error: the run goes on
    /// without.
    pub fn open(folder: &Path, name: &str, hub: &Hub, requests: Sender<Request>) -> Self {
        let (viewer, hub) = (hub.subscribe(usize::MAX), hub.clone());
        let (folder, name): (PathBuf, String) = (folder.into(), name.into());
        let opening = move || match has_begun(viewer) {
            true => open(&folder, &name, &hub, requests),
            false => Opened::default(),
        };
        let thread = thread::Builder::new().name("reachable".into()).spawn(opening);
        if let Err(error) = &thread {
            tracing::warn!("the run cannot be reached from other terminals: {error}");
        }
        Reachable { thread: thread.ok() }
    }
}

impl Drop for Reachable {
    /// The run has ended by now, and with it the wait for its beginning.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Waits for the engine; `false` where it ended before it began.
fn has_begun(mut viewer: Viewer) -> bool {
    loop {
        match viewer.receive(PATIENCE) {
            Ok(Arrival::Record(record)) => {
                if matches!(record.event, Event::RunStarted { .. }) {
                    return true;
                }
            }
            Ok(Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_)) => {}
            Ok(Arrival::End) | Err(_) => return false,
        }
    }
}

fn open(folder: &Path, name: &str, hub: &Hub, requests: Sender<Request>) -> Opened {
    let server = Server::start(folder, hub.clone(), requests);
    let registered = remote::register(name, folder, &|name| std::env::var(name).ok());
    let say = |level, text: String| {
        // A record that cannot be written ends the run by the engine's own events.
        let _ = hub.emit(Event::Notice { level, text });
    };
    if let Err(error) = &server {
        let text = format!(
            "the run cannot be commanded from other terminals: {error}; `versatune attach` shows its record, and signals \
             work as ever (`versatune help logs`)"
        );
        say(Level::Warning, text);
    }
    if let Err(error) = &registered {
        let text = format!("`versatune ls` will not find the run from other folders: {error}");
        say(Level::Info, text);
    }
    Opened { _server: server.ok(), _registration: registered.ok() }
}
