//! Judges: text in, probabilities over the run's domains out.

mod confusion;
mod endpoint;
mod error;
mod offline;

pub use confusion::{Confusion, ConfusionError};
pub use endpoint::EndpointJudge;
pub use error::JudgeError;
pub use offline::{OfflineError, OfflineJudge, OfflineSettings};

use crate::mixing::Mixture;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Says to which domain a text belongs. One interface for all judges.
pub trait Judge {
    /// Who judges, for people: `offline classifier (7,200 rows; 92.6 % of held-out rows right)`.
    fn name(&self) -> String;

    /// What decides its answers, as text; another fingerprint makes earlier judgements worthless.
    fn fingerprint(&self) -> String;

    /// Judges every text once, in any order, and says each finding as it comes; at least every
    /// 200 ms while it waits it says [`Finding::Working`], so that a wish to stop is heard. When
    /// `say` answers `Break`, it ends early with `Ok`.
    ///
    /// # Errors
    /// What makes further judging pointless (no key, no such model, budget used up); what was said
    /// before holds.
    fn judge(
        &mut self,
        texts: &[String],
        say: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> Result<(), JudgeError>;

    /// How the judge confuses domains, where it was measured; the estimate is corrected by it.
    fn confusion(&self) -> Option<&Confusion> {
        None
    }
}

/// What a judge says while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A text was judged.
    Judged {
        /// Place of the text in the list.
        text: usize,
        /// Probability of each domain.
        probabilities: Mixture,
    },
    /// A text got no usable answer, after every retry.
    Unjudged {
        /// Place of the text in the list.
        text: usize,
        /// Why, in a sentence.
        why: String,
    },
    /// Something that the operator should know: a server that was found to be less than hoped for.
    Notice(String),
    /// Nothing new but the counts.
    Working(Usage),
}

/// What judging has cost since the judge was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Of these, sent again after a failure or an unusable answer.
    pub retries: u64,
    /// Tokens of prompts, as the server counted them.
    pub prompt_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
}
