//! The engine: it reads as the method reads.
//!
//! ```text
//! prepare   device → data → detection w(0) → ceilings r → model → ℓ(0)
//! train     for each step: commands · draw by w · forward, backward, AdamW
//!           every `every` steps: ℓ(t) → γ, φ → w(t)
//!           every so often: checkpoint
//! ```
//!
//! One thread owns every tensor. It speaks through the [`Desk`]'s hub and is asked through the
//! desk's channel; nothing else is shared.

mod artifacts;
mod checkpoint;
mod command_replay;
mod engine;
mod error;
mod folder;
mod measurement;
mod mixer;
mod optimizer;
mod preflight;
mod prepare;
mod prompts;
mod resume;
mod run;
mod run_control;
mod trainer;

#[cfg(test)]
mod tests;

pub use run_control::{Desk, Halt};
pub use error::TrainError;
pub use preflight::{Checked, check};
pub use folder::RunFolder;
pub use measurement::{Measurement, measure};
pub use run::{Ending, Setup, run};
pub use artifacts::{StoredDetection, StoredLoss, StoredReference};
pub use trainer::{BudgetReduction, Budgets, StepOptions, StepResult, Trainer};
