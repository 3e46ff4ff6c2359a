use super::estimate::Estimate;
use super::judge::{Confusion, Usage};
use crate::mixing::Mixture;
use serde::{Deserialize, Serialize};

/// The measured distribution and how reliable it is; part of `detection.ron`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionResult {
    /// The model that was measured, in words.
    pub model: String,
    /// The token that each text began with, and the field of the model's files that names it.
    pub start: String,
    /// The judge in words.
    pub judge: String,
    /// Fingerprint of everything that decides the judge's answers.
    pub judge_fingerprint: String,
    /// N_S: number of texts of an iteration.
    pub samples: u64,
    /// T: number of iterations.
    pub iterations: u64,
    /// The shares, their intervals and their spread.
    pub estimate: Estimate,
    /// How the judge confuses domains, where that was measured.
    pub confusion: Option<Confusion>,
    /// Requests and tokens that judging took.
    pub usage: Usage,
    /// What the tokenizer's merges reveal, if `detection.tokenizer` is on.
    pub tokenizer: Option<TokenizerResult>,
}

/// What the tokenizer's merges reveal about the texts that the tokenizer was trained on. A cross-check
/// that needs no judge; it is not the model's own distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenizerResult {
    /// Share of each domain in the bytes of the tokenizer's training text.
    pub shares: Mixture,
    /// Number of merges behind it.
    pub merges: u64,
    /// How badly the shares explain the order of the merges; 0 if they explain all of it.
    pub violation: f64,
}
