//! Why a download failed, and what the user can do about it. No text holds the token or an address.

use super::repo::{Repo, RepoKind};
use reqwest::StatusCode;
use std::error::Error;
use std::io;
use std::path::Path;

/// Why files of the Hub are not there.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// They cannot be fetched.
    #[error("{kind} '{id}': {reason}")]
    Failed {
        /// Of what.
        kind: RepoKind,
        /// `owner/name`, with the revision if one was given.
        id: String,
        /// What happened, and the fix.
        reason: String,
    },
    /// The caller did not want to go on.
    #[error("stopped while the Hub was asked")]
    Stopped,
}

impl HubError {
    /// Of this repository.
    pub fn of(repo: &Repo, why: impl ToString) -> Self {
        HubError::Failed { kind: repo.kind, id: repo.to_string(), reason: why.to_string() }
    }
}

/// Why a download failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// An error that a cached copy would only hide.
    #[error("{0}")]
    Known(String),
    #[error("the Hub cannot be reached ({0}); check the network, HF_ENDPOINT and proxies")]
    Unreachable(String),
    /// The Hub was reached, but an answer ended early.
    #[error("the download broke off ({0}); try again")]
    BrokeOff(String),
    #[error("no byte came for {secs} s; try again")]
    Stalled { secs: u64 },
    /// The Hub does not give a file from the byte on that was requested.
    #[error("the Hub does not give the rest of a file; try again")]
    NoSuchRange,
    /// The repository has no file or folder of that name.
    #[error("the Hub lists a file that it does not have; try again")]
    NoEntry,
    /// The downloading thread died.
    #[error("the download ended without an answer")]
    Died,
    /// The thread that waited for the download has given up.
    #[error("the download was stopped")]
    Stopped,
}

impl FetchError {
    pub fn known(why: impl Into<String>) -> Self {
        FetchError::Known(why.into())
    }

    /// For `map_err`: `doing` is what was done to `path`, as a verb.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.display().to_string();
        move |error| FetchError::Known(format!("cannot {doing} {path}: {error}"))
    }

    /// Of an answer without content about a repository of this kind. `code` is its `X-Error-Code`.
    pub fn from_status(status: StatusCode, code: &str, kind: RepoKind) -> Self {
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return FetchError::NoSuchRange;
        }
        if status.is_server_error() {
            return FetchError::Unreachable(format!("the Hub answered {status}"));
        }
        let why = match (status.as_u16(), code) {
            (_, "GatedRepo") | (403, _) => {
                "access to it is restricted: accept its terms on its page, then set HF_TOKEN to a \
                 token of your account that may read it"
            }
            (_, "RevisionNotFound") => "the Hub has no such revision of it",
            (_, "EntryNotFound") => return FetchError::NoEntry,
            (401 | 404, _) => {
                return FetchError::Known(format!(
                    "the Hub has no such {kind}, or it is private or gated; check the id, or set \
                     HF_TOKEN to a token that may read it"
                ));
            }
            (429, _) => "the Hub asks for fewer requests; wait a while, or set HF_TOKEN",
            _ => return FetchError::Known(format!("the Hub answered {status}")),
        };
        FetchError::known(why)
    }

    /// Whether it is about what was asked for, so that a cached copy would only hide it.
    pub fn is_final(&self) -> bool {
        matches!(self, FetchError::Known(_) | FetchError::NoEntry)
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        let is_body = error.is_body() || error.is_decode();
        let cause = innermost(&error.without_url());
        if is_body { FetchError::BrokeOff(cause) } else { FetchError::Unreachable(cause) }
    }
}

/// The cause that the outer errors only wrap.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
