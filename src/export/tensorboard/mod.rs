//! TensorBoard's event files: protobuf messages in TFRecord frames.

mod frame;
mod messages;
mod writer;

pub use writer::EventWriter;

/// Begins the name of every event file.
const PREFIX: &str = "events.out.tfevents.";

/// The name of an event file. TensorBoard reads those of a folder in the order of their names, which is that
/// of `secs`, seconds since 1970 UTC.
pub fn file_name(secs: u64, host: &str, number: u32) -> String {
    format!("{PREFIX}{secs:010}.{host}.{number}.versatune")
}

/// Whether TensorBoard takes a file of this name for one of events.
pub fn is_event_file(name: &str) -> bool {
    name.contains("tfevents")
}

/// The time in the name of an event file, seconds since 1970 UTC.
pub fn secs_of(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.split('.').next()?.parse().ok()
}
