//! Progress of the detection of w(0).

use super::number;
use crate::unit::Tokens;
use serde::{Deserialize, Serialize};

/// How far Algorithm 1 has come, and its estimate so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DetectionSample {
    /// The iteration that is being worked on, from 1.
    pub iteration: u64,
    /// T: iterations in all.
    pub iterations: u64,
    /// Texts drawn from the model.
    pub drawn: u64,
    /// Texts to be drawn in all: N_S × T.
    pub planned: u64,
    /// Texts judged.
    pub judged: u64,
    /// Texts that the judge gave no usable answer to.
    pub unjudged: u64,
    /// Of each domain, the share so far; empty before the first judgement.
    pub estimate: Vec<ShareEstimate>,
    /// The newest texts with their judgements.
    pub latest: Vec<JudgedText>,
    /// What the judge has cost.
    pub usage: JudgeUsage,
}

/// A share with its 95 % interval, all 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareEstimate {
    /// The share.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub share: f64,
    /// Lower end.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub low: f64,
    /// Upper end.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub high: f64,
}

/// A text of the base model and its judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedText {
    /// The beginning of the text.
    pub text: String,
    /// Probability of each domain; empty where it was not judged.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub probabilities: Vec<f64>,
    /// Why it was not judged.
    pub why: Option<String>,
}

/// What judging has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeUsage {
    /// Requests sent, those sent again included.
    pub requests: u64,
    /// Of these, sent again after a failure or an unusable answer.
    pub retries: u64,
    /// Tokens of prompts and answers, as the server counted them.
    pub tokens: Tokens,
}
