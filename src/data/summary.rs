use crate::unit::Tokens;
use serde::{Deserialize, Serialize};

/// Something that the user should know of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataNotice {
    /// A sentence.
    pub text: String,
    /// Whether it may change what comes out of the run.
    pub is_warning: bool,
}

impl DataNotice {
    /// A warning.
    pub(super) fn warning(text: String) -> Self {
        DataNotice { text, is_warning: true }
    }
}

/// How many rows and tokens the files of one domain hold, and how many were left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Name of the domain.
    pub domain: String,
    /// Rows to train on; each is one example.
    pub train_rows: u64,
    /// Tokens of all training examples.
    pub train_tokens: Tokens,
    /// Of these, tokens that the loss counts.
    pub train_target_tokens: Tokens,
    /// Rows held out; each is one example.
    pub held_out_rows: u64,
    /// Tokens of the held-out rows that the loss counts.
    pub held_out_target_tokens: Tokens,
    /// Over-long rows that were cut.
    pub cut_rows: u64,
    /// Rows that were left out because they are too long, or no token is left for the loss to count.
    pub dropped_rows: u64,
    /// Bad rows that were skipped, as `on_bad_row: Skip(limit)` allows.
    pub skipped_rows: u64,
    /// Whether the tokens came from the cache and no file was read for them.
    pub cached: bool,
}
