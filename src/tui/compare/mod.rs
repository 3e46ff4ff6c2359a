//! Several runs over each other.
//!
//! ```text
//!  ─ mean held-out loss ───────────── 1 of 7 ─┬─ runs ────────────────────────────
//!  3 ┤⢄                                       │  ● first   2.0833  baseline
//!    │⠉⠉⠉⠒⠒⠢⠤⠤⠤⢄⣀⣀                    second │  ● second  2.0807  −0.0026 ±0.0009
//!  2 ┤            ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉        first  ├─ losses of second ────────────────
//!    └──────┬───────◆────────┬──────── step   │  law       1.7633  −0.0210 ±0.0041
//!  ─ configs: 3 differ, 41 the same ──────────┼─ interventions ───────────────────
//!   tab metric   space show   b baseline                                 q leave
//! ```
//!
//! On a narrow terminal one of the three lower parts is shown, ← and → turn to the others. Runs that go on move: newer
//! readings of them take the place of the first one.

mod config;
mod graph;
mod help;
mod interventions;
mod layout;
mod losses;
mod rows;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::RunComparison;
pub use update::Answer;
