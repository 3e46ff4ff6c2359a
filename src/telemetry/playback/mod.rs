//! A run's record, shown as it was at any moment of it.
//!
//! ```text
//!  Seeker ─Moment─▶ a thread: Player ─▶ Frames (the run at some places of the record)
//!                                │
//!                                └─Moved, Record─▶ Recording: an EventSource
//! ```
//!
//! To go back is to fold again from the nearest place before. The places are bounded in number; those of a
//! long record are found while nothing else is to be done, from its beginning on.

mod frames;
mod moment;
mod player;
mod recording;
#[cfg(test)]
mod tests;

pub use moment::Moment;
pub use recording::{Recording, Seeker};
