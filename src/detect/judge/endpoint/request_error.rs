//! Why a request brought no usable reply, and whether it is worth sending again.

use super::key::Key;
use crate::config::{EndpointPlan, KeySource};
use reqwest::StatusCode;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

/// Why a request brought no usable answer. The texts are one line each and hold no key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum RequestError {
    /// The server is overloaded or has an internal error; it may answer later.
    #[error("{found}")]
    Busy { found: String, retry_after: Option<Duration> },
    /// No connection could be made.
    #[error("{0}")]
    NoConnection(String),
    /// The request was sent and no complete response arrived.
    #[error("{0}")]
    Lost(String),
    /// The response holds no answer that can be used.
    #[error("{0}")]
    Unusable(String),
    /// The server refuses this request, and would refuse it again.
    #[error("{0}")]
    Rejected(String),
    /// The server refuses every such request.
    #[error("{found}; {fix}")]
    Hopeless { found: String, fix: String },
    /// It was not sent, because the budget does not allow it. The limit, in words.
    #[error("{0}")]
    OverBudget(String),
}

impl RequestError {
    /// Whether the server may have spent tokens on it.
    pub fn may_have_cost(&self) -> bool {
        match self {
            RequestError::Lost(_) | RequestError::Unusable(_) => true,
            RequestError::Busy { .. }
            | RequestError::NoConnection(_)
            | RequestError::Rejected(_)
            | RequestError::Hopeless { .. }
            | RequestError::OverBudget(_) => false,
        }
    }

    /// From an error of the HTTP client.
    pub fn from_http(error: &reqwest::Error, plan: &EndpointPlan, key: &Key) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return RequestError::Lost(format!("no whole answer within {} s", plan.timeout_secs));
        }
        let cause = key.excerpt(&innermost(error));
        match error.is_connect() {
            true => RequestError::NoConnection(format!("no connection ({cause})")),
            false => RequestError::Lost(format!("the connection broke off ({cause})")),
        }
    }
}

/// A response whose status is no success.
pub(super) struct ErrorResponse<'a> {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    /// Target of a redirect.
    pub location: Option<&'a str>,
    pub body: &'a [u8],
}

impl ErrorResponse<'_> {
    /// What the status means for this request and the next.
    pub fn classify(&self, plan: &EndpointPlan, key: &Key) -> RequestError {
        let server = ServerMessage::from_body(self.body);
        let message = key.excerpt(&server.message);
        let found = match message.is_empty() {
            true => format!("the server answered {}", self.status),
            false => format!("the server answered {}: {message}", self.status),
        };
        let hopeless = |fix: String| RequestError::Hopeless { found: found.clone(), fix };
        match self.status.as_u16() {
            300..=399 => RequestError::Hopeless {
                found: format!("{found}, redirecting to {}", self.target(key)),
                fix: "redirects are not followed, for they would carry the key: set base_url to \
                      where the server is"
                    .into(),
            },
            401 | 403 => hopeless(match plan.key {
                KeySource::None => "it requires a key: set where the key comes from".into(),
                KeySource::Env(_) | KeySource::File(_) => {
                    format!("check the key, {}, and what it may do", plan.key.origin())
                }
            }),
            402 => hopeless("see to the account's credit".into()),
            404 => hopeless("check model and base_url (it ends in /v1 on most servers)".into()),
            429 if server.code == "insufficient_quota" => {
                hopeless("see to the account's quota".into())
            }
            408 | 409 | 425 | 429 | 500 | 502..=599 => {
                RequestError::Busy { found, retry_after: self.retry_after }
            }
            _ => RequestError::Rejected(found),
        }
    }

    fn target(&self, key: &Key) -> String {
        self.location.map_or_else(|| "nowhere".into(), |location| key.excerpt(location))
    }
}

/// The message in the body of an error. Servers use different shapes.
struct ServerMessage {
    message: String,
    code: String,
}

impl ServerMessage {
    fn from_body(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let error = json.get("error").unwrap_or(&json);
        let field = |name: &str| error.get(name).and_then(Value::as_str);
        let message = error.as_str().or(field("message")).or(field("detail"));
        ServerMessage {
            message: message.unwrap_or(&text).to_owned(),
            code: field("code").unwrap_or_default().to_owned(),
        }
    }
}

/// The innermost cause, which the outer ones only wrap; those also name the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(status: u16, body: &str) -> RequestError {
        let response = ErrorResponse {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            location: Some("https://elsewhere.example/v1?token=sk-1234"),
            body: body.as_bytes(),
        };
        let source = KeySource::Env("JUDGE_KEY".into());
        let key = Key::load(&source, &|_| Some("sk-1234".into())).unwrap();
        response.classify(&EndpointPlan { key: source, ..EndpointPlan::default() }, &key)
    }

    #[test]
    fn statuses_are_classified_by_what_helps() {
        for status in [408, 409, 425, 429, 500, 502, 503, 529] {
            assert!(matches!(classified(status, ""), RequestError::Busy { .. }), "{status}");
        }
        for status in [400, 413, 415, 422, 501] {
            assert!(matches!(classified(status, ""), RequestError::Rejected(_)), "{status}");
        }
        for status in [301, 307, 401, 402, 403, 404] {
            assert!(matches!(classified(status, ""), RequestError::Hopeless { .. }), "{status}");
        }
        let quota = r#"{"error": {"message": "pay", "code": "insufficient_quota"}}"#;
        assert!(matches!(classified(429, quota), RequestError::Hopeless { .. }));
    }

    #[test]
    fn a_servers_message_is_found_in_every_shape_and_holds_no_key() {
        for body in [
            r#"{"error": {"message": "bad sk-1234", "code": null}}"#,
            r#"{"error": "bad sk-1234"}"#,
            r#"{"detail": "bad sk-1234"}"#,
            r#"{"message": "bad sk-1234"}"#,
            "bad sk-1234",
        ] {
            let text = classified(422, body).to_string();
            assert_eq!(text, "the server answered 422 Unprocessable Entity: bad [key]");
        }
        let text = classified(302, "").to_string();
        assert!(text.contains("redirecting to https://elsewhere.example/v1?token=[key]"), "{text}");
    }
}
