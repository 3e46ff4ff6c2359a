//! Conditions over a run as it is: what they read, and when they come true.
//!
//! ```text
//! RunState ──▶ RunValues ──▶ Condition ──▶ Watch ──▶ the engine: a rule's command
//!                                            └─────▶ AlertWatch ──▶ terminals, commands, webhooks
//! ```
//! Nothing here has a clock, a thread or a file. What a rule looks at that no seed decides (speed, the card)
//! is no matter for a replay: that takes when a rule gave its command from the record.

mod alert_watch;
mod limiter;
mod values;
mod watch;

pub use alert_watch::{Alert, AlertRule, AlertWatch};
pub use values::RunValues;
pub use watch::{Observed, Watch};
