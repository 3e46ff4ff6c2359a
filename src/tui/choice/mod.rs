//! The list of runs from which one is chosen.
//!
//! ```text
//!  ─ runs ─────────────────────────────── 1 goes on, 2 have ended ─
//!     run      state            step         loss    best   began
//!   ● demo     training         820/1,876  2.1043  2.0990    12 min
//!   · first    all steps done   400/400    2.2011  2.1987      3 d
//!  enter open   / filter                                    q leave
//! ```

mod line;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use line::RunLine;
pub use state::RunChoice;
pub use update::Choice;
