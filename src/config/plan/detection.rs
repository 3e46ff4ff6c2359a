//! How the base model's own distribution over the domains is measured: Algorithm 1.

use super::ModelSource;
use crate::mixing::Mixture;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One detection: T times N_S texts of the model, each judged.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectionPlan {
    /// The model that writes the texts.
    pub model: ModelSource,
    /// N_S: texts of an iteration, ≥ 1.
    pub samples: usize,
    /// T: iterations, ≥ 1.
    pub iterations: u64,
    /// How a text is generated.
    pub sampling: SamplingPlan,
    /// How much a text counts.
    pub weighting: Weighting,
    /// What judges the texts.
    pub judge: JudgePlan,
    /// Whether the mixture is estimated from the tokenizer's merges too, as a cross-check.
    pub tokenizer: bool,
    /// The shares that the base model was trained on, where they are known: what is measured is compared
    /// with them, and nothing else.
    pub truth: Option<Mixture>,
}

/// How a text is generated from the model's start token.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplingPlan {
    /// Most tokens of a text, ≥ 1.
    pub max_tokens: usize,
    /// Number of end tokens after which a text is over, ≥ 1: a chat model writes one after each turn.
    pub turns: usize,
    /// Texts that are generated at one time, ≥ 1.
    pub batch: usize,
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// Each token is one of the likeliest whose probabilities sum to this, above 0 to 1.
    pub top_p: f64,
    /// Each token is one of so many likeliest.
    pub top_k: Option<usize>,
    /// Divides positive and multiplies negative logits of tokens that are in the text already, ≥ 1.
    pub repetition_penalty: f64,
}

/// How much a text counts in the mean of its iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weighting {
    /// As much as every other text.
    #[default]
    Samples,
    /// By its number of tokens.
    Tokens,
}

/// What judges the texts.
#[derive(Clone, Debug, PartialEq)]
pub enum JudgePlan {
    /// A classifier that is fitted on the run's own training rows.
    Offline {
        /// Most training rows of a domain, ≥ 20.
        rows: usize,
    },
    /// A language model behind an OpenAI-compatible address.
    Endpoint(EndpointPlan),
}

/// How texts are judged at an OpenAI-compatible endpoint. The key itself is not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointPlan {
    /// Address up to and with the version, `http` or `https`, without user, password, query and
    /// fragment.
    pub base_url: String,
    /// Name of the model on the server; not empty.
    pub model: String,
    /// Where the key comes from.
    pub key: KeySource,
    /// What the judge answers.
    pub form: AnswerForm,
    /// Whether the server is told to enforce the answer's JSON schema.
    pub structured: StructuredOutput,
    /// Requests in flight at once, 1 to 256. The first texts go one by one, until one of them is
    /// judged.
    pub in_flight: u32,
    /// Tries for one text before it counts as unjudged, 1 to 20.
    pub max_tries: u32,
    /// Seconds to wait for one whole answer, 1 to 3600.
    pub timeout_secs: u32,
    /// Most requests, retries included, that one process may send; `None` is no limit.
    pub max_requests: Option<u64>,
    /// Most tokens, of prompts and answers, that one process may use; `None` is no limit. Before a
    /// request is sent its tokens are estimated from its length, so the limit may be exceeded by as
    /// much as the estimates of the requests in flight are too low.
    pub max_tokens: Option<u64>,
    /// Most tokens of one answer, 1 to 65,536. A model that reasons before it answers needs more.
    pub answer_tokens: u32,
    /// Sampling temperature, 0 to 2. `None` sends none, for models that accept only their own.
    pub temperature: Option<f32>,
    /// The prompt, with `{domains}` and `{text}` once each; `None` is the built-in one. An explanation
    /// of the answer's form is added after it.
    pub prompt: Option<String>,
    /// What belongs to each domain, in the order of the domains; empty, or one for each.
    pub descriptions: Vec<String>,
}

impl Default for EndpointPlan {
    /// OpenAI's address with no model: what a config leaves out.
    fn default() -> Self {
        EndpointPlan {
            base_url: "https://api.openai.com/v1".into(),
            model: String::new(),
            key: KeySource::Env("OPENAI_API_KEY".into()),
            form: AnswerForm::Probabilities,
            structured: StructuredOutput::Auto,
            in_flight: 8,
            max_tries: 5,
            timeout_secs: 60,
            max_requests: None,
            max_tokens: None,
            answer_tokens: 1024,
            temperature: Some(0.0),
            prompt: None,
            descriptions: Vec::new(),
        }
    }
}

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum KeySource {
    /// This environment variable.
    Env(String),
    /// This file; white space around the key does not count.
    File(PathBuf),
    /// The server needs none.
    None,
}

/// What the judge answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnswerForm {
    /// A probability for each domain, as JSON.
    Probabilities,
    /// One domain's name, as JSON; it gets probability 1.
    Label,
    /// One letter per domain; the probabilities are those of the letters as first token of the
    /// answer. For servers that give `top_logprobs`, and for at most 20 domains.
    Logprobs,
}

/// Whether the server is told to enforce the answer's JSON schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StructuredOutput {
    /// It is; where the server refuses, requests go on without the schema, with a notice.
    Auto,
    /// It is not.
    Off,
}
