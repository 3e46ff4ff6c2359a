//! Algorithm 1: the distribution of the base model's training data over the domains.
//!
//! ```text
//!  model ─▶ T × N_S texts from the start token ─▶ samples.jsonl ─▶ judge ─▶ estimate ─▶ detection.ron
//!                                                                   │           ▲
//!                         offline: a classifier of the run's rows ──┤           │
//!                         endpoint: an OpenAI-compatible server ────┘   its confusion, where known
//!
//!  tokenizer.json ─▶ tokenizer: what its merges reveal about the texts that it was trained on
//!
//!  Detection (what is given) ─▶ measure ─▶ run (draw, judge, keep) ─▶ DetectionResult
//! ```
//!
//! The result is mean_t P_t: P_t is the mean of the judgements of iteration t, the spread of the
//! P_t its error, and a bootstrap gives each share a 95 % interval. A judge that is known to confuse
//! domains is corrected for it.
//!
//! An interrupted detection continues where it stopped, with its texts and judgements, and has the same
//! result.

mod detection;
mod draw;
mod error;
pub mod estimate;
mod fingerprint;
pub mod judge;
mod measure;
mod result;
mod run;
mod samples;
pub mod tokenizer;

pub use detection::{Detection, TrainingRow};
pub use error::DetectError;
pub use result::{DetectionResult, TokenizerResult};
pub use samples::{SampledText, TextJudgement};
