//! A command on its way to the engine, and its sender.

use super::Command;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number that the sender gives a request, and by which it recognizes the outcome.
///
/// Unique among the requests of one process, from all senders. The order in which the engine takes them
/// is that of [`CommandId`](super::CommandId).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl RequestId {
    /// A number that no other request of this process has.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        RequestId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// A person at the screens of this process, as `user@tty`.
    Operator(String),
    /// The config's `schedule`.
    Schedule,
    /// The config, in which a live value was changed between two processes of a run.
    Config,
    /// A signal, by name: `SIGTERM`.
    Signal(String),
    /// A client in another process, as `user@tty`.
    Remote(String),
    /// A rule of the run.
    Rule {
        /// Its number in the run.
        number: u64,
        /// Its condition, in words.
        when: String,
    },
    /// The engine itself (a pause after non-finite losses, say).
    Engine,
}

impl Actor {
    /// The person, where it is one.
    pub fn person(&self) -> Option<&str> {
        match self {
            Actor::Operator(who) | Actor::Remote(who) => Some(who),
            Actor::Schedule
            | Actor::Config
            | Actor::Signal(_)
            | Actor::Rule { .. }
            | Actor::Engine => None,
        }
    }

    /// Whether the run gives its own commands: its schedule and its rules, at their steps in any case.
    pub fn is_the_run(&self) -> bool {
        matches!(self, Actor::Schedule | Actor::Rule { .. })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Operator(who) | Actor::Remote(who) => f.write_str(who),
            Actor::Schedule => f.write_str("schedule"),
            Actor::Config => f.write_str("config"),
            Actor::Signal(name) => f.write_str(name),
            Actor::Rule { number, when } => write!(f, "rule {number} ({when})"),
            Actor::Engine => f.write_str("engine"),
        }
    }
}

/// A command on its way to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Given by the sender; the outcome carries it too.
    pub id: RequestId,
    /// Who sends it.
    pub actor: Actor,
    /// What is to be done.
    pub command: Command,
    /// Why it is sent, in the operator's words; kept in the record.
    pub reason: Option<String>,
    /// The live value that its sender saw, in words: where it is another by now, the request is rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<String>,
    /// Further commands that take effect with this one, all or none, each under a number of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(RequestId, Command)>,
}

impl Request {
    /// A request with an id of its own and without a reason.
    pub fn new(actor: Actor, command: impl Into<Command>) -> Self {
        let (id, command) = (RequestId::unique(), command.into());
        Request { id, actor, command, reason: None, saw: None, also: Vec::new() }
    }

    /// The same request with further commands.
    pub fn with_also(self, also: impl IntoIterator<Item = Command>) -> Self {
        let also = also.into_iter().map(|command| (RequestId::unique(), command)).collect();
        Request { also, ..self }
    }

    /// Its commands, in their order.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        std::iter::once(&self.command).chain(self.also.iter().map(|(_, command)| command))
    }

    /// Whether several commands are to take effect together.
    pub fn is_group(&self) -> bool {
        !self.also.is_empty()
    }

    /// A request for each of its commands, in their order.
    pub fn each(&self) -> Vec<Request> {
        let first = Request { also: Vec::new(), ..self.clone() };
        let others = self.also.iter().map(|(id, command)| Request {
            id: *id,
            command: command.clone(),
            // What the sender saw is of the first.
            saw: None,
            ..first.clone()
        });
        std::iter::once(first.clone()).chain(others).collect()
    }

    /// The same request with a reason, or with none.
    pub fn with_reason(self, reason: Option<String>) -> Self {
        Request { reason, ..self }
    }
}
