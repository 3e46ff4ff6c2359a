//! Why a download failed, in words that say what to do.

use super::Fetch;
use crate::model::ModelError;
use hf_hub::HFError;

/// Why a download failed.
pub(super) enum Failure {
    /// For a reason that a cached copy does not help with, or should not hide.
    Known(ModelError),
    /// The Hub cannot be reached.
    Unreachable(String),
    /// The Hub was reached, but an answer ended early.
    BrokeOff(String),
    /// No byte came for too long.
    Stalled,
    /// The downloading thread died.
    Died,
}

impl Failure {
    pub fn text(&self, fetch: &Fetch) -> String {
        match self {
            Failure::Known(error) => error.to_string(),
            Failure::Unreachable(why) => format!(
                "the Hub cannot be reached ({why}); check the network, HF_ENDPOINT and proxies"
            ),
            Failure::BrokeOff(why) => format!("the download broke off ({why}); try again"),
            Failure::Stalled => {
                format!("no byte came for {} s; try again", fetch.stall.as_secs())
            }
            Failure::Died => "the download ended without an answer".into(),
        }
    }
}

impl Fetch {
    /// Sorts hf-hub's errors.
    pub fn failure(&self, error: HFError) -> Failure {
        match &error {
            HFError::Request { source, .. } if source.is_body() || source.is_decode() => {
                Failure::BrokeOff(transport(&error))
            }
            HFError::Request { .. } => Failure::Unreachable(transport(&error)),
            HFError::Http { context } if context.status.is_server_error() => {
                Failure::Unreachable(format!("the Hub answered {}", context.status))
            }
            _ => Failure::Known(self.explain(&error)),
        }
    }

    /// The Hub's refusal in words.
    fn explain(&self, error: &HFError) -> ModelError {
        let context = match error {
            HFError::Http { context }
            | HFError::AuthRequired { context }
            | HFError::Forbidden { context } => Some(context),
            HFError::RepoNotFound { context, .. } | HFError::RevisionNotFound { context, .. } => {
                context.as_ref()
            }
            _ => None,
        };
        let status = context.map_or(0, |context| context.status.as_u16());
        let code = context.and_then(|context| context.error_code.as_deref()).unwrap_or("");
        match (status, code, error) {
            (_, "GatedRepo", _) | (403, _, _) => self.fault(
                "access to it is restricted: accept its terms on its page, then set HF_TOKEN to a \
                 token of your account that may read it",
            ),
            (_, "RevisionNotFound", _) | (_, _, HFError::RevisionNotFound { .. }) => {
                self.fault("the Hub has no such revision of it")
            }
            (401 | 404, _, _) | (_, _, HFError::RepoNotFound { .. }) => self.fault(
                "the Hub has no such model, or it is private or gated; check the id, or set \
                 HF_TOKEN to a token that may read it",
            ),
            (429, _, _) | (_, _, HFError::RateLimited { .. }) => {
                self.fault("the Hub asks for fewer requests; wait a while, or set HF_TOKEN")
            }
            _ => self.fault(&error.to_string()),
        }
    }
}

/// The innermost cause of a failed request: that the outer ones only wrap.
fn transport(error: &HFError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
