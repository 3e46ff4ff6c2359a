use crate::control::LiveField;
use serde::{Deserialize, Serialize};

/// One value of the config that a run works by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigValue {
    /// The field, as `--set` names it: `training.lr`.
    pub field: String,
    /// The value in RON.
    pub value: String,
    /// Where it came from.
    pub origin: ConfigOrigin,
    /// The live value that begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveField>,
}

/// Where a value of the config came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigOrigin {
    /// This line of the config file, from 1.
    File(usize),
    /// A `--set` on the command line.
    Override,
    /// The default.
    Default,
}
