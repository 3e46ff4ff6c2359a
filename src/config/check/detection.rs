//! `detection`.

use super::super::fields::detection as fields;
use super::super::given::Given;
use super::super::plan::{
    AnswerForm, DetectionPlan, EndpointPlan, JudgePlan, KeySource, ModelSource, SamplingPlan,
};
use super::super::words::did_you_mean;
use super::super::written::{Detection, Endpoint, Judge, Offline};
use super::checker::Checker;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// Label tokens are single letters, and servers give at most 20 alternatives of a token.
const LOGPROBS_DOMAINS: usize = 20;
/// What a prompt in a config must contain.
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
            max_tokens: self.value(&fields::MAX_TOKENS, given.max_tokens),
            turns: self.value(&fields::TURNS, given.turns),
            batch: self.value(&fields::BATCH, given.batch),
            temperature: self.value(&fields::TEMPERATURE, given.temperature),
            top_p: self.value(&fields::TOP_P, given.top_p),
            top_k: self.value(&fields::TOP_K, given.top_k),
            repetition_penalty: self.value(&fields::REPETITION_PENALTY, given.repetition_penalty),
        };
        let truth = match given.truth.or_default() {
            None => None,
            Some(numbers) => Some(self.shares(fields::TRUTH, numbers, domains)?.1),
        };
        Some(DetectionPlan {
            samples: self.value(&fields::SAMPLES, given.samples),
            iterations: self.value(&fields::ITERATIONS, given.iterations),
            sampling,
            weighting: self.value(&fields::WEIGHTING, given.weighting),
            judge: self.judge(given.judge, domains)?,
            tokenizer: self.value(&fields::TOKENIZER, given.tokenizer),
            truth,
            model: model?,
        })
    }

    fn judge(&mut self, given: Given<Judge>, domains: &[String]) -> Option<JudgePlan> {
        match given.or(Judge::Offline(Offline::default())) {
            Judge::Offline(Offline { rows }) => {
                Some(JudgePlan::Offline { rows: self.value(&fields::ROWS, rows) })
            }
            Judge::Endpoint(endpoint) => self.endpoint(endpoint, domains).map(JudgePlan::Endpoint),
        }
    }

    fn endpoint(&mut self, given: Endpoint, domains: &[String]) -> Option<EndpointPlan> {
        let base_url = self.value(&fields::BASE_URL, given.base_url);
        self.address(fields::BASE_URL.path, &base_url);
        let model = given.model.or_default();
        if model.trim().is_empty() {
            let path = "detection.judge.model";
            self.error(path, "a model of the server", "add `model: \"…\"`");
        }
        let form = self.value(&fields::FORM, given.form);
        self.answer_form(fields::FORM.path, form, domains);
        let key = self.value(&fields::KEY, given.key);
        Some(EndpointPlan {
            base_url,
            model,
            key: self.key(fields::KEY.path, key),
            form,
            structured: self.value(&fields::STRUCTURED, given.structured),
            in_flight: self.value(&fields::IN_FLIGHT, given.in_flight),
            max_tries: self.value(&fields::MAX_TRIES, given.max_tries),
            timeout_secs: self.value(&fields::TIMEOUT_SECS, given.timeout_secs),
            max_requests: self.value(&fields::MAX_REQUESTS, given.max_requests),
            max_tokens: self.value(&fields::JUDGE_TOKENS, given.max_tokens),
            answer_tokens: self.value(&fields::ANSWER_TOKENS, given.answer_tokens),
            temperature: self.value(&fields::JUDGE_TEMPERATURE, given.temperature),
            prompt: self.prompt(given.prompt),
            descriptions: self.descriptions(given.descriptions, domains)?,
        })
    }

    /// Answers name the domains, so the names must differ in the way that a server writes them.
    fn answer_form(&mut self, path: &str, form: AnswerForm, domains: &[String]) {
        if form == AnswerForm::Logprobs && domains.len() > LOGPROBS_DOMAINS {
            let allowed =
                format!("Probabilities or Label with more than {LOGPROBS_DOMAINS} domains");
            self.error(path, allowed, "");
        }
        let folded: BTreeSet<String> = domains.iter().map(|name| name.to_lowercase()).collect();
        if folded.len() < domains.len() {
            let allowed = "names that differ by more than case, where a server judges";
            self.error_found("data.domains", domains.join(", "), allowed, "");
        }
    }

    /// The address is not shown in errors, as it may contain a password.
    fn address(&mut self, path: &str, text: &str) {
        let fix = "such as http://localhost:8000/v1";
        let allowed = fields::ADDRESS;
        let Ok(url) = Url::parse(text) else {
            return self.error_found(path, "no address", allowed, fix);
        };
        if !url.username().is_empty() || url.password().is_some() {
            let fix = "the key has a field of its own: `key: Env(\"NAME\")`";
            self.error_found(path, "an address with a user or password", allowed, fix);
        } else if !matches!(url.scheme(), "http" | "https")
            || !url.has_host()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            self.error_found(path, "another kind of address", allowed, fix);
        }
    }

    /// Where a secret comes from.
    pub(super) fn key(&mut self, path: &str, key: KeySource) -> KeySource {
        match key {
            KeySource::File(file) => KeySource::File(self.file(path, &file.to_string_lossy())),
            KeySource::Env(name) => {
                // A key that was pasted here would end up in the run's record.
                let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                if name.is_empty() || !name.chars().all(plain) {
                    let allowed = "the name of an environment variable: A to Z, 0 to 9, `_`";
                    self.error_found(path, "another text (not shown)", allowed, "");
                }
                KeySource::Env(name)
            }
            KeySource::None => KeySource::None,
        }
    }

    fn prompt(&mut self, given: Given<Option<String>>) -> Option<String> {
        let prompt = self.value(&fields::JUDGE_PROMPT, given);
        let holds = |prompt: &String| PLACEHOLDERS.iter().all(|p| prompt.matches(p).count() == 1);
        if prompt.as_ref().is_some_and(|prompt| !holds(prompt)) {
            self.error(fields::JUDGE_PROMPT.path, fields::PLACEHOLDERS, "");
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
            self.error_found(path, format!("\"{name}\""), allowed, fix);
        } else if found.is_none() {
            self.error(path, format!("one for each of {}", domains.join(", ")), "");
        }
        found
    }
}
