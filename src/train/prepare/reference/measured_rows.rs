//! Reference losses of the held-out rows that a run measures, where it measures some of them only: r and ℓ
//! have to be of the same rows.

use super::PreparedData;
use crate::config::RunPlan;
use crate::train::artifacts::{StoredReference, StoredRows};
use crate::train::error::TrainError;
use crate::train::examples::{domain_names, measured_examples};
use crate::unit::DomainId;
use std::collections::BTreeMap;

/// What stored rows say of the rows that a run measures.
#[derive(Default)]
pub(super) struct OfMeasuredRows {
    /// Nats of each measured row, per domain; empty where they are not known.
    pub rows: Vec<Vec<f64>>,
    /// Domains of which only some rows are measured, and whose rows are not known.
    pub unknown: Vec<String>,
}

impl PreparedData {
    /// Puts the losses of at most `rows` rows of each domain in place of those of all rows.
    ///
    /// # Errors
    /// The token cache cannot be read any more.
    pub(super) fn take_measured_rows(
        &self,
        plan: &RunPlan,
        rows: usize,
        stored: &StoredReference,
        losses: &mut [f64],
    ) -> Result<OfMeasuredRows, TrainError> {
        let mut found = OfMeasuredRows::default();
        for (index, name) in domain_names(plan).into_iter().enumerate() {
            let domain = DomainId(index);
            let (examples, identities) = measured_examples(&self.corpus, domain, rows)?;
            let known = stored.loss(&name).and_then(|loss| loss.rows.as_ref());
            let nats = known.and_then(|rows| nats_of(rows, &identities)).unwrap_or_default();
            let tokens: u64 = examples.iter().map(|example| example.target_tokens()).sum();
            let is_part = self.corpus.held_out_count(domain) > rows;
            match nats.is_empty() {
                false if is_part => losses[index] = nats.iter().sum::<f64>() / tokens as f64,
                true if is_part => found.unknown.push(name),
                _ => {}
            }
            found.rows.push(nats);
        }
        Ok(found)
    }
}

/// Nats of these rows; `None` where one was not measured.
fn nats_of(rows: &StoredRows, identities: &[u64]) -> Option<Vec<f64>> {
    let known: BTreeMap<u64, f64> =
        rows.identities.iter().copied().zip(rows.nats.iter().copied()).collect();
    identities.iter().map(|identity| known.get(identity).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_what_they_say() {
        let rows = StoredRows { identities: vec![7, 8, 9], nats: vec![4.0, 6.0, 20.0] };
        assert_eq!(nats_of(&rows, &[9, 7]), Some(vec![20.0, 4.0]));
        assert_eq!(nats_of(&rows, &[7, 10]), None);
    }
}
