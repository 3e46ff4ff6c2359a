//! Where a model's weights come from, and the number formats that it is held in.

use crate::torch::has_bf16_units;
use crate::torch::optim::MomentKind;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Number formats of weights, matmuls and optimizer state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// Everything in f32.
    F32,
    /// f32 master weights and optimizer state, bf16 matmuls and activations.
    MixedBf16,
    /// bf16 weights, gradients and optimizer state, with stochastic rounding in the update.
    PureBf16,
}

impl Precision {
    /// What a run computes in where its config does not say: `MixedBf16` on a GPU with units for it, else
    /// `F32`: on a CPU (no compute capability) and on older GPUs bf16 is slow.
    pub fn suiting(capability: Option<(i32, i32)>) -> Self {
        if has_bf16_units(capability) { Precision::MixedBf16 } else { Precision::F32 }
    }

    /// What the optimizer's moments are kept in where its config does not say.
    pub fn moments(self) -> MomentKind {
        match self {
            Precision::F32 | Precision::MixedBf16 => MomentKind::F32,
            Precision::PureBf16 => MomentKind::Bf16,
        }
    }
}

/// Where weights come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ModelSource {
    /// A folder in HF layout.
    Folder(PathBuf),
    /// A model on the Hub.
    Hub {
        /// `owner/name`.
        id: String,
        /// Branch, tag or commit.
        revision: Option<String>,
    },
    /// A folder in HF layout of which the config and tokenizer are used, with random weights
    /// (normal, `initializer_range`) drawn from the run's seed.
    Random(PathBuf),
}
