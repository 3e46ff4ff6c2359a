//! What an operator, a signal, the config's schedule or a remote may ask of a running engine, and
//! the one outcome that every request gets.
//!
//! A [`Request`] goes in by the engine's command channel; it is carried out between two optimizer
//! steps, in every phase and while paused, and answered by exactly one
//! [`CommandOutcome`](crate::telemetry::Event::CommandOutcome) event.

mod check;
mod command;
mod live;
mod outcome;
mod tunable;
mod text;
#[cfg(test)]
mod text_tests;
mod words;

pub use check::domain_ids;
pub use command::{Actor, Command, CommandId, Request, Tunable, Verdict};
pub use live::{Change, LiveField, LiveValues, UNDOABLE, UndoEntry};
pub use outcome::CommandOutcome;
pub use text::{CommandError, Number, check_domain_name};
pub use words::{Form, MIXING, NO_DOMAIN, VOCABULARY, Word, help, nearest};
