//! The few held-out rows of every domain that each tuned model is measured on.

use crate::data::{Corpus, Example};
use crate::train::error::TrainError;
use crate::train::examples::smallest;
use crate::unit::DomainId;

/// Most rows of a domain.
const ROWS: usize = 32;

/// The rows, those of each domain after each other.
pub(super) struct CrossRows {
    pub examples: Vec<Example>,
    /// Target tokens of each row of each domain, of the model to tune. \[K\]\[rows\]
    pub tokens: Vec<Vec<u64>>,
}

impl CrossRows {
    /// The rows of the smallest hashes of their content: the same ones whatever the order of the files, in
    /// every run.
    ///
    /// # Errors
    /// The token cache cannot be read any more.
    pub fn choose(corpus: &Corpus) -> Result<Self, TrainError> {
        let mut rows = CrossRows { examples: Vec::new(), tokens: Vec::new() };
        for index in 0..corpus.summaries().len() {
            let domain = DomainId(index);
            let texts = corpus.held_out_texts(domain)?;
            let chosen = smallest(&corpus.held_out_identities(domain)?, ROWS);
            for row in &chosen {
                rows.examples.push(corpus.held_out_example(domain, *row)?);
            }
            rows.tokens.push(chosen.iter().map(|row| texts[*row].tokens).collect());
        }
        Ok(rows)
    }

    /// The nats of all rows, apart by domain.
    pub fn by_domain(&self, nats: &[f64]) -> Vec<Vec<f64>> {
        let mut rest = nats;
        let of = |tokens: &Vec<u64>| {
            let (own, others) = rest.split_at(tokens.len());
            rest = others;
            own.to_vec()
        };
        self.tokens.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nats_are_apart_by_domain() {
        let rows = CrossRows { examples: vec![], tokens: vec![vec![3, 4], vec![], vec![5]] };
        assert_eq!(rows.by_domain(&[0.5, 1.5, 2.5]), [vec![0.5, 1.5], vec![], vec![2.5]]);
    }
}
