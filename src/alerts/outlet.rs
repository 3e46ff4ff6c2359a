use super::command;
use super::deadline::Deadline;
use super::message::Message;
use super::webhook::Webhook;
use crate::config::{Address, AlertWay, KeySource, NotifyPlan};
use secrecy::SecretString;

/// A way out of the process.
#[derive(Clone, Debug)]
pub(super) enum Outlet {
    /// A command line for `sh`.
    Command(String),
    /// A message to an address.
    Webhook(Webhook),
}

impl Outlet {
    /// The outlet of a way, where it has one, with address and token read.
    ///
    /// # Errors
    /// What is missing or no address or token, without showing it.
    pub fn of(
        way: &AlertWay,
        notify: &NotifyPlan,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let read = |source: &KeySource| {
            source.read(env).map_err(|problem| format!("{}: {problem}", source.origin()))
        };
        match way {
            AlertWay::Bell | AlertWay::Desktop | AlertWay::NotKept => Ok(None),
            AlertWay::Command(line) => Ok(Some(Outlet::Command(line.clone()))),
            AlertWay::Webhook(address) => {
                let address = match address {
                    Address::Here(text) => Some(SecretString::from(text.as_str())),
                    Address::Env(name) => read(&KeySource::Env(name.clone()))?,
                    Address::File(path) => read(&KeySource::File(path.clone()))?,
                };
                let token = read(&notify.webhook_token)?;
                let address = address.unwrap_or_default();
                Ok(Some(Outlet::Webhook(Webhook::new(address, token, notify.webhook_form)?)))
            }
        }
    }

    /// Tells people by it.
    ///
    /// # Errors
    /// Why they were not told, without address and token.
    pub fn tell(&self, message: &Message, deadline: &Deadline) -> Result<(), String> {
        match self {
            Outlet::Command(line) => command::run(line, message, deadline),
            Outlet::Webhook(webhook) => webhook.send(message, deadline),
        }
    }

    /// What it is, in words.
    pub fn name(&self) -> &'static str {
        match self {
            Outlet::Command(_) => "a command",
            Outlet::Webhook(_) => "a webhook",
        }
    }
}
