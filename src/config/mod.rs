//! A RON file as written → checked → a [`RunPlan`] with no option left open.
//!
//! ```text
//! file ─▶ scan ─▶ short forms, --set ─▶ decode ─▶ written ─▶ check ─▶ RunPlan ─▶ values ─▶ run.ron
//!                                                    │          │                  │
//!                                                    └──────────┴──── fields ──────┴─▶ reference
//! ```
//! `fields/` is the table of all fields: what each means, its default, what is allowed, whether a
//! resume obeys a change of it. `written.rs` mirrors the file for serde and rejects unknown fields.
//! Every error is reported at once, with path, line, value, what is allowed and the fix:
//! [`ConfigErrors`]. `source.rs` keeps track, through all edits, of the line of the file or the `--set`
//! that each value came from.

mod diagnosis;
mod check;
mod decode;
mod error;
mod field_path;
mod fields;
mod given;
mod load;
mod locate;
mod options;
mod origins;
mod overrides;
mod plan;
mod read;
mod reference;
mod resume;
mod scan;
mod secret;
mod shorthand;
mod source;
mod spelled;
mod text;
mod value;
mod values;
mod words;
mod written;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use error::{ConfigError, ConfigErrors};
pub use load::{Loaded, load, load_str, load_with};
pub use options::{Files, LoadOptions};
pub use origins::decided;
pub use plan::*;
pub use reference::reference;
pub use resume::{Change, adopt, diff, obeyed_tunables};
pub use source::Place;
pub use text::{PLAN_FILE, PlanTextError};
