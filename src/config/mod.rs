//! A RON file as written → checked → a [`RunPlan`] with no option left open.
//!
//! `written.rs` mirrors the file and rejects unknown fields; `check.rs` turns it into the plan and
//! reports every fault at once, with path, line, value, what is allowed and the fix.

mod plan;

pub use plan::*;
