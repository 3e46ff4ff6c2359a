//! `events.jsonl`: every event of a run in its order, one JSON object a line.

mod error;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use error::RecordError;
pub use reader::RecordReader;
pub use writer::RecordWriter;

/// Name of the record in a run's folder.
pub const RECORD_FILE: &str = "events.jsonl";
