//! What the config leaves to the memory of the device.

use serde::{Deserialize, Serialize};

/// Whether what decides memory and speed is chosen for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FitChoice {
    /// What the config leaves open is what is fastest among what fits.
    #[default]
    Auto,
    /// What the config leaves open has a fixed default.
    Off,
}

/// What is chosen for the device, and what of it the config leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FitPlan {
    /// Whether it is chosen at all.
    pub choice: FitChoice,
    /// What is not chosen yet. Until then the plan has the fixed defaults of these fields.
    pub open: OpenFields,
}

/// The fields whose values are still to be chosen for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenFields {
    /// `model.precision`.
    pub precision: bool,
    /// `model.recompute`.
    pub recompute: bool,
    /// `training.micro_batch`.
    pub micro_batch: bool,
    /// `evaluation.batch`, which is as large as a micro-batch.
    pub evaluation_batch: bool,
}

impl OpenFields {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self != OpenFields::default()
    }

    /// The fields of both.
    pub fn and(self, other: Self) -> Self {
        OpenFields {
            precision: self.precision && other.precision,
            recompute: self.recompute && other.recompute,
            micro_batch: self.micro_batch && other.micro_batch,
            evaluation_batch: self.evaluation_batch && other.evaluation_batch,
        }
    }

    /// Whether the field of this path is one of them.
    pub fn has(self, path: &str) -> bool {
        match path {
            "model.precision" => self.precision,
            "model.recompute" => self.recompute,
            "training.micro_batch" => self.micro_batch,
            "evaluation.batch" => self.evaluation_batch,
            _ => false,
        }
    }
}
