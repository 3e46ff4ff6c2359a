//! `detection`.

use super::super::given::Given;
use super::super::plan::{AnswerForm, KeySource, StructuredOutput, Weighting};
use super::mixing::Numbers;
use super::model::Source;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How the base model's own distribution over the domains is measured. The authors' constants
/// where they gave one: T = 5, temperature 1, top-p 1, repetition penalty 1.1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Detection {
    pub model: Given<Source>,
    pub samples: Given<usize>,
    pub iterations: Given<u64>,
    pub max_tokens: Given<usize>,
    pub turns: Given<usize>,
    pub batch: Given<usize>,
    pub temperature: Given<f64>,
    pub top_p: Given<f64>,
    pub top_k: Given<Option<usize>>,
    pub repetition_penalty: Given<f64>,
    pub weighting: Given<Weighting>,
    pub judge: Given<Judge>,
    pub tokenizer: Given<bool>,
    pub truth: Given<Option<Numbers>>,
}

/// What judges the texts.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum Judge {
    /// A classifier that is fitted on the run's own training rows.
    Offline(Offline),
    /// A language model behind an OpenAI-compatible address.
    Endpoint(Endpoint),
}

/// The classifier.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Offline {
    pub rows: Given<usize>,
}

/// The endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Endpoint {
    pub base_url: Given<String>,
    pub model: Given<String>,
    pub key: Given<KeySource>,
    pub form: Given<AnswerForm>,
    pub structured: Given<StructuredOutput>,
    pub in_flight: Given<u32>,
    pub max_tries: Given<u32>,
    pub timeout_secs: Given<u32>,
    pub max_requests: Given<Option<u64>>,
    pub max_tokens: Given<Option<u64>>,
    pub answer_tokens: Given<u32>,
    pub temperature: Given<Option<f32>>,
    pub prompt: Given<Option<String>>,
    pub descriptions: BTreeMap<String, String>,
}
