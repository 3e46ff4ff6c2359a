//! The method as pure functions: losses and weights in, weights and the reasons out.
//!
//! No tensors, no clock, no files: everything a [`Strategy`] may look at stands in its
//! [`Observation`], so that a decision can be recomputed from the record.
//!
//! Symbols, as in the paper: w `weight`, ℓ `loss`, r `reference_loss` (mastery ceiling),
//! γ `learnable_potential`, φ `forgetting`, λ `lambda`, δ `delta`, τ `tau`, e `target`.

mod mixture;
mod observe;
mod outlook;
mod potential;
pub mod presets;
pub mod strategy;

pub use mixture::{Mixture, MixtureError};
pub use observe::{Decision, MixingParams, Observation, Outcome, Rule, Share, Threshold};
pub use outlook::Outlook;
pub use potential::{averaged_loss, forgetting, is_usable, learnable_potential};
pub use strategy::{Strategy, StrategyKind, StrategyState};
