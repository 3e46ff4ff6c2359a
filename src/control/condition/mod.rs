//! Conditions over the values of a run: `forgotten(general) > 0.02 for 3 updates`.
//!
//! ```text
//! condition = any [ "for" whole-number ( "steps" | "updates" ) ]
//! any       = all { "or" all }
//! all       = one { "and" one }
//! one       = "not" one | "(" any ")" | state | term ( "<" | "<=" | ">" | ">=" ) term
//! term      = number [ "*" value ] | value           value = name [ "(" domain ")" ] | "median"
//! ```
//! What is written here is read back equal. A condition knows no run: [`Condition::check`] compares it
//! with a run's domains, and [`Condition::holds`] asks a run's [`Values`].

mod ast;
mod check;
mod holds;
mod parse;
mod quantity;
mod reference;
mod show;
mod situation;
#[cfg(test)]
mod tests;
mod tokens;

pub use ast::{Condition, Lasting, LastingUnit};
pub use holds::Values;
pub use quantity::Quantity;
pub use reference::{condition_words, conditions_reference};
pub use situation::{NoStepFor, Situation};
