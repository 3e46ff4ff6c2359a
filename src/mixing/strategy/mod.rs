//! The mixing strategies: one file each, and a line in [`STRATEGIES`].
//!
//! A strategy's file has its [`StrategySpec`] (name, formula with its sources, what it needs), a
//! struct with its parameters, and the rule itself. Configs, records, checks, the help and the
//! screens take all that they know of a strategy from there.
//!
//! Every strategy keeps every weight at or above the floor (water-filling, exact). Those that move
//! the weights also obey the anchor, w ← (1−a)·w + a·w(0), before the floor. γ and φ are in every
//! [`Decision`](super::Decision) for which losses were measured, whatever the strategy uses. Losses are expected finite and above
//! 0; then no finite parameter, however large, makes a weight that is not a number.

mod adjust;
mod ado_memory;
mod expansion;
mod exponentiated;
mod fixed;
mod loss_curve;
mod power_law;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

mod ado;
mod constant;
mod dmt;
mod doge;
mod doremi;
mod inverse;
mod odm;
mod only;
mod sheared_llama;
mod skill_it;
mod unconditional;
mod uniform;
mod uniform_rest;
mod velocitune;
mod versatune;

use super::interface::StrategySpec;

/// All strategies, in the order in which messages and the help list them.
pub static STRATEGIES: &[&StrategySpec] = &[
    &versatune::SPEC,
    &constant::SPEC,
    &uniform::SPEC,
    &inverse::SPEC,
    &only::SPEC,
    &uniform_rest::SPEC,
    &unconditional::SPEC,
    &doremi::SPEC,
    &sheared_llama::SPEC,
    &odm::SPEC,
    &velocitune::SPEC,
    &dmt::SPEC,
    &skill_it::SPEC,
    &ado::SPEC,
    &doge::SPEC,
];

/// The strategy of a config that names none.
pub(super) static DEFAULT: &StrategySpec = &versatune::SPEC;
