//! What a run knows of reference models.

use crate::mixing::CrossLosses;

/// The reference losses of a run, and what was measured with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceLosses {
    /// r per domain in nats per target token; empty if the strategy needs none.
    pub losses: Vec<f64>,
    /// Nats of each measured held-out row at the epoch that gave r, per domain; empty where they are not known.
    pub rows: Vec<Vec<f64>>,
    /// Losses of every domain under the model that was tuned on each, where they are known.
    pub cross: Option<CrossLosses>,
}
