//! What a run did, read from its record: the closing table, the same as JSON, and plots.

mod cross;
mod load;
mod names;
mod plot;
mod shadows;
mod table;

#[cfg(test)]
mod tests;

pub use cross::CrossJson;
pub use load::{ReportError, RunReport, load};
