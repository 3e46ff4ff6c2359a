//! Several runs beside each other: what they came to, by what their configs differ, and where somebody intervened.
//!
//! ```text
//!  record, held_out/last.jsonl of each run ─▶ ComparedRun ─▶ Comparison ─▶ text, JSON and SVG (report), screen (tui)
//! ```
//!
//! Losses are compared with those of one of the runs, the baseline. Where both measured the same held-out rows, the
//! standard error of a difference is that of the rows' own differences (paired), as of a change within a run: what
//! makes a row hard is in both, so that it is a fraction of the error of either loss. The estimator is that of
//! [`RowLosses::above`](crate::mixing::RowLosses::above).

mod comparison;
mod config;
mod curves;
mod difference;
mod intervention;
mod pairing;
mod run;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use comparison::{Comparison, DomainComparison};
pub use config::{ConfigDifferences, FieldDifference};
pub use curves::Metric;
pub use difference::{LossDifference, RunLoss};
pub use intervention::Intervention;
pub use pairing::{Pairing, WhyUnpaired};
pub use run::ComparedRun;
