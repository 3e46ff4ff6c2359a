use serde::{Deserialize, Serialize};

/// What a judge has used since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Of these, those sent again after an error or an unusable answer.
    pub retries: u64,
    /// Tokens of prompts, as the server counted them.
    pub prompt_tokens: u64,
    /// Tokens of answers, as the server counted them.
    pub completion_tokens: u64,
}
