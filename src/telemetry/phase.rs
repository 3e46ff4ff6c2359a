use serde::{Deserialize, Serialize};

/// What the run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading config, device and weights.
    Loading,
    /// Turning data files into tokens.
    Tokenizing,
    /// Measuring w(0) by Algorithm 1.
    Detection,
    /// Tuning the reference model, domain by domain.
    Reference,
    /// Measuring held-out losses.
    Evaluating,
    /// Taking optimizer steps.
    Training,
    /// Writing a checkpoint.
    Saving,
    /// Waiting for a resume.
    Paused,
    /// Ended as planned, or stopped and saved.
    Finished,
    /// Ended by an error.
    Failed,
}

/// Whether a notice needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For information.
    Info,
    /// An operator should look at it.
    Warning,
    /// Something failed.
    Error,
}
