//! How the base model's own distribution over the domains is measured.

use super::super::plan::{
    AnswerForm, DomainPlan, EndpointPlan, JudgePlan, KeySource, ModelSource, StructuredOutput,
    Weighting,
};
use super::super::value::Value;
use super::field::{Field, Read, at};
use super::limits::or_none;
use super::section::Section;
use super::spec::Spec;
use super::types::FieldType;
use crate::unit::allowed::{Allowed, COUNT, NOT_NEGATIVE, RATE, SIZE};

const PENALTY: Allowed<f64> =
    Allowed { holds: |x| *x >= 1.0 && x.is_finite(), text: "a number, 1 or above" };
const ROW_COUNT: Allowed<usize> =
    Allowed { holds: |n| *n >= 20, text: "a whole number, 20 or above" };
const REQUESTS: Allowed<u32> = Allowed { holds: |n| (1..=256).contains(n), text: "1 to 256" };
const TRIES: Allowed<u32> = Allowed { holds: |n| (1..=20).contains(n), text: "1 to 20" };
const SECS: Allowed<u32> = Allowed { holds: |n| (1..=3600).contains(n), text: "1 to 3600" };
const ANSWER: Allowed<u32> = Allowed { holds: |n| (1..=65_536).contains(n), text: "1 to 65536" };
const WARMTH: Allowed<f32> =
    Allowed { holds: |x| (0.0..=2.0).contains(x), text: "a number from 0 to 2" };

pub(in crate::config) const SAMPLES: Spec<usize> = Spec::within("detection.samples", || 500, SIZE);
pub(in crate::config) const ITERATIONS: Spec<u64> =
    Spec::within("detection.iterations", || 5, COUNT);
pub(in crate::config) const MAX_TOKENS: Spec<usize> =
    Spec::within("detection.max_tokens", || 128, SIZE);
pub(in crate::config) const TURNS: Spec<usize> = Spec::within("detection.turns", || 1, SIZE);
pub(in crate::config) const BATCH: Spec<usize> = Spec::within("detection.batch", || 64, SIZE);
pub(in crate::config) const TEMPERATURE: Spec<f64> =
    Spec::within("detection.temperature", || 1.0, NOT_NEGATIVE);
pub(in crate::config) const TOP_P: Spec<f64> = Spec::within("detection.top_p", || 1.0, RATE);
pub(in crate::config) const TOP_K: Spec<Option<usize>> =
    Spec::within("detection.top_k", || None, or_none!(SIZE));
pub(in crate::config) const REPETITION_PENALTY: Spec<f64> =
    Spec::within("detection.repetition_penalty", || 1.1, PENALTY);
pub(in crate::config) const WEIGHTING: Spec<Weighting> =
    Spec::new("detection.weighting", Weighting::default);
pub(in crate::config) const TOKENIZER: Spec<bool> = Spec::new("detection.tokenizer", || false);

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
    or_none!(WARMTH),
);
pub(in crate::config) const JUDGE_PROMPT: Spec<Option<String>> =
    Spec::new("detection.judge.prompt", || EndpointPlan::default().prompt);

/// What an address may look like.
pub(in crate::config) const ADDRESS: &str = "http:// or https://, a host and a path, without query";
/// What a prompt has to hold.
pub(in crate::config) const PLACEHOLDERS: &str = "a text with {domains} and {text}, once each";

pub(super) fn detection() -> Section {
    Section {
        path: "detection",
        help: "How w(0) is measured (Algorithm 1): texts that the base model writes, each judged. \
               Where there is a `detection`, `mixing.detected` is `Measure` unless it is given.",
        fields: vec![
            Field::derived::<ModelSource>(
                "detection.model",
                "`model.source`",
                at!(detection.model),
                "The model that writes the texts; written as `model.source` is.",
            ),
            Field::of(&SAMPLES, at!(detection.samples), "N_S, texts of an iteration.")
                .unit("texts"),
            Field::of(
                &ITERATIONS,
                at!(detection.iterations),
                "T, iterations: their spread is the error of the estimate.",
            ),
            Field::of(&MAX_TOKENS, at!(detection.sampling.max_tokens), "Most tokens of a text.")
                .unit("tokens"),
            Field::of(
                &TURNS,
                at!(detection.sampling.turns),
                "End tokens at which a text is over. 2 lets a chat model write question and \
                 answer.",
            ),
            Field::of(&BATCH, at!(detection.sampling.batch), "Texts that are written at one time.")
                .unit("texts"),
            Field::of(
                &TEMPERATURE,
                at!(detection.sampling.temperature),
                "Sampling temperature; 0 takes the likeliest token.",
            ),
            Field::of(
                &TOP_P,
                at!(detection.sampling.top_p),
                "A token is drawn among the likeliest of this probability in sum.",
            ),
            Field::of(
                &TOP_K,
                at!(detection.sampling.top_k),
                "A token is drawn among so many of the likeliest. `None` has no such limit.",
            )
            .unit("tokens"),
            Field::of(
                &REPETITION_PENALTY,
                at!(detection.sampling.repetition_penalty),
                "Makes tokens less likely that are in the text already; 1 does not.",
            ),
            Field::of(
                &WEIGHTING,
                at!(detection.weighting),
                "What a text counts: the same for each, or its tokens.",
            ),
            Field::derived::<String>(
                "detection.judge",
                "`Offline()`",
                Read::Run(|plan| judge(&plan.detection.judge, &plan.data.domains)),
                "Who judges the texts: a classifier that is fitted on the run's own training \
                 rows, or a language model behind an OpenAI-compatible address.",
            )
            .form("`Offline(…)` or `Endpoint(…)`"),
            Field::of(
                &TOKENIZER,
                at!(detection.tokenizer),
                "Estimate the mixture from the tokenizer's merges too, as a cross-check.",
            ),
        ],
    }
}

pub(super) fn judge_fields() -> Section {
    let endpoint = Read::Inside("Endpoint");
    Section {
        path: "detection.judge",
        help: "The judge: `Offline(rows: …)`, or `Endpoint(…)` with the other fields.",
        fields: vec![
            Field::of(&ROWS, Read::Inside("Offline"), "Most training rows of a domain.")
                .unit("rows"),
            Field::of(
                &BASE_URL,
                endpoint,
                "Address up to and with the version; vLLM: `http://localhost:8000/v1`, Ollama: \
                 `http://localhost:11434/v1`.",
            )
            .allowed(ADDRESS),
            Field::required::<String>(
                "detection.judge.model",
                endpoint,
                "The model, as the server calls it.",
            ),
            Field::of(
                &KEY,
                endpoint,
                "Where the key comes from: an environment variable, a file, or none is needed. \
                 The key itself is never part of a config.",
            ),
            Field::of(
                &FORM,
                endpoint,
                "What the judge answers: a probability for each domain, one domain's name, or one \
                 letter whose probabilities the server gives (for at most 20 domains).",
            ),
            Field::of(
                &STRUCTURED,
                endpoint,
                "Whether the server is to hold the model to the answer's JSON schema. `Auto` goes \
                 on without it, with a notice, where the server refuses.",
            ),
            Field::of(&IN_FLIGHT, endpoint, "Requests in flight at once.").unit("requests"),
            Field::of(&MAX_TRIES, endpoint, "Tries for one text before it counts as unjudged."),
            Field::of(&TIMEOUT_SECS, endpoint, "How long one answer is waited for.")
                .unit("seconds"),
            Field::of(
                &MAX_REQUESTS,
                endpoint,
                "Most requests of one start of the program, retries included.",
            )
            .unit("requests"),
            Field::of(
                &JUDGE_TOKENS,
                endpoint,
                "Most tokens, of prompts and answers, of one start of the program.",
            )
            .unit("tokens"),
            Field::of(
                &ANSWER_TOKENS,
                endpoint,
                "Most tokens of one answer. A model that thinks first needs more.",
            )
            .unit("tokens"),
            Field::of(
                &JUDGE_TEMPERATURE,
                endpoint,
                "Sampling temperature. `None` sends none: some models accept only theirs.",
            ),
            Field::of(
                &JUDGE_PROMPT,
                endpoint,
                "A prompt of your own; the form of the answer is explained after it. `None` is \
                 the built-in one.",
            )
            .allowed(format!("{PLACEHOLDERS}, or None")),
            Field::derived::<String>(
                "detection.judge.descriptions",
                "`{}`, the domains' names must do",
                endpoint,
                "What belongs to each domain, by name: `{\"law\": \"statutes, contracts\", …}`.",
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
