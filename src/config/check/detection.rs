//! `detection`.

use super::super::fault::did_you_mean;
use super::super::given::Given;
use super::super::plan::{
    AnswerForm, DetectionPlan, EndpointPlan, JudgePlan, KeySource, ModelSource, SamplingPlan,
};
use super::super::written::{Detection, Endpoint, Judge, Offline};
use super::Checker;
use crate::unit::allowed::{Allowed, COUNT, NOT_NEGATIVE, SIZE};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

const PROBABILITY: Allowed<f64> =
    Allowed { holds: |x| *x > 0.0 && *x <= 1.0, text: "a number above 0, at most 1" };
const PENALTY: Allowed<f64> =
    Allowed { holds: |x| *x >= 1.0 && x.is_finite(), text: "a number, 1 or above" };
const ROWS: Allowed<usize> = Allowed { holds: |n| *n >= 20, text: "a whole number, 20 or above" };
const IN_FLIGHT: Allowed<u32> = Allowed { holds: |n| (1..=256).contains(n), text: "1 to 256" };
const TRIES: Allowed<u32> = Allowed { holds: |n| (1..=20).contains(n), text: "1 to 20" };
const SECS: Allowed<u32> = Allowed { holds: |n| (1..=3600).contains(n), text: "1 to 3600" };
const ANSWER: Allowed<u32> = Allowed { holds: |n| (1..=65_536).contains(n), text: "1 to 65536" };
const TEMPERATURE: Allowed<f32> =
    Allowed { holds: |x| (0.0..=2.0).contains(x), text: "a number from 0 to 2" };
/// Label tokens are single letters, and servers give at most 20 alternatives of a token.
const LOGPROBS_DOMAINS: usize = 20;
/// What a prompt of the config's own must hold.
const PLACEHOLDERS: [&str; 2] = ["{domains}", "{text}"];

impl Checker<'_> {
    pub(super) fn detection(
        &mut self,
        given: Detection,
        domains: &[String],
        model: Option<&ModelSource>,
    ) -> Option<DetectionPlan> {
        let at = |field: &str| format!("detection.{field}");
        let model = match given.model.0 {
            Some(source) => self.model_source(&at("model"), source),
            None => model.cloned(),
        };
        let sampling = SamplingPlan {
            max_tokens: self.ranged(&at("max_tokens"), given.max_tokens, 128, &SIZE),
            turns: self.ranged(&at("turns"), given.turns, 1, &SIZE),
            batch: self.ranged(&at("batch"), given.batch, 64, &SIZE),
            temperature: self.ranged(&at("temperature"), given.temperature, 1.0, &NOT_NEGATIVE),
            top_p: self.ranged(&at("top_p"), given.top_p, 1.0, &PROBABILITY),
            top_k: self.optional(&at("top_k"), given.top_k, None, &SIZE),
            repetition_penalty: self.ranged(
                &at("repetition_penalty"),
                given.repetition_penalty,
                1.1,
                &PENALTY,
            ),
        };
        Some(DetectionPlan {
            samples: self.ranged(&at("samples"), given.samples, 500, &SIZE),
            iterations: self.ranged(&at("iterations"), given.iterations, 5, &COUNT),
            sampling,
            weighting: given.weighting.or_default(),
            judge: self.judge(given.judge, domains)?,
            tokenizer: given.tokenizer.or(false),
            model: model?,
        })
    }

    fn judge(&mut self, given: Given<Judge>, domains: &[String]) -> Option<JudgePlan> {
        match given.or(Judge::Offline(Offline::default())) {
            Judge::Offline(Offline { rows }) => {
                let rows = self.ranged("detection.judge.rows", rows, 2000, &ROWS);
                Some(JudgePlan::Offline { rows })
            }
            Judge::Endpoint(endpoint) => self.endpoint(endpoint, domains).map(JudgePlan::Endpoint),
        }
    }

    fn endpoint(&mut self, given: Endpoint, domains: &[String]) -> Option<EndpointPlan> {
        let at = |field: &str| format!("detection.judge.{field}");
        let usual = EndpointPlan::default();
        let base_url = given.base_url.or(usual.base_url);
        self.address(&at("base_url"), &base_url);
        let model = given.model.or(usual.model);
        if model.trim().is_empty() {
            self.fault(&at("model"), "a model of the server", "add `model: \"…\"`");
        }
        let form = given.form.or(usual.form);
        self.can_be_asked_for(&at("form"), form, domains);
        let tries = given.max_tries;
        let (requests, tokens) = (given.max_requests, given.max_tokens);
        let (timeout, answer) = (given.timeout_secs, given.answer_tokens);
        let temperature = given.temperature;
        Some(EndpointPlan {
            base_url,
            model,
            key: self.key(given.key.or(usual.key)),
            form,
            structured: given.structured.or(usual.structured),
            in_flight: self.ranged(&at("in_flight"), given.in_flight, usual.in_flight, &IN_FLIGHT),
            max_tries: self.ranged(&at("max_tries"), tries, usual.max_tries, &TRIES),
            timeout_secs: self.ranged(&at("timeout_secs"), timeout, usual.timeout_secs, &SECS),
            max_requests: self.optional(&at("max_requests"), requests, usual.max_requests, &COUNT),
            max_tokens: self.optional(&at("max_tokens"), tokens, usual.max_tokens, &COUNT),
            answer_tokens: self.ranged(&at("answer_tokens"), answer, usual.answer_tokens, &ANSWER),
            temperature: self.optional(
                &at("temperature"),
                temperature,
                usual.temperature,
                &TEMPERATURE,
            ),
            prompt: self.prompt(given.prompt.0),
            descriptions: self.descriptions(given.descriptions, domains)?,
        })
    }

    /// Answers name the domains, so that these have to be told apart as a server writes them.
    fn can_be_asked_for(&mut self, path: &str, form: AnswerForm, domains: &[String]) {
        if form == AnswerForm::Logprobs && domains.len() > LOGPROBS_DOMAINS {
            let allowed =
                format!("Probabilities or Label with more than {LOGPROBS_DOMAINS} domains");
            self.fault(path, allowed, "");
        }
        let folded: BTreeSet<String> = domains.iter().map(|name| name.to_lowercase()).collect();
        if folded.len() < domains.len() {
            let allowed = "names that differ by more than case, where a server judges";
            self.fault_found("data.domains", domains.join(", "), allowed, "");
        }
    }

    /// The address is never shown where it may hold a password.
    fn address(&mut self, path: &str, text: &str) {
        let fix = "such as http://localhost:8000/v1";
        let allowed = "http:// or https://, a host and a path, without query";
        let Ok(url) = Url::parse(text) else {
            return self.fault_found(path, "no address", allowed, fix);
        };
        if !url.username().is_empty() || url.password().is_some() {
            let fix = "the key has a field of its own: `key: Env(\"NAME\")`";
            self.fault_found(path, "an address with a user or password", allowed, fix);
        } else if !matches!(url.scheme(), "http" | "https")
            || !url.has_host()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            self.fault_found(path, "another kind of address", allowed, fix);
        }
    }

    fn key(&mut self, key: KeySource) -> KeySource {
        let path = "detection.judge.key";
        match key {
            KeySource::File(file) => KeySource::File(self.file(path, &file.to_string_lossy())),
            KeySource::Env(name) => {
                // A key that was pasted here would end up in the run's record.
                let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                if name.is_empty() || !name.chars().all(plain) {
                    let allowed = "the name of an environment variable: A to Z, 0 to 9, `_`";
                    self.fault_found(path, "another text (not shown)", allowed, "");
                }
                KeySource::Env(name)
            }
            KeySource::None => KeySource::None,
        }
    }

    fn prompt(&mut self, prompt: Option<String>) -> Option<String> {
        let holds = |prompt: &String| PLACEHOLDERS.iter().all(|p| prompt.matches(p).count() == 1);
        if prompt.as_ref().is_some_and(|prompt| !holds(prompt)) {
            let allowed = "a text with {domains} and {text}, once each";
            self.fault("detection.judge.prompt", allowed, "");
        }
        prompt
    }

    /// One for each domain, or none at all.
    fn descriptions(
        &mut self,
        mut named: BTreeMap<String, String>,
        domains: &[String],
    ) -> Option<Vec<String>> {
        if named.is_empty() {
            return Some(Vec::new());
        }
        let path = "detection.judge.descriptions";
        let found: Option<Vec<String>> = domains.iter().map(|name| named.remove(name)).collect();
        if let Some(name) = named.into_keys().next() {
            let fix = did_you_mean(&name, domains.iter().map(String::as_str));
            let allowed = format!("domains: {}", domains.join(", "));
            self.fault_found(path, format!("\"{name}\""), allowed, fix);
        } else if found.is_none() {
            self.fault(path, format!("one for each of {}", domains.join(", ")), "");
        }
        found
    }
}
