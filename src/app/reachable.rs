//! How other processes find a run of this one: its socket, and its line among the live runs.

use crate::control::Request;
use crate::remote::{self, Registration, Server};
use crate::telemetry::{Hub, Level};
use std::path::Path;
use std::sync::mpsc::Sender;

/// Held for as long as the run can be reached.
pub struct Reachable {
    _server: Option<Server>,
    _registration: Option<Registration>,
}

impl Reachable {
    /// Opens the run in this folder to other processes of its owner. What does not work is said, and is no
    /// error: the run goes on without.
    pub fn open(
        folder: &Path,
        name: &str,
        hub: &Hub,
        requests: Sender<Request>,
        notices: &mut Vec<(Level, String)>,
    ) -> Self {
        let server = Server::start(folder, hub.clone(), requests);
        let registered = remote::register(name, folder, &|name| std::env::var(name).ok());
        if let Err(error) = &server {
            let text = format!(
                "the run cannot be commanded from other terminals: {error}; `versatune attach` shows its record, and \
                 signals work as ever (`versatune help logs`)"
            );
            notices.push((Level::Warning, text));
        }
        if let Err(error) = &registered {
            let text = format!("`versatune ls` will not find the run from other folders: {error}");
            notices.push((Level::Info, text));
        }
        Reachable { _server: server.ok(), _registration: registered.ok() }
    }
}
