//! Everything that can end a detection.

use super::judge::{JudgeError, OfflineError};
use super::tokenizer::InferenceError;
use crate::data::DataError;
use crate::mixing::MixtureError;
use crate::model::ModelError;
use std::path::{Path, PathBuf};

/// Why the base model's distribution could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The base model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The tokenizer or the training rows cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The judge cannot go on.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The offline judge cannot be fitted.
    #[error(transparent)]
    Offline(#[from] OfflineError),
    /// Nothing can be inferred from the tokenizer's merges.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Too few rows of a domain for the offline judge to learn from.
    #[error(
        "domain {domain} has {found} different training rows, the offline judge needs at least \
         {needed}: give the domain more rows, or name another judge in `detection.judge`"
    )]
    FewRows {
        /// Name of the domain.
        domain: String,
        /// Different rows that it has.
        found: usize,
        /// Rows that it needs.
        needed: usize,
    },
    /// The judgements do not add up to a distribution.
    #[error("the judgements give no distribution: {0}")]
    Mixture(#[from] MixtureError),
    /// Not one text was judged.
    #[error("none of {texts} texts could be judged; the last one because {why}")]
    NothingJudged {
        /// How many were drawn.
        texts: usize,
        /// Why the last of them was not.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {path}: {error}")]
    Io {
        /// What was attempted, as the verb behind "cannot".
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        error: std::io::Error,
    },
    /// The caller stopped it; what was drawn and judged is kept.
    #[error("the detection was stopped; started again, it continues from there")]
    Stopped,
}

impl DetectError {
    /// For `map_err`: turns the system's error into one that names the attempt and the path.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| DetectError::Io { what, path, error }
    }
}
