//! The run as lines, for screen readers and terminals that only write on: no boxes, no pictures, what changes is said
//! once, and commands are typed as lines.
//!
//! ```text
//!  Record ─▶ Spoken ─▶ lines            a typed line ─▶ Typed ─▶ Request (sent by the caller)
//!                                                          └───▶ lines: status, domains, help
//! ```
//!
//! A viewer like the others: it reads the events of a run and knows nothing of the engine.

mod answers;
mod place;
mod session;
mod spoken;
#[cfg(test)]
mod tests;
mod typed;

pub use session::{PlainEnd, PlainSession, run};
