use serde::{Deserialize, Serialize};

/// When the run ends, and what it does at intervals: the live values that change no weight of a step.
///
/// Records and checkpoints of older versions have none of them: see [`Intervals::are_unknown`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intervals {
    /// Optimizer steps of the run; `None` until they are counted.
    pub length: Option<u64>,
    /// The step after which the run saves and stops, if it is to stop before its end.
    pub stop_at: Option<u64>,
    /// Optimizer steps between two checkpoints.
    pub checkpoint_every: Option<u64>,
    /// Optimizer steps between two times at which texts are written.
    pub samples_every: Option<u64>,
    /// Optimizer steps between two log lines of training.
    pub logging_every: Option<u64>,
    /// The share of the run's work that measuring may take.
    pub budget: Option<f64>,
}

impl Intervals {
    /// Whether they are of a version that had none: a run always has an interval of log lines.
    pub fn are_unknown(&self) -> bool {
        self.logging_every.is_none()
    }
}
