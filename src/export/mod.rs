//! A run for other programs: TensorBoard, tables, scripts.
//!
//! ```text
//!  events.jsonl ─▶ export ─┐                    ┌▶ csv
//!                          ├─▶ Points ─▶ Sink ──┼▶ JSON lines
//!  hub ─▶ thread of follow ┘   (one mapping)    └▶ TensorBoard's events (one encoder)
//! ```
//! [`export`] reads a record from its first event on, so that every step is there with its exact numbers,
//! and in bounded memory, however long it is. [`follow`] writes the same events while the run goes; it is a
//! viewer like others, on a thread of its own: training never waits for it, and what goes wrong there is a
//! warning of the run.

mod error;
mod live;
mod place;
mod points;
mod record;
mod sink;
mod table;
mod tensorboard;
mod way;

#[cfg(test)]
mod tests;

pub use error::ExportError;
pub use live::{Following, follow};
pub use place::Format;
pub use record::{Exported, export};
