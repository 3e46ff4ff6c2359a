//! What an operator, a signal, the config's schedule or a remote client can tell a running engine to do,
//! and the one outcome that every request gets.
//!
//! A [`Request`] goes in by the engine's command channel; it is carried out between two optimizer
//! steps, in every phase and while paused, and answered by exactly one
//! [`CommandOutcome`](crate::telemetry::Event::CommandOutcome) event, which carries the request's id.

mod check;
mod checkpoint;
mod command;
mod condition;
mod error;
mod intervals;
mod live;
mod outcome;
mod request;
mod rule;
mod text;
#[cfg(test)]
mod text_tests;
mod tunable;
mod usual_alert;
mod words;

pub use check::{check_limit, domain_ids, weights_by_id};
pub use checkpoint::{BEST, CheckpointChoice};
pub use command::{Command, EngineCommand, LifecycleCommand, LiveChange, Repeat, Rule};
pub use condition::{
    Condition, Lasting, LastingUnit, NoStepFor, Quantity, Situation, Values, condition_words,
    conditions_reference,
};
pub use error::{CommandError, nearest};
pub use intervals::Intervals;
pub use live::{Change, LiveField, LiveValues, UNDOABLE, UndoEntry, usual_span};
pub use outcome::{CommandId, CommandOutcome, Verdict};
pub use request::{Actor, Request, RequestId};
pub use rule::{MOST_RULES, NumberedRule, Rules};
pub use text::{Number, check_domain_name};
pub use tunable::Tunable;
pub use usual_alert::UsualAlert;
pub use words::{ALERTS, AUTO, FREE_TEXT, Form, MIXING, NO_DOMAIN, VOCABULARY, Word, reference};
