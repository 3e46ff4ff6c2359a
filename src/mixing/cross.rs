//! What training on one domain does to the losses of the others: measured with a small model that was tuned
//! on each domain alone.

use super::rows::{Change, paired_change};
use serde::{Deserialize, Serialize};

/// Losses of the same few held-out rows of every domain, under an untuned model and under the K models that
/// were tuned on one domain each. Sums of a row's token losses are in nats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossLosses {
    /// Target tokens of each row of each domain. \[K\]\[rows\]
    pub tokens: Vec<Vec<u64>>,
    /// Nats of each row under the untuned model. \[K\]\[rows\]
    pub untuned: Vec<Vec<f64>>,
    /// Nats of each row of domain i under the model that was tuned on domain j. \[j\]\[i\]\[rows\]
    pub tuned: Vec<Vec<Vec<f64>>>,
}

impl CrossLosses {
    /// Number of rows of each domain. \[K\]
    pub fn rows(&self) -> Vec<u64> {
        self.tokens.iter().map(|rows| rows.len() as u64).collect()
    }

    /// Loss of each domain under the untuned model, nats per target token. \[K\]
    pub fn untuned_losses(&self) -> Vec<f64> {
        self.losses(&self.untuned)
    }

    /// Loss of domain i under the model that was tuned on j, nats per target token. \[j\]\[i\]
    pub fn tuned_losses(&self) -> Vec<Vec<f64>> {
        self.tuned.iter().map(|nats| self.losses(nats)).collect()
    }

    /// Change of domain i's loss by tuning on j; its error is NaN of fewer than two rows. \[j\]\[i\]
    pub fn changes(&self) -> Vec<Vec<Change>> {
        let of = |nats: &Vec<Vec<f64>>| {
            self.untuned
                .iter()
                .zip(nats)
                .map(|(before, after)| paired_change(before, after))
                .collect()
        };
        self.tuned.iter().map(of).collect()
    }

    fn losses(&self, nats: &[Vec<f64>]) -> Vec<f64> {
        let loss = |(nats, tokens): (&Vec<f64>, &Vec<u64>)| {
            nats.iter().sum::<f64>() / tokens.iter().sum::<u64>() as f64
        };
        nats.iter().zip(&self.tokens).map(loss).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two domains of two rows each, by hand.
    fn measured() -> CrossLosses {
        CrossLosses {
            tokens: vec![vec![4, 6], vec![5, 5]],
            untuned: vec![vec![8.0, 12.0], vec![10.0, 30.0]],
            tuned: vec![
                vec![vec![6.0, 9.0], vec![11.0, 33.0]],
                vec![vec![8.0, 11.0], vec![5.0, 25.0]],
            ],
        }
    }

    #[test]
    fn losses_are_per_target_token() {
        assert_eq!(measured().untuned_losses(), [2.0, 4.0]);
        assert_eq!(measured().tuned_losses(), [[1.5, 4.4], [1.9, 3.0]]);
        assert_eq!(measured().rows(), [2, 2]);
    }

    /// Rows that change in proportion have no error. In the last, d = (−5, −5) and the change is −10/40:
    /// residuals −5 + 2.5 and −5 + 7.5, so √(12.5 · 2) / 40 = 0.125.
    #[test]
    fn a_change_is_relative_with_a_paired_error() {
        let changes = measured().changes();
        assert_eq!(changes[0][0], Change { relative: -0.25, error: 0.0 });
        assert!((changes[0][1].relative - 0.1).abs() < 1e-12 && changes[0][1].error < 1e-12);
        assert_eq!(changes[1][1], Change { relative: -0.25, error: 0.125 });
        assert!(paired_change(&[2.0], &[1.0]).error.is_nan());
    }
}
