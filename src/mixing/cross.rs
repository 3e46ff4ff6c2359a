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

    /// The same with the domain that stands at `order[i]` as domain i; `None` where there is not one of every
    /// domain and tuned model.
    pub fn in_order(&self, order: &[usize]) -> Option<Self> {
        fn pick<T: Clone>(all: &[T], order: &[usize]) -> Option<Vec<T>> {
            let has_all = all.len() == order.len();
            order.iter().map(|place| all.get(*place).filter(|_| has_all).cloned()).collect()
        }
        let tuned = pick(&self.tuned, order)?;
        let ordered = CrossLosses {
            tokens: pick(&self.tokens, order)?,
            untuned: pick(&self.untuned, order)?,
            tuned: tuned.iter().map(|nats| pick(nats, order)).collect::<Option<_>>()?,
        };
        let fits = |nats: &Vec<Vec<f64>>| {
            nats.iter().zip(&ordered.tokens).all(|(nats, tokens)| nats.len() == tokens.len())
        };
        let is_whole = fits(&ordered.untuned) && ordered.tuned.iter().all(fits);
        is_whole.then_some(ordered)
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

    #[test]
    fn domains_are_put_in_another_order_on_both_sides() {
        let turned = measured().in_order(&[1, 0]).unwrap();
        assert_eq!(turned.untuned_losses(), [4.0, 2.0]);
        assert_eq!(turned.tuned_losses(), [[3.0, 1.9], [4.4, 1.5]]);
        assert_eq!(turned.in_order(&[1, 0]), Some(measured()));
        let mut partial = measured();
        partial.tuned.pop();
        assert_eq!(partial.in_order(&[0, 1]), None);
        let mut torn = measured();
        torn.tuned[1][0].pop();
        assert_eq!(torn.in_order(&[0, 1]), None);
    }

    /// Rows that change in proportion have no error. In the last, d = (−5, −5) and the change is −10/40:
    /// residuals −5 + 2.5 and −5 + 7.5, so √(12.5 · 2) / 40 = 0.125.
    #[test]
    fn a_change_is_relative_with_a_paired_error() {
        let changes = measured().changes();
        assert_eq!(changes[0][0], Change { relative: -0.25, error: 0.0 });
        assert!((changes[0][1].relative - 0.1).abs() < 1e-12 && changes[0][1].error < 1e-12);
        assert_eq!(changes[1][1], Change { relative: -0.25, error: 0.125 });
        let [alone, clear, faint] = [(-0.5, f64::NAN), (-0.5, 0.2), (0.3, 0.2)]
            .map(|(relative, error)| Change { relative, error }.is_clear());
        assert!(paired_change(&[2.0], &[1.0]).error.is_nan() && !alone && clear && !faint);
    }
}
