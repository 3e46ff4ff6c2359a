//! Judgements → the shares of Algorithm 1, with their intervals.
//!
//! ```text
//!  Judged texts ─▶ P_t of each iteration ─▶ mean ─▶ correct: for the judge's confusion ─▶ Estimate
//!        └──────▶ bootstrap: the same again on resampled texts ─▶ intervals ──────────────┘
//! ```

mod bootstrap;
mod correct;
mod judged;
mod shares;

pub use correct::corrected;
pub use judged::Judged;
pub use shares::{Estimate, estimate, running};

#[cfg(test)]
mod tests;
