//! What people are told of, and how.

use super::KeySource;
use crate::control::Condition;
pub use crate::control::Repeat;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is told to people when a condition comes true.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertPlan {
    /// When.
    pub when: Condition,
    /// How.
    pub ways: Vec<AlertWay>,
    /// How often.
    pub repeat: Repeat,
}

/// How people are told.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifyPlan {
    /// Of what every run tells.
    pub usual: Vec<AlertWay>,
    /// Where the token comes from that webhooks ask for.
    pub webhook_token: KeySource,
    /// What is sent to webhooks.
    pub webhook_form: WebhookForm,
}

impl Default for NotifyPlan {
    /// What a config leaves out.
    fn default() -> Self {
        NotifyPlan {
            usual: vec![AlertWay::Bell],
            webhook_token: KeySource::None,
            webhook_form: WebhookForm::Auto,
        }
    }
}

/// A way to tell people.
///
/// Commands and webhooks are used from the config alone that the run was started with. A stored plan has
/// [`AlertWay::NotKept`] in their place: an address may be a secret, and a command of a stranger's run is none
/// of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum AlertWay {
    /// The bell of each terminal that shows the screens.
    Bell,
    /// A notification of the desktop behind each of these terminals.
    Desktop,
    /// A command line for `sh`.
    Command(String),
    /// A message to an address.
    Webhook(Address),
    /// A command or webhook of another process's config.
    NotKept,
}

impl AlertWay {
    /// Whether it reaches out of the run's process and its terminals.
    pub fn leaves_the_process(&self) -> bool {
        matches!(self, AlertWay::Command(_) | AlertWay::Webhook(_))
    }
}

/// Where an address is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Address {
    /// In the config.
    Here(String),
    /// In this environment variable.
    Env(String),
    /// In this file.
    File(PathBuf),
}

/// What is sent to webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WebhookForm {
    /// As Slack takes it where the address is Slack's, else as ntfy does.
    Auto,
    /// The text alone, with a title in the head.
    Ntfy,
    /// `{"text": "…"}`.
    Slack,
}
