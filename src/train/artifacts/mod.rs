//! `detection.ron` and `reference.ron`: what a run measured before training, for later runs to take
//! instead of measuring again.

mod detection;
mod file;
mod reference;

pub use detection::StoredDetection;
pub use file::write;
pub use reference::{MeasuredText, MeasuredWith, RunText, StoredLoss, StoredReference, StoredRows};

/// A measurement before training that can also be made by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    /// w(0), Algorithm 1.
    Detection,
    /// The reference losses r ("mastery ceilings" to users).
    ReferenceLosses,
}

impl Measurement {
    /// Name of the file in a run's folder that holds the result.
    pub fn file(self) -> &'static str {
        match self {
            Measurement::Detection => "detection.ron",
            Measurement::ReferenceLosses => "reference.ron",
        }
    }

    /// What follows a run's name, after a hyphen, in the name of the measurement's own folder.
    pub fn suffix(self) -> &'static str {
        match self {
            Measurement::Detection => "detection",
            Measurement::ReferenceLosses => "reference",
        }
    }
}
