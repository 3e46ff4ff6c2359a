use super::confusion::Confusion;
use super::error::JudgeError;
use super::usage::Usage;
use crate::mixing::Mixture;
use std::ops::ControlFlow;

/// Estimates to which domain a text belongs.
pub trait Judge {
    /// The judge in words, for messages: `offline classifier (7,200 rows; 92.6 % of held-out rows right)`.
    fn name(&self) -> String;

    /// Fingerprint of everything that decides its judgements. Stored judgements count only under the
    /// same fingerprint.
    fn fingerprint(&self) -> String;

    /// Judges every text once, in any order, and calls `report` with each finding as it comes; while it
    /// waits, at least every 200 ms with [`Finding::Working`], so that a request to stop is seen. When
    /// `report` returns `Break`, it ends early with `Ok`.
    ///
    /// # Errors
    /// An error that makes further judging pointless (no key, no such model, budget used up). What was
    /// reported before it remains valid.
    fn judge(
        &mut self,
        texts: &[String],
        report: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> Result<(), JudgeError>;

    /// How the judge confuses domains, where it was measured; the estimate is corrected by it.
    fn confusion(&self) -> Option<&Confusion> {
        None
    }
}

/// What a judge reports while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A text was judged.
    Judged {
        /// Index of the text in the list.
        text: usize,
        /// Probability of each domain.
        probabilities: Mixture,
    },
    /// A text got no usable answer, after every retry.
    Unjudged {
        /// Index of the text in the list.
        text: usize,
        /// Why not, in a sentence.
        why: String,
    },
    /// A warning for the user, such as that a server refuses structured output.
    Notice(String),
    /// No finding yet; what was used so far.
    Working(Usage),
}
