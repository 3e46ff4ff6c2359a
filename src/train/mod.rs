//! The engine, in the order of the method.
//!
//! ```text
//! prepare   device → data → detection w(0) → reference losses r → model → ℓ(0)
//! train     for each step: commands · draw by w · forward, backward, AdamW
//!           every `every` steps: ℓ(t) → γ, φ → w(t)
//!           every now and then: checkpoint
//! ```
//!
//! One thread owns every tensor. It shares two things with others: the [`Inbox`], into which they send
//! requests, and the hub behind its [`EventSink`], which takes events and counts the clients that can
//! lift a pause.
//!
//! | part | files |
//! |---|---|
//! | a run from outside | `run`, `setup`, `ending`; `measurement` and `preflight` are its two short forms |
//! | before training | `prepare`, `model_files`, `data_files`, `artifacts` |
//! | the memory of a run, before anything is allocated | `memory_plan` |
//! | the loop and its parts | `engine` |
//! | requests in, events out | `run_control` with its parts `inbox`, `events`, `status`, `command_replay`, `rule_book`; `interrupt` |
//! | a step's arithmetic | `trainer`, `objective`, `optimizer`, `gradients`, `examples` |
//! | the moving mixture | `mixer`, `shadows`, `update_reports` |
//! | files on disk | `folder` with its `lock`, `start_order`, `find_run`, `checkpoint`, `resume`, `branch`, `edits`; `surroundings`: who else can get at them |
//! | held-out rows and losses | `measuring` with `cadence`, `held_out_file` |
//! | sample texts | `prompts` |
//!
//! With several ranks each would have a trainer, a sampler and a mixer; requests, record, checkpoints
//! and texts would be rank 0's: see `engine`.

mod artifacts;
mod branch;
mod cadence;
mod checkpoint;
mod command_replay;
mod data_files;
mod edits;
mod ending;
mod engine;
mod error;
mod events;
mod examples;
mod find_run;
mod first_step;
mod folder;
mod gradients;
mod held_out_file;
mod inbox;
mod interrupt;
mod lock;
mod measurement;
mod measuring;
mod memory_plan;
mod mixer;
mod model_files;
mod objective;
mod optimizer;
mod preflight;
mod prepare;
mod prompts;
mod reference_losses;
mod resume;
mod rows;
mod rule_book;
mod run;
mod run_control;
mod setup;
mod shadows;
mod start_order;
mod status;
mod surroundings;
mod together;
mod trainer;
mod update_reports;

#[cfg(test)]
mod moment_kinds;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../../tests/common/tiny_model.rs"]
mod tiny_model;
#[cfg(test)]
mod whole_runs;

pub use artifacts::{Measurement, StoredDetection, StoredLoss, StoredReference};
pub use branch::BranchPoint;
pub use cadence::MeasuringCadence;
pub use checkpoint::exists as has_checkpoint;
pub use checkpoint::{BackgroundSave, Contents, OnBlock, SaveConditions};
pub use edits::Edits;
pub use ending::RunEnding;
pub use error::TrainError;
pub use events::EventSink;
pub use find_run::{FoundRun, find_run};
pub use first_step::{FirstStep, first_step};
pub use folder::RunFolder;
pub use inbox::Inbox;
pub use measurement::run_measurement;
pub use measuring::{Measuring, MeasuringNeeds};
pub use memory_plan::{MemoryChoice, MemoryNeeds, MemoryPlan, PlannedDevice, PlannedMemory};
pub use objective::StepObjective;
pub use optimizer::Optimizer;
pub use preflight::{CeilingTime, CheckpointTime, EvaluationTime, RunTime};
pub use preflight::{FirstWeight, PreflightReport, memory_on, preflight};
pub use prepare::SelfTest;
pub use rows::for_each_row;
pub use run::run;
pub use setup::Setup;
pub use start_order::StartOrder;
pub use trainer::{BudgetReduction, Budgets, StepOptions, StepResult, Trainer, TrainerOptions};
