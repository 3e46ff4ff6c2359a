//! The front end for batch logs: plain lines on stdout, and rolling log files.
//!
//! It is a viewer like the others: it reads the events of a run and knows nothing of the engine. Each
//! line is `time  kind  …`, with `key value` words and `domain=value` lists, for people and for grep;
//! there are no bars, no colours and no control characters.

mod format;
mod log;
mod run;
mod text;

#[cfg(test)]
mod tests;

pub use format::LogFormat;
pub use log::{LogError, LogGuard, start as start_log};
pub use run::run;
pub use text::TextLines;
