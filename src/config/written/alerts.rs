//! `alerts` and `notify`.

use super::super::given::Given;
use super::super::plan::{AlertWay, KeySource, Repeat, WebhookForm};
use serde::Deserialize;

/// What is told to people, and when.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Alert {
    pub when: Given<String>,
    pub alert: Given<Vec<AlertWay>>,
    pub repeat: Given<Repeat>,
}

/// How people are told.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Notify {
    pub usual: Given<Vec<AlertWay>>,
    pub webhook_token: Given<KeySource>,
    pub webhook_form: Given<WebhookForm>,
}
