//! The request about one text.

use super::prompt::{self, Prompt};
use crate::config::{AnswerForm, EndpointPlan};
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, ResponseFormat,
    ResponseFormatJsonSchema,
};
use serde_json::Value;

/// Alternatives of a token that are requested: the most that servers give.
const TOP_LOGPROBS: u8 = 20;
/// Bytes of a prompt per token, for the estimate: about that of English.
const BYTES_PER_TOKEN: u64 = 4;
/// Tokens of one domain's part of an answer, for the estimate.
const TOKENS_PER_DOMAIN: u64 = 12;
/// Tokens of a label, for the estimate.
const TOKENS_PER_LABEL: u64 = 12;

/// Makes the requests to one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    plan: EndpointPlan,
    prompt: Prompt,
    schema: Option<Value>,
    domains: u64,
}

impl Requests {
    pub fn new(plan: &EndpointPlan, domains: &[String]) -> Self {
        Requests {
            plan: plan.clone(),
            prompt: Prompt::new(plan, domains),
            schema: prompt::schema(plan.form, domains),
            domains: domains.len() as u64,
        }
    }

    /// Whether there is a schema that a server could obey.
    pub fn have_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// The request, with the answer's schema or without, and its tokens as estimated.
    ///
    /// There is one message, the user's: some models' templates have no system role.
    pub fn about(&self, text: &str, structured: bool) -> (CreateChatCompletionRequest, u64) {
        let message = self.prompt.about(text);
        let tokens = message.len() as u64 / BYTES_PER_TOKEN + self.tokens_of_answer();
        let letters = self.plan.form == AnswerForm::Logprobs;
        let request = CreateChatCompletionRequest {
            model: self.plan.model.clone(),
            messages: vec![ChatCompletionRequestUserMessage::from(message).into()],
            temperature: self.plan.temperature,
            response_format: self.schema.clone().filter(|_| structured).map(response_format),
            logprobs: letters.then_some(true),
            top_logprobs: letters.then_some(TOP_LOGPROBS),
            ..self.with_limit()
        };
        (request, tokens)
    }

    /// OpenAI's newer models know only `max_completion_tokens`, most other servers only
    /// `max_tokens`.
    #[expect(deprecated, reason = "the field that most servers know")]
    fn with_limit(&self) -> CreateChatCompletionRequest {
        let limit = Some(self.plan.answer_tokens);
        match is_openai(&self.plan.base_url) {
            true => {
                CreateChatCompletionRequest { max_completion_tokens: limit, ..Default::default() }
            }
            false => CreateChatCompletionRequest { max_tokens: limit, ..Default::default() },
        }
    }

    fn tokens_of_answer(&self) -> u64 {
        let tokens = match self.plan.form {
            AnswerForm::Probabilities => TOKENS_PER_DOMAIN * self.domains,
            AnswerForm::Label => TOKENS_PER_LABEL,
            AnswerForm::Logprobs => 1,
        };
        tokens.min(u64::from(self.plan.answer_tokens))
    }
}

/// The endpoint in words: model and address.
pub(super) fn endpoint_name(plan: &EndpointPlan) -> String {
    format!("{} at {}", plan.model, plan.base_url)
}

fn response_format(schema: Value) -> ResponseFormat {
    let name = "domain_of_text".into();
    let json_schema =
        ResponseFormatJsonSchema { name, description: None, schema, strict: Some(true) };
    ResponseFormat::JsonSchema { json_schema }
}

fn is_openai(base_url: &str) -> bool {
    let url = reqwest::Url::parse(base_url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    host == "openai.com" || host.ends_with(".openai.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(plan: EndpointPlan, structured: bool) -> Value {
        let plan = EndpointPlan { model: "m".into(), ..plan };
        let requests = Requests::new(&plan, &["law".into(), "code".into()]);
        serde_json::to_value(requests.about("x", structured).0).unwrap()
    }

    fn fields(body: &Value) -> Vec<&str> {
        let mut names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort();
        names
    }

    #[test]
    fn a_request_holds_what_was_planned_and_no_more() {
        let local = EndpointPlan {
            base_url: "http://localhost:8000/v1".into(),
            answer_tokens: 99,
            ..EndpointPlan::default()
        };
        let plain = body(local.clone(), false);
        assert_eq!(fields(&plain), ["max_tokens", "messages", "model", "temperature"]);
        assert_eq!((&plain["max_tokens"], &plain["temperature"]), (&99.into(), &0.0.into()));
        assert_eq!(plain["messages"][0]["role"], "user");

        let structured = body(local.clone(), true);
        let format = &structured["response_format"];
        assert_eq!(format["type"], "json_schema");
        assert_eq!(format["json_schema"]["strict"], true);
        assert_eq!(format["json_schema"]["schema"]["required"][1], "code");

        let letters = EndpointPlan { form: AnswerForm::Logprobs, temperature: None, ..local };
        let letters = body(letters, true);
        assert_eq!(
            fields(&letters),
            ["logprobs", "max_tokens", "messages", "model", "top_logprobs"]
        );
        assert_eq!((&letters["logprobs"], &letters["top_logprobs"]), (&true.into(), &20.into()));

        let openai = body(EndpointPlan::default(), false);
        assert_eq!(openai["max_completion_tokens"], 1024);
        assert!(openai.get("max_tokens").is_none());
    }

    #[test]
    fn the_estimate_grows_with_text_and_domains() {
        let plan = EndpointPlan::default();
        let tokens = |text: &str, domains: &[&str]| {
            let domains: Vec<String> = domains.iter().map(|name| name.to_string()).collect();
            Requests::new(&plan, &domains).about(text, true).1
        };
        assert_eq!(tokens(&"x".repeat(400), &["a"]), tokens("", &["a"]) + 100);
        assert!(tokens("", &["a", "b"]) >= tokens("", &["a"]) + 12);
    }
}
