//! How the base model's own distribution over the domains is measured.

use super::super::plan::{
    AnswerForm, DomainPlan, EndpointPlan, JudgePlan, KeySource, ModelSource, StructuredOutput,
    Weighting,
};
use super::super::value::Value;
use super::field::{Field, Read, at};
use super::limits::or_none;
use super::mixing::{by_domain, names};
use super::section::Section;
use super::spec::Spec;
use super::types::FieldType;
use crate::mixing::Mixture;
use crate::unit::allowed::{Allowed, COUNT, NOT_NEGATIVE, RATE, whole};

const PENALTY: Allowed<f64> =
    Allowed { holds: |x| (1.0..=1000.0).contains(x), text: "a number from 1 to 1000" };
const ROW_COUNT: Allowed<usize> = whole!(20 to 10_000_000);
const REQUESTS: Allowed<u32> = Allowed { holds: |n| (1..=256).contains(n), text: "1 to 256" };
const TRIES: Allowed<u32> = Allowed { holds: |n| (1..=20).contains(n), text: "1 to 20" };
const SECS: Allowed<u32> = Allowed { holds: |n| (1..=3600).contains(n), text: "1 to 3600" };
const ANSWER: Allowed<u32> = Allowed { holds: |n| (1..=65_536).contains(n), text: "1 to 65536" };
const TEMPERATURE_RANGE: Allowed<f32> =
    Allowed { holds: |x| (0.0..=2.0).contains(x), text: "a number from 0 to 2" };

pub(in crate::config) const SAMPLES: Spec<usize> =
    Spec::within("detection.samples", || 500, whole!(1 to 1_000_000));
pub(in crate::config) const ITERATIONS: Spec<u64> =
    Spec::within("detection.iterations", || 5, whole!(1 to 1_000_000));
pub(in crate::config) const MAX_TOKENS: Spec<usize> =
    Spec::within("detection.max_tokens", || 128, whole!(1 to 1_048_576));
pub(in crate::config) const TURNS: Spec<usize> =
    Spec::within("detection.turns", || 1, whole!(1 to 1000));
pub(in crate::config) const BATCH: Spec<usize> =
    Spec::within("detection.batch", || 64, whole!(1 to 65_536));
pub(in crate::config) const TEMPERATURE: Spec<f64> =
    Spec::within("detection.temperature", || 1.0, NOT_NEGATIVE);
pub(in crate::config) const TOP_P: Spec<f64> = Spec::within("detection.top_p", || 1.0, RATE);
pub(in crate::config) const TOP_K: Spec<Option<usize>> =
    Spec::within("detection.top_k", || None, or_none!(whole!(1 to 2_147_483_647)));
pub(in crate::config) const REPETITION_PENALTY: Spec<f64> =
    Spec::within("detection.repetition_penalty", || 1.1, PENALTY);
pub(in crate::config) const WEIGHTING: Spec<Weighting> =
    Spec::new("detection.weighting", Weighting::default);
pub(in crate::config) const TOKENIZER: Spec<bool> = Spec::new("detection.tokenizer", || false);
pub(in crate::config) const TRUTH: &str = "detection.truth";

pub(in crate::config) const ROWS: Spec<usize> =
    Spec::within("detection.judge.rows", || 2000, ROW_COUNT);
pub(in crate::config) const BASE_URL: Spec<String> =
    Spec::new("detection.judge.base_url", || EndpointPlan::default().base_url);
pub(in crate::config) const KEY: Spec<KeySource> =
    Spec::new("detection.judge.key", || EndpointPlan::default().key);
pub(in crate::config) const FORM: Spec<AnswerForm> =
    Spec::new("detection.judge.form", || EndpointPlan::default().form);
pub(in crate::config) const STRUCTURED: Spec<StructuredOutput> =
    Spec::new("detection.judge.structured", || EndpointPlan::default().structured);
pub(in crate::config) const IN_FLIGHT: Spec<u32> =
    Spec::within("detection.judge.in_flight", || EndpointPlan::default().in_flight, REQUESTS);
pub(in crate::config) const MAX_TRIES: Spec<u32> =
    Spec::within("detection.judge.max_tries", || EndpointPlan::default().max_tries, TRIES);
pub(in crate::config) const TIMEOUT_SECS: Spec<u32> =
    Spec::within("detection.judge.timeout_secs", || EndpointPlan::default().timeout_secs, SECS);
pub(in crate::config) const MAX_REQUESTS: Spec<Option<u64>> = Spec::within(
    "detection.judge.max_requests",
    || EndpointPlan::default().max_requests,
    or_none!(COUNT),
);
pub(in crate::config) const JUDGE_TOKENS: Spec<Option<u64>> = Spec::within(
    "detection.judge.max_tokens",
    || EndpointPlan::default().max_tokens,
    or_none!(COUNT),
);
pub(in crate::config) const ANSWER_TOKENS: Spec<u32> =
    Spec::within("detection.judge.answer_tokens", || EndpointPlan::default().answer_tokens, ANSWER);
pub(in crate::config) const JUDGE_TEMPERATURE: Spec<Option<f32>> = Spec::within(
    "detection.judge.temperature",
    || EndpointPlan::default().temperature,
    or_none!(TEMPERATURE_RANGE),
);
pub(in crate::config) const JUDGE_PROMPT: Spec<Option<String>> =
    Spec::new("detection.judge.prompt", || EndpointPlan::default().prompt);

/// Addresses that are allowed, in words.
pub(in crate::config) const ADDRESS: &str = "http:// or https://, a host and a path, without query";
/// Prompts that are allowed, in words.
pub(in crate::config) const PLACEHOLDERS: &str = "a text with {domains} and {text}, once each";

pub(super) fn detection() -> Section {
    Section {
        path: "detection",
        help: "How w(0) is measured (Algorithm 1): the base model writes texts, and each is judged; \
               see `versatune help detection`. A config with a `detection` has `mixing.detected: \
               Measure` unless it says otherwise. The defaults of `temperature`, `top_p`, `top_k` and \
               `repetition_penalty` are the authors'.",
        fields: vec![
            Field::derived::<ModelSource>(
                "detection.model",
                "`model.source`",
                at!(detection.model),
                "The model that writes the texts, written as `model.source` is.",
            ),
            Field::new(&SAMPLES, at!(detection.samples), "N_S, texts per iteration.")
                .unit("texts"),
            Field::new(
                &ITERATIONS,
                at!(detection.iterations),
                "T, number of iterations; the spread between them shows the error of the estimate.",
            ),
            Field::new(&MAX_TOKENS, at!(detection.sampling.max_tokens), "Most tokens of a text.")
                .unit("tokens"),
            Field::new(
                &TURNS,
                at!(detection.sampling.turns),
                "Number of end tokens after which a text is over. With 2, a chat model writes a \
                 question and its answer.",
            ),
            Field::new(&BATCH, at!(detection.sampling.batch), "Texts that are generated at one time.")
                .unit("texts"),
            Field::new(
                &TEMPERATURE,
                at!(detection.sampling.temperature),
                "Sampling temperature; 0 takes the likeliest token every time.",
            ),
            Field::new(
                &TOP_P,
                at!(detection.sampling.top_p),
                "Each token is drawn from the likeliest ones whose probabilities sum to this.",
            ),
            Field::new(
                &TOP_K,
                at!(detection.sampling.top_k),
                "Each token is drawn from so many of the likeliest ones. `None` has no such limit.",
            )
            .unit("tokens"),
            Field::new(
                &REPETITION_PENALTY,
                at!(detection.sampling.repetition_penalty),
                "Makes tokens that are already in the text less likely; 1 has no effect.",
            ),
            Field::new(
                &WEIGHTING,
                at!(detection.weighting),
                "How much a text counts: `Samples`, each the same; `Tokens`, by its length.",
            ),
            Field::derived::<String>(
                "detection.judge",
                "`Offline()`",
                Read::Run(|plan| judge(&plan.detection.judge, &plan.data.domains)),
                "What judges the texts: a classifier that is fitted on the run's own training rows, \
                 or a language model behind an OpenAI-compatible address.",
            )
            .form("`Offline(…)` or `Endpoint(…)`"),
            Field::new(
                &TOKENIZER,
                at!(detection.tokenizer),
                "Whether the mixture is estimated from the tokenizer's merges too, as a cross-check.",
            ),
            Field::derived::<String>(
                TRUTH,
                "`None`",
                Read::Run(|plan| truth(plan.detection.truth.as_ref(), &names(plan))),
                "The shares that the base model was trained on, where they are known. What is measured is \
                 compared with them (1 − total variation); nothing else depends on them.",
            )
            .form("`None`, `{\"law\": 0.5, …}` or `[0.5, …]`")
            .allowed("shares of 0 or above whose sum is 1"),
        ],
    }
}

fn truth(truth: Option<&Mixture>, names: &[String]) -> Value {
    truth.map_or_else(|| Value::word("None"), |truth| by_domain(truth.as_slice(), names))
}

pub(super) fn judge_fields() -> Section {
    let endpoint = Read::Inside("Endpoint");
    Section {
        path: "detection.judge",
        help: "The judge: `Offline(rows: …)`, or `Endpoint(…)` with the other fields.",
        fields: vec![
            Field::new(&ROWS, Read::Inside("Offline"), "Most training rows per domain that the classifier is fitted on.")
                .unit("rows"),
            Field::new(
                &BASE_URL,
                endpoint,
                "Address up to and with the version; vLLM: `http://localhost:8000/v1`, Ollama: \
                 `http://localhost:11434/v1`.",
            )
            .allowed(ADDRESS),
            Field::required::<String>(
                "detection.judge.model",
                endpoint,
                "Name of the model on the server.",
            ),
            Field::new(
                &KEY,
                endpoint,
                "Where the key comes from: an environment variable or a file; `None` where the \
                 server needs none. The key itself is never part of a config.",
            ),
            Field::new(
                &FORM,
                endpoint,
                "What the judge answers. `Probabilities`: a probability for each domain, as JSON. \
                 `Label`: the name of one domain. `Logprobs`: one letter per domain, whose \
                 probabilities the server reports (at most 20 domains).",
            ),
            Field::new(
                &STRUCTURED,
                endpoint,
                "Whether the server is told to enforce the answer's JSON schema. `Auto` goes on \
                 without it, with a notice, where the server refuses.",
            ),
            Field::new(&IN_FLIGHT, endpoint, "Most requests in flight at one time.").unit("requests"),
            Field::new(&MAX_TRIES, endpoint, "Tries for one text before it counts as unjudged."),
            Field::new(&TIMEOUT_SECS, endpoint, "Longest wait for one answer.")
                .unit("seconds"),
            Field::new(
                &MAX_REQUESTS,
                endpoint,
                "Most requests that one process sends, retries included. `None` has no limit.",
            )
            .unit("requests"),
            Field::new(
                &JUDGE_TOKENS,
                endpoint,
                "Most tokens of prompts and answers that one process uses. `None` has no limit.",
            )
            .unit("tokens"),
            Field::new(
                &ANSWER_TOKENS,
                endpoint,
                "Most tokens of one answer. A model that reasons before it answers needs more.",
            )
            .unit("tokens"),
            Field::new(
                &JUDGE_TEMPERATURE,
                endpoint,
                "Sampling temperature. `None` sends none, for models that accept only their own.",
            ),
            Field::new(
                &JUDGE_PROMPT,
                endpoint,
                "A prompt of your own; an explanation of the answer's form is added after it. `None` \
                 is the built-in one.",
            )
            .allowed(format!("{PLACEHOLDERS}, or None")),
            Field::derived::<String>(
                "detection.judge.descriptions",
                "`{}`, the domains' names alone",
                endpoint,
                "What belongs to each domain, by name, for all domains or none: `{\"law\": \
                 \"statutes, contracts\", …}`.",
            )
            .form("texts by domain"),
        ],
    }
}

/// The judge as a config writes it.
fn judge(judge: &JudgePlan, domains: &[DomainPlan]) -> Value {
    match judge {
        JudgePlan::Offline { rows } => Value::fields(Some("Offline"), [("rows", rows.to_value())]),
        JudgePlan::Endpoint(endpoint) => {
            let descriptions = domains.iter().zip(&endpoint.descriptions);
            let descriptions = descriptions.map(|(d, text)| (d.name.clone(), text.to_value()));
            Value::fields(
                Some("Endpoint"),
                [
                    ("base_url", endpoint.base_url.to_value()),
                    ("model", endpoint.model.to_value()),
                    ("key", endpoint.key.to_value()),
                    ("form", endpoint.form.to_value()),
                    ("structured", endpoint.structured.to_value()),
                    ("in_flight", endpoint.in_flight.to_value()),
                    ("max_tries", endpoint.max_tries.to_value()),
                    ("timeout_secs", endpoint.timeout_secs.to_value()),
                    ("max_requests", endpoint.max_requests.to_value()),
                    ("max_tokens", endpoint.max_tokens.to_value()),
                    ("answer_tokens", endpoint.answer_tokens.to_value()),
                    ("temperature", endpoint.temperature.to_value()),
                    ("prompt", endpoint.prompt.to_value()),
                    ("descriptions", Value::Map(descriptions.collect())),
                ],
            )
        }
    }
}
