//! Work on what strangers made, such as the templates and tokenizers that come with models, in a process of
//! its own: what ends that process ends nothing else.
//!
//! ```text
//!  this process                     │ a child: the same program, a hidden subcommand
//!  Child::start ────────────────────┼▶ serve: limits its memory first
//!  Child::call ─ length, message ───┼▶ stdin ─▶ the work, on threads with a stated stack
//!              ◀────────────────────┼─ stdout
//!  Child::cause_of_death ◀──────────┼─ status, stderr
//! ```
//!
//! No clock decides anything here: the child's memory and stacks are bounded, and its work bounds its own
//! steps. It has its parent's files open for nothing but the three pipes, no environment but what it
//! needs to start, and ends with its parent.

mod child;
mod frame;
mod panics;
mod serve;

pub use child::Child;
pub use panics::{caught, is_catching, panic_message};
pub use serve::serve;

use std::path::PathBuf;

/// Memory that a child may map beyond what it has mapped when it starts to work, MiB.
pub const MEMORY_MIB: u64 = 1536;

/// Stack of each of a child's threads, MiB.
pub const STACK_MIB: usize = 8;

/// Where untrusted work is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// In a child, started from this program: versatune's own.
    Process(PathBuf),
    /// In this process: for files that are trusted, as in tests.
    None,
}
