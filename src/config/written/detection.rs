//! `detection`.

use super::super::given::Given;
use super::super::plan::{AnswerForm, KeySource, StructuredOutput, Weighting};
use super::Source;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How the base model's own distribution over the domains is measured. The authors' constants
/// where they gave one: T = 5, temperature 1, top-p 1, repetition penalty 1.1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Detection {
    /// The model that is asked. Default: the run's own.
    pub model: Given<Source>,
    /// N_S, texts of an iteration, ≥ 1. Default: 500.
    pub samples: Given<usize>,
    /// T, iterations, ≥ 1. Default: 5.
    pub iterations: Given<u64>,
    /// Most tokens of a text, ≥ 1. Default: 128.
    pub max_tokens: Given<usize>,
    /// End tokens at which a text is over, ≥ 1. Default: 1; 2 lets a chat model write question and
    /// answer.
    pub turns: Given<usize>,
    /// Texts that are drawn at one time, ≥ 1. Default: 64.
    pub batch: Given<usize>,
    /// Sampling temperature, 0 (the likeliest token) or above. Default: 1.
    pub temperature: Given<f64>,
    /// Probability of the likeliest tokens among which one is drawn, above 0 to 1. Default: 1.
    pub top_p: Given<f64>,
    /// Number of the likeliest tokens among which one is drawn, ≥ 1, or `None`. Default: `None`.
    pub top_k: Given<Option<usize>>,
    /// Repetition penalty, ≥ 1. Default: 1.1.
    pub repetition_penalty: Given<f64>,
    /// `Samples` (each text counts the same) or `Tokens`. Default: `Samples`.
    pub weighting: Given<Weighting>,
    /// `Offline(…)` or `Endpoint(…)`. Default: `Offline()`.
    pub judge: Given<Judge>,
    /// Whether the tokenizer's merges are asked too, as a cross-check. Default: false.
    pub tokenizer: Given<bool>,
}

/// Who judges.
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
    /// Most training rows of a domain, ≥ 20. Default: 2,000.
    pub rows: Given<usize>,
}

/// The endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Endpoint {
    /// Address up to and with the version. Default: OpenAI's; vLLM: `http://localhost:8000/v1`,
    /// Ollama: `http://localhost:11434/v1`.
    pub base_url: Given<String>,
    /// Model as the server calls it; has to be given.
    pub model: Given<String>,
    /// `Env("NAME")`, `File("path")` or `None`. Default: `Env("OPENAI_API_KEY")`.
    pub key: Given<KeySource>,
    /// `Probabilities`, `Label` or `Logprobs`. Default: `Probabilities`.
    pub form: Given<AnswerForm>,
    /// `Auto` or `Off`. Default: `Auto`.
    pub structured: Given<StructuredOutput>,
    /// Requests in flight at once, 1 to 256. Default: 8.
    pub in_flight: Given<u32>,
    /// Tries for one text, 1 to 20. Default: 5.
    pub max_tries: Given<u32>,
    /// Seconds to wait for one answer, 1 to 3600. Default: 60.
    pub timeout_secs: Given<u32>,
    /// Most requests, retries included, ≥ 1, or `None`. Default: `None`.
    pub max_requests: Given<Option<u64>>,
    /// Most tokens of prompts and answers, ≥ 1, or `None`. Default: `None`.
    pub max_tokens: Given<Option<u64>>,
    /// Most tokens of one answer, 1 to 65,536. Default: 1024.
    pub answer_tokens: Given<u32>,
    /// 0 to 2, or `None` to send none. Default: 0.
    pub temperature: Given<Option<f32>>,
    /// With `{domains}` and `{text}` once each. Default: the built-in one.
    pub prompt: Given<String>,
    /// What belongs to each domain, by name: `{"law": "statutes, judgements, contracts", …}`.
    /// Default: none, their names must do.
    pub descriptions: BTreeMap<String, String>,
}
