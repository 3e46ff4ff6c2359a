//! What a run did, read from its record: the closing table, the same as JSON, and plots.

mod load;
mod plot;
mod table;

#[cfg(test)]
mod tests;

pub use load::{ReportError, RunReport, load};
