//! Judges: text in, probabilities over the run's domains out.
//!
//! A further judge is a folder here that implements [`Judge`], a variant of the config's `JudgePlan`,
//! and a line in `detect::measure`.

mod confusion;
mod endpoint;
mod error;
mod interface;
mod offline;
mod usage;

pub use confusion::{Confusion, ConfusionError};
pub use endpoint::{EndpointJudge, plain_http_warning};
pub use error::JudgeError;
pub use interface::{Finding, Judge};
pub use offline::{OfflineError, OfflineJudge, OfflineSettings, Row};
pub use usage::Usage;
