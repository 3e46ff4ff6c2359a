//! Reference losses of the held-out rows that a run measures, where it measures some of them only: r and ℓ
//! have to be of the same rows.

use super::PreparedData;
use crate::config::RunPlan;
use crate::train::artifacts::{StoredReference, StoredRows};
use crate::train::error::TrainError;
use crate::train::examples::{domain_names, measured_examples};
use crate::unit::DomainId;
use std::collections::BTreeMap;

impl PreparedData {
    /// Puts the losses of at most `rows` rows of each domain in place of those of all rows, and returns the
    /// domains of which the stored rows do not say it.
    ///
    /// # Errors
    /// The token cache cannot be read any more.
    pub(super) fn take_measured_rows(
        &self,
        plan: &RunPlan,
        rows: usize,
        stored: &StoredReference,
        losses: &mut [f64],
    ) -> Result<Vec<String>, TrainError> {
        let mut unknown = Vec::new();
        for (index, name) in domain_names(plan).into_iter().enumerate() {
            let domain = DomainId(index);
            if self.corpus.held_out_count(domain) <= rows {
                continue;
            }
            let (examples, identities) = measured_examples(&self.corpus, domain, rows)?;
            let tokens: Vec<u64> = examples.iter().map(|example| example.target_tokens()).collect();
            let nats = stored.loss(&name).and_then(|loss| loss.rows.as_ref());
            match nats.and_then(|rows| loss_of(rows, &identities, &tokens)) {
                Some(loss) => losses[index] = loss,
                None => unknown.push(name),
            }
        }
        Ok(unknown)
    }
}

/// Nats of these rows over their target tokens; `None` where a row was not measured.
fn loss_of(rows: &StoredRows, identities: &[u64], tokens: &[u64]) -> Option<f64> {
    let known: BTreeMap<u64, f64> =
        rows.identities.iter().copied().zip(rows.nats.iter().copied()).collect();
    let nats: Option<f64> = identities.iter().map(|identity| known.get(identity)).sum();
    Some(nats? / tokens.iter().sum::<u64>() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_of_some_rows_is_their_nats_over_their_tokens() {
        let rows = StoredRows { identities: vec![7, 8, 9], nats: vec![4.0, 6.0, 20.0] };
        assert_eq!(loss_of(&rows, &[7, 9], &[2, 6]), Some(3.0));
        assert_eq!(loss_of(&rows, &[7, 10], &[2, 6]), None);
    }
}
