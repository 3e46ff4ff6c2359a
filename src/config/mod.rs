//! A RON file as written → checked → a [`RunPlan`] with no option left open.
//!
//! ```text
//! file ─▶ scan ─▶ short forms, --set ─▶ decode ─▶ Written ─▶ check ─▶ RunPlan
//!        scan.rs    shorthand.rs,       decode.rs written.rs check/    plan.rs
//!                   overrides.rs
//! ```
//! `written.rs` mirrors the file, rejects unknown fields and says for each field what it means,
//! its default and what is allowed. Every fault is reported at once, with path, line, value, what
//! is allowed and the fix: [`ConfigError`]. `source.rs` remembers through all edits which line of
//! the file, or which `--set`, a value came from.

mod blame;
mod check;
mod decode;
mod diff;
mod fault;
mod field_path;
mod given;
mod leaves;
mod load;
mod locate;
mod origins;
mod overrides;
mod plan;
mod scan;
mod shorthand;
mod source;
mod text;
mod written;

#[cfg(test)]
mod tests;

pub use diff::{Change, diff};
pub use fault::{ConfigError, Fault};
pub use load::{Files, LoadOptions, Loaded, load, load_str, load_with};
pub use origins::{Origin, Origins, PlanValue};
pub use plan::*;
pub use source::Place;
pub use text::PlanTextError;
