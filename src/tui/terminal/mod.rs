//! The terminal itself: the only part of the screens with threads, clocks and I/O.
//!
//! ```text
//!  input thread ──key──▶ loop ──frame──▶ writer thread ──bytes──▶ terminal
//!  hub ────────record──▶  │
//!                         └──Request──▶ engine
//! ```
//!
//! The loop never writes to the terminal: one that stops reading blocks the writer's thread alone,
//! frames are then left out, and the run goes on. A terminal that is gone, or does not read for too
//! long, ends the screens.

mod bursts;
mod bytes;
mod cells;
mod choosing;
mod comparing;
mod conversation;
mod guard;
mod held;
mod input;
mod painter;
mod sequences;
mod session;
mod size;
mod stderr;
mod writer;

pub use bytes::InputBytes;
pub use choosing::{Chosen, FoundRuns, choose};
pub use comparing::{NewerRuns, compare};
pub use conversation::TerminalFlags;
pub use guard::{is_stuck, restore, suspend};
pub use held::Held;
pub use session::{Left, Session, run};
