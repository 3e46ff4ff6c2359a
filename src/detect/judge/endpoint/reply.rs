//! The fields of a server's response that are read. Servers leave fields out and add others, so only
//! what is needed is required.

use serde::Deserialize;

/// Most bytes of a response that are read; no answer to our question is longer.
pub(super) const LIMIT_BYTES: usize = 4 << 20;

/// A chat completion.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    pub choices: Vec<Choice>,
    pub usage: Option<TokenCounts>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    pub message: ReplyMessage,
    pub finish_reason: Option<String>,
    pub logprobs: Option<Logprobs>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplyMessage {
    pub content: Option<String>,
    pub refusal: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Logprobs {
    pub content: Option<Vec<Position>>,
}

/// A token of the answer, with the tokens that were likely in its place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    pub token: String,
    pub top_logprobs: Vec<Candidate>,
}

/// A token that was likely at a position, with its log-probability in nats.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Candidate {
    pub token: String,
    pub logprob: f64,
}

/// Tokens as the server counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct TokenCounts {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_may_lack_fields_and_have_unknown_ones() {
        let text = r#"{"choices": [{"message": {"content": "x", "reasoning": "…"}, "finish_reason":
            "abort", "logprobs": null}], "timings": {}, "usage": {"prompt_tokens": 7}}"#;
        let reply: Reply = serde_json::from_str(text).unwrap();
        assert_eq!(reply.choices[0].message.content.as_deref(), Some("x"));
        assert_eq!(reply.usage, Some(TokenCounts { prompt_tokens: 7, completion_tokens: 0 }));
        let empty: Reply = serde_json::from_str(r#"{"choices": [], "usage": null}"#).unwrap();
        assert!(empty.choices.is_empty() && empty.usage.is_none());
    }
}
