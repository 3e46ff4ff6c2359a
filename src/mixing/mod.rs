//! The method as pure functions: losses and weights in, weights and the reasons out.
//!
//! No tensors, no clock, no files: all that a [`Strategy`] looks at is in its [`Observation`], so
//! that a decision can be computed again from the record.
//!
//! Symbols, as in the paper: w `weight`, ℓ `loss`, r `reference_loss` (the mastery ceiling),
//! γ `learnable_potential`, φ `forgetting`, λ `lambda`, δ `delta`, τ `tau`, e `target`.
//!
//! A new strategy is a file in `strategy/` and a line in [`STRATEGIES`]; see [`StrategySpec`].

mod auto_lambda;
mod cross;
mod graph;
mod mixmin;
mod mixture;
mod observe;
mod outlook;
mod potential;
mod rows;
mod threshold;
pub mod presets;
mod standstill;
mod interface;
mod strategy;
mod kind;

pub use auto_lambda::{AutoLambda, SolvedLambda};
pub use cross::CrossLosses;
pub use graph::skill_graph;
pub use interface::{
    Cadence, DefaultDomain, Parameter, Slot, Source, Strategy, StrategySpec, StrategyState, Value,
    Word,
};
pub use kind::{
    StrategyError, StrategyKind, StrategyProblem, WrittenStrategy, strategies_markdown,
    takes_unnamed_value,
};
pub use mixmin::{MixMin, mixmin};
pub use mixture::{Mixture, MixtureError};
pub use observe::{Decision, MixingParams, Observation};
pub use outlook::Outlook;
pub use potential::{averaged_loss, forgetting, is_usable, learnable_potential};
pub use rows::{CLEAR, Change, Difference, RowLosses, one_line, potential_error};
pub use standstill::{Standstill, StandstillState, TARGET_UPDATES};
pub use strategy::STRATEGIES;
pub use threshold::{Outcome, Threshold};

/// Strategies that a run may have beside the one in force, at most.
pub const MOST_SHADOWS: usize = 8;
