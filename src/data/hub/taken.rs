use serde::{Deserialize, Serialize};

/// What files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataUse {
    /// To train on.
    Train,
    /// To be measured and never trained on.
    HeldOut,
}

/// The files that an address of the Hub stood for when a run began. A resume takes the same ones, whatever
/// the Hub has by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenFiles {
    /// The address as the config has it.
    pub address: String,
    /// What it stood for.
    pub used_for: DataUse,
    /// The commit that the files are of: 40 hexadecimal digits.
    pub commit: String,
    /// Their paths in the repository.
    pub files: Vec<String>,
}
