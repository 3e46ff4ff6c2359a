use super::estimate::Estimate;
use super::judge::{Confusion, Usage};
use crate::mixing::Mixture;
use serde::{Deserialize, Serialize};

/// What a detection found and what it is worth; part of `detection.ron`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The model that was asked, in words.
    pub model: String,
    /// The token that each text began with, and where the model names it.
    pub start: String,
    /// Who judged.
    pub judge: String,
    /// What decides its answers.
    pub judge_fingerprint: String,
    /// N_S: texts of an iteration.
    pub samples: u64,
    /// T: iterations.
    pub iterations: u64,
    /// The shares, their intervals and their spread.
    pub estimate: Estimate,
    /// How the judge confuses domains, where that was measured.
    pub confusion: Option<Confusion>,
    /// What judging has cost.
    pub usage: Usage,
    /// What the tokenizer says, where it was asked.
    pub tokenizer: Option<TokenizerAnswer>,
}

/// What the tokenizer's merges say of the texts that the tokenizer was trained on: a cross-check
/// that needs no judge, and not the model's own distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenizerAnswer {
    /// Share of each domain in the bytes of the tokenizer's training text.
    pub shares: Mixture,
    /// Merges that are the evidence.
    pub merges: u64,
    /// How badly the shares explain the order of the merges: 0 is without exception.
    pub violation: f64,
}
