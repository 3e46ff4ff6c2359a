use super::{Batch, PackedRow, Sample};
use crate::unit::DomainId;

/// Lays whole samples behind one another into rows of at most `capacity` tokens: the longest
/// first, each into the first row with room for it. The same samples in the same order give the
/// same rows. A sample longer than `capacity` has a row to itself: samples are never cut here.
pub fn pack(samples: &[Sample], capacity: usize) -> Vec<PackedRow> {
    let mut longest_first: Vec<&Sample> = samples.iter().collect();
    longest_first.sort_by_key(|sample| std::cmp::Reverse(sample.tokens.len()));
    let mut rows: Vec<PackedRow> = Vec::new();
    for sample in longest_first {
        let fits = |row: &&mut PackedRow| row.tokens.len() + sample.tokens.len() <= capacity;
        match rows.iter_mut().find(fits) {
            Some(row) => row.push(sample),
            None => {
                let mut row = PackedRow { bounds: vec![0], ..PackedRow::default() };
                row.push(sample);
                rows.push(row);
            }
        }
    }
    rows
}

impl PackedRow {
    fn push(&mut self, sample: &Sample) {
        let tokens = sample.tokens.iter().map(|token| i64::from(*token));
        self.tokens.extend(tokens.clone());
        // The label of a place is the next token: token i + 1 is predicted at place i, and
        // nothing is predicted at the last place of a sample.
        let predicted = tokens.zip(&sample.answer).skip(1);
        self.labels
            .extend(predicted.map(|(token, &counts)| if counts { token } else { Self::IGNORE }));
        self.labels.push(Self::IGNORE);
        self.positions.extend(0..sample.tokens.len() as i64);
        self.domains.extend(std::iter::repeat_n(sample.domain.0 as i64, sample.tokens.len()));
        self.bounds.push(self.tokens.len() as i64);
    }
}

impl Sample {
    /// Tokens that the loss counts.
    pub fn answer_tokens(&self) -> u64 {
        self.answer.iter().skip(1).filter(|counts| **counts).count() as u64
    }
}

impl Batch {
    /// Packs the samples of one step into rows of at most `capacity` tokens and counts them per
    /// domain, over `domains` domains.
    pub fn assemble(samples: &[Sample], capacity: usize, domains: usize) -> Batch {
        let mut domain_rows = vec![0; domains];
        let mut domain_answer_tokens = vec![0; domains];
        for sample in samples {
            let DomainId(domain) = sample.domain;
            domain_rows[domain] += 1;
            domain_answer_tokens[domain] += sample.answer_tokens();
        }
        Batch { rows: pack(samples, capacity), domain_rows, domain_answer_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(domain: usize, tokens: &[u32], answer: &[usize]) -> Sample {
        let mut counts = vec![false; tokens.len()];
        answer.iter().for_each(|i| counts[*i] = true);
        Sample { domain: DomainId(domain), tokens: tokens.to_vec(), answer: counts }
    }

    #[test]
    fn a_hand_packed_row() {
        let first = sample(0, &[10, 11, 12], &[2]);
        let second = sample(1, &[20, 21, 22, 23], &[2, 3]);
        let rows = pack(&[first, second], 8);
        let no = PackedRow::IGNORE;
        assert_eq!(
            rows,
            [PackedRow {
                tokens: vec![20, 21, 22, 23, 10, 11, 12],
                labels: vec![no, 22, 23, no, no, 12, no],
                positions: vec![0, 1, 2, 3, 0, 1, 2],
                domains: vec![1, 1, 1, 1, 0, 0, 0],
                bounds: vec![0, 4, 7],
            }]
        );
    }

    #[test]
    fn a_batch_counts_rows_and_answer_tokens_per_domain() {
        let samples =
            [sample(0, &[1, 2, 3], &[1, 2]), sample(2, &[4, 5], &[1]), sample(0, &[6, 7, 8], &[2])];
        let batch = Batch::assemble(&samples, 6, 3);
        assert_eq!(batch.domain_rows, [2, 0, 1]);
        assert_eq!(batch.domain_answer_tokens, [3, 0, 1]);
        assert_eq!(batch.rows.len(), 2);
    }

    #[test]
    fn a_sample_above_the_capacity_has_its_own_row() {
        let long = sample(0, &[1, 2, 3, 4, 5], &[4]);
        let rows = pack(&[sample(0, &[6, 7], &[1]), long], 3);
        assert_eq!(rows.iter().map(|row| row.tokens.len()).collect::<Vec<_>>(), [5, 2]);
    }

    /// Samples whose tokens are all different, so that each can be found again.
    fn samples() -> impl Strategy<Value = Vec<Sample>> {
        prop::collection::vec((0usize..4, prop::collection::vec(any::<bool>(), 2..20)), 0..40)
            .prop_map(|shapes| {
                let mut next = 0u32;
                let mut numbered = |(domain, mut answer): (usize, Vec<bool>)| {
                    answer[0] = false;
                    let tokens = (next..next + answer.len() as u32).collect();
                    next += answer.len() as u32;
                    Sample { domain: DomainId(domain), tokens, answer }
                };
                shapes.into_iter().map(&mut numbered).collect()
            })
    }

    proptest! {
        #[test]
        fn packing_loses_and_invents_nothing(samples in samples(), capacity in 20usize..64) {
            let batch = Batch::assemble(&samples, capacity, 4);
            let mut found: Vec<Sample> = Vec::new();
            for row in &batch.rows {
                prop_assert!(row.tokens.len() <= capacity);
                prop_assert_eq!(row.bounds.first(), Some(&0));
                prop_assert_eq!(row.bounds.last(), Some(&(row.tokens.len() as i64)));
                for bound in row.bounds.windows(2) {
                    let span = bound[0] as usize..bound[1] as usize;
                    let tokens = row.tokens[span.clone()].to_vec();
                    let labels = &row.labels[span.clone()];
                    prop_assert_eq!(labels.last(), Some(&PackedRow::IGNORE));
                    prop_assert!(row.positions[span.clone()].iter().copied().eq(0..tokens.len() as i64));
                    for (place, label) in labels.iter().enumerate() {
                        prop_assert!(*label == PackedRow::IGNORE || *label == tokens[place + 1]);
                    }
                    let answer = std::iter::once(false).chain(labels[..labels.len() - 1].iter().map(|l| *l != PackedRow::IGNORE)).collect();
                    let domain = row.domains[span.start];
                    prop_assert!(row.domains[span].iter().all(|d| *d == domain));
                    found.push(Sample {
                        domain: DomainId(domain as usize),
                        tokens: tokens.iter().map(|t| *t as u32).collect(),
                        answer,
                    });
                }
            }
            found.sort_by_key(|sample| sample.tokens[0]);
            prop_assert_eq!(&found, &samples);
            prop_assert_eq!(batch.domain_rows.iter().sum::<u64>(), samples.len() as u64);
            // First fit: no two rows could have been one.
            let fill: Vec<usize> = batch.rows.iter().map(|row| row.tokens.len()).collect();
            for pair in fill.windows(2) {
                prop_assert!(pair[0] + pair[1] > capacity);
            }
        }
    }
}
