//! Alerts that leave the run's process: commands and webhooks.
//!
//! ```text
//!  hub ──Record──▶ watcher (AlertWatch) ──Message──▶ courier ──▶ sh -c …, POST …
//!   ▲                    │ notices                      │
//!   └────────────────────┴──────────────────────────────┘
//! ```
//! The watcher is a viewer like others, on a thread of its own, and the courier another: training waits for
//! neither. What the two have to say (an alert that came true, one that was not sent and why) is a notice of the
//! run, without an address or a token in it. Bells and desktops are the business of the screens, each for its own
//! terminal.

mod command;
mod courier;
mod deadline;
mod message;
mod outlet;
mod watcher;
mod webhook;

use crate::config::{AlertPlan, AlertWay, NotifyPlan};
use crate::rules::{AlertRule, AlertWatch};
use crate::telemetry::{Hub, RunView};
use courier::Courier;
use message::Origin;
use outlet::Outlet;
use std::io;
use std::path::Path;
use watcher::{Watcher, Way};

/// Records that may wait for the watcher before droppable ones are dropped.
const BACKLOG: usize = 1024;

/// Why alerts cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// An address or a token is not there, or is none.
    #[error("{field}: {problem}")]
    Outlet {
        /// The field of the config.
        field: String,
        /// What is wrong, without the address or token.
        problem: String,
    },
    /// A thread cannot be started.
    #[error("the thread of the alerts cannot be started: {0}")]
    Thread(#[from] io::Error),
}

/// What a config wants to be told of, with every address and token read.
pub struct Prepared {
    rules: Vec<AlertRule<Way>>,
}

/// Alerts of a run that goes on. Dropping this waits until the last of them are sent, for some seconds at most.
#[must_use = "alerts end when this is dropped"]
pub struct Alerts {
    _watcher: Watcher,
    _courier: Courier,
}

impl Prepared {
    /// Reads what the config names; environment variables are looked up by `env`.
    ///
    /// # Errors
    /// An address or token that is not there, or is none.
    pub fn new(
        alerts: &[AlertPlan],
        notify: &NotifyPlan,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, AlertError> {
        let outlets = |field: &str, ways: &[AlertWay]| {
            let outlets = ways.iter().filter_map(|way| Outlet::of(way, notify, env).transpose());
            outlets
                .collect::<Result<Vec<_>, String>>()
                .map_err(|problem| AlertError::Outlet { field: field.to_owned(), problem })
        };
        let usual = outlets("notify.usual", &notify.usual)?;
        let mut rules = Vec::new();
        if !usual.is_empty() {
            let way = Way { outlets: usual, is_said: false };
            rules.extend(AlertRule::usual(&way));
        }
        for (i, alert) in alerts.iter().enumerate() {
            let outlets = outlets(&format!("alerts[{i}].alert"), &alert.ways)?;
            let way = Way { outlets, is_said: true };
            let (when, repeat) = (alert.when.clone(), alert.repeat);
            rules.push(AlertRule { when, repeat, way, usual: None });
        }
        Ok(Prepared { rules })
    }

    /// Follows the run in this folder from now on; `None` where nothing is to be told.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(self, run: &str, folder: &Path, hub: &Hub) -> Result<Option<Alerts>, AlertError> {
        if self.rules.is_empty() {
            return Ok(None);
        }
        let origin = Origin { run: run.to_owned(), folder: folder.to_owned() };
        let (courier, letters) = Courier::start(hub.clone())?;
        let Ok(view) = RunView::open(hub.subscribe(BACKLOG)) else { return Ok(None) };
        let watch = AlertWatch::new(self.rules, view.state());
        let watcher = Watcher::start(view, watch, letters, origin, hub.clone())?;
        Ok(Some(Alerts { _watcher: watcher, _courier: courier }))
    }
}
