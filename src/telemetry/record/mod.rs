//! `events.jsonl`: every event of a run in its order, one JSON object a line; and the index of a long one.

mod beginning;
mod blocks;
mod error;
mod index;
mod line;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use beginning::copy_beginning;
pub use error::RecordError;
pub use reader::RecordReader;
pub(super) use reader::{Indexed, Place};
pub use writer::{Continued, RecordWriter};

/// Name of the record in a run's folder.
pub const RECORD_FILE: &str = "events.jsonl";
