//! The table of the config's fields: name, meaning, type, default and range of each.
//!
//! Everything that depends on the fields works from it:
//!
//! | what | takes from the table |
//! |---|---|
//! | the checks (`check/`) | default and limits, through each field's [`Spec`] |
//! | `run.ron` (`text.rs`), the config screen (`origins.rs`) | how the value of a plan is read |
//! | a resume (`resume.rs`) | which changes it obeys, and how it takes them over |
//! | live values | which field gives the first value |
//! | `versatune help config` (`reference.rs`) | all of it, in words |
//!
//! A new field is a line in `written/`, a line in its section here, a field of the plan, and the
//! line of `check/` that fills it. Tests fail where one of them is missing.

pub(super) mod data;
pub(super) mod detection;
mod field;
mod limits;
pub(super) mod mixing;
pub(super) mod output;
pub(super) mod run;
pub(super) mod schedule;
pub(super) mod screen;
mod section;
mod spec;
mod strategy;
mod table;
pub(super) mod training;
mod types;

pub(super) use field::{Absent, Field, Read};
pub(super) use limits::Limits;
pub(super) use section::Section;
pub(super) use spec::Spec;
pub(super) use table::{all, at_path, below, just_at, sections};
pub(super) use types::FieldType;
