//! What a run did, read from its record: the closing table, the same as JSON, and plots. What several runs came to,
//! in the same three forms.

mod cells;
mod comparison;
mod cross;
mod load;
mod names;
mod plot;
mod shadows;
mod table;

#[cfg(test)]
mod tests;

pub use comparison::{comparison_json, comparison_text};
pub use cross::CrossJson;
pub use load::{ReportError, RunReport, load};
pub use plot::write_comparison;
