//! Why a request brought no reply, and what follows from it.

use super::key::{Key, origin};
use crate::config::{EndpointPlan, KeySource};
use reqwest::StatusCode;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

/// Why a request brought no usable answer. The texts are one line each and hold no key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum Failure {
    /// The server has no time or is not well: later it may be.
    #[error("{found}")]
    Busy { found: String, retry_after: Option<Duration> },
    /// No connection came about.
    #[error("{0}")]
    NoConnection(String),
    /// The request went out and no whole response came back.
    #[error("{0}")]
    Lost(String),
    /// A response that says nothing we can use.
    #[error("{0}")]
    Unusable(String),
    /// The server refuses this request; it would do so again.
    #[error("{0}")]
    Rejected(String),
    /// The server refuses every such request.
    #[error("{found}; {fix}")]
    Hopeless { found: String, fix: String },
    /// It was not sent: the budget does not allow it. The limit, in words.
    #[error("{0}")]
    OverBudget(String),
}

impl Failure {
    /// Whether the server may have spent tokens on it.
    pub fn may_have_cost(&self) -> bool {
        match self {
            Failure::Lost(_) | Failure::Unusable(_) => true,
            Failure::Busy { .. }
            | Failure::NoConnection(_)
            | Failure::Rejected(_)
            | Failure::Hopeless { .. }
            | Failure::OverBudget(_) => false,
        }
    }

    /// Sorts what the HTTP client met with.
    pub fn of_transport(error: &reqwest::Error, plan: &EndpointPlan, key: &Key) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Failure::Lost(format!("no whole answer within {} s", plan.timeout_secs));
        }
        let cause = key.excerpt(&innermost(error));
        match error.is_connect() {
            true => Failure::NoConnection(format!("no connection ({cause})")),
            false => Failure::Lost(format!("the connection broke off ({cause})")),
        }
    }
}

/// What a response that is no success consists of.
pub(super) struct Refusal<'a> {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    /// Where a redirect points to.
    pub location: Option<&'a str>,
    pub body: &'a [u8],
}

impl Refusal<'_> {
    /// Sorts it by its status.
    pub fn sort(&self, plan: &EndpointPlan, key: &Key) -> Failure {
        let complaint = Complaint::of(self.body);
        let said = key.excerpt(&complaint.message);
        let found = match said.is_empty() {
            true => format!("the server answered {}", self.status),
            false => format!("the server answered {}: {said}", self.status),
        };
        let hopeless = |fix: String| Failure::Hopeless { found: found.clone(), fix };
        match self.status.as_u16() {
            300..=399 => Failure::Hopeless {
                found: format!("{found}, redirecting to {}", self.target(key)),
                fix: "redirects are not followed, for they would carry the key: set base_url to \
                      where the server is"
                    .into(),
            },
            401 | 403 => hopeless(match plan.key {
                KeySource::None => "it wants a key: set where it comes from".into(),
                KeySource::Env(_) | KeySource::File(_) => {
                    format!("check the key, {}, and what it may do", origin(&plan.key))
                }
            }),
            402 => hopeless("see to the account's credit".into()),
            404 => hopeless("check model and base_url (it ends in /v1 on most servers)".into()),
            429 if complaint.code == "insufficient_quota" => {
                hopeless("see to the account's quota".into())
            }
            408 | 409 | 425 | 429 | 500 | 502..=599 => {
                Failure::Busy { found, retry_after: self.retry_after }
            }
            _ => Failure::Rejected(found),
        }
    }

    fn target(&self, key: &Key) -> String {
        self.location.map_or_else(|| "nowhere".into(), |location| key.excerpt(location))
    }
}

/// What a server says in the body of a refusal; the shapes differ.
struct Complaint {
    message: String,
    code: String,
}

impl Complaint {
    fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let error = json.get("error").unwrap_or(&json);
        let field = |name: &str| error.get(name).and_then(Value::as_str);
        let message = error.as_str().or(field("message")).or(field("detail"));
        Complaint {
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

    fn sorted(status: u16, body: &str) -> Failure {
        let refusal = Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            location: Some("https://elsewhere.example/v1?token=sk-1234"),
            body: body.as_bytes(),
        };
        let source = KeySource::Env("JUDGE_KEY".into());
        let key = Key::load(&source, &|_| Some("sk-1234".into())).unwrap();
        refusal.sort(&EndpointPlan { key: source, ..EndpointPlan::default() }, &key)
    }

    #[test]
    fn statuses_are_sorted_by_what_helps() {
        for status in [408, 409, 425, 429, 500, 502, 503, 529] {
            assert!(matches!(sorted(status, ""), Failure::Busy { .. }), "{status}");
        }
        for status in [400, 413, 415, 422, 501] {
            assert!(matches!(sorted(status, ""), Failure::Rejected(_)), "{status}");
        }
        for status in [301, 307, 401, 402, 403, 404] {
            assert!(matches!(sorted(status, ""), Failure::Hopeless { .. }), "{status}");
        }
        let quota = r#"{"error": {"message": "pay", "code": "insufficient_quota"}}"#;
        assert!(matches!(sorted(429, quota), Failure::Hopeless { .. }));
    }

    #[test]
    fn a_servers_words_are_found_in_every_shape_and_hold_no_key() {
        for body in [
            r#"{"error": {"message": "bad sk-1234", "code": null}}"#,
            r#"{"error": "bad sk-1234"}"#,
            r#"{"detail": "bad sk-1234"}"#,
            r#"{"message": "bad sk-1234"}"#,
            "bad sk-1234",
        ] {
            let text = sorted(422, body).to_string();
            assert_eq!(text, "the server answered 422 Unprocessable Entity: bad [key]");
        }
        let text = sorted(302, "").to_string();
        assert!(text.contains("redirecting to https://elsewhere.example/v1?token=[key]"), "{text}");
    }
}
