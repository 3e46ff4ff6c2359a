use super::{Batch, Example, PackedSequence};
use crate::unit::DomainId;

/// Lays whole examples behind one another into rows of at most `capacity` tokens: the longest
/// first, each into the first row with room for it. The same examples in the same order give the
/// same rows. An example longer than `capacity` has a row to itself: examples are never cut here.
pub fn pack(examples: &[Example], capacity: usize) -> Vec<PackedSequence> {
    let mut longest_first: Vec<&Example> = examples.iter().collect();
    longest_first.sort_by_key(|example| std::cmp::Reverse(example.tokens.len()));
    let mut rows: Vec<PackedSequence> = Vec::new();
    for example in longest_first {
        let fits = |row: &&mut PackedSequence| row.tokens.len() + example.tokens.len() <= capacity;
        match rows.iter_mut().find(fits) {
            Some(row) => row.push(example),
            None => {
                let mut row = PackedSequence { cu_seqlens: vec![0], ..PackedSequence::default() };
                row.push(example);
                rows.push(row);
            }
        }
    }
    rows
}

impl PackedSequence {
    fn push(&mut self, example: &Example) {
        let tokens = example.tokens.iter().map(|token| i64::from(*token));
        self.tokens.extend(tokens.clone());
        // The label of a place is the next token: token i + 1 is predicted at place i, and
        // nothing is predicted at the last place of an example.
        let predicted = tokens.zip(&example.answer).skip(1);
        self.labels
            .extend(predicted.map(|(token, &counts)| if counts { token } else { Self::IGNORE }));
        self.labels.push(Self::IGNORE);
        self.positions.extend(0..example.tokens.len() as i64);
        self.domains.extend(std::iter::repeat_n(example.domain.0 as i64, example.tokens.len()));
        self.cu_seqlens.push(self.tokens.len() as i64);
    }
}

impl Example {
    /// Tokens that the loss counts.
    pub fn target_tokens(&self) -> u64 {
        self.answer.iter().skip(1).filter(|counts| **counts).count() as u64
    }
}

impl Batch {
    /// Packs the examples of one step into rows of at most `capacity` tokens and counts them per
    /// domain, over `domains` domains.
    pub fn assemble(examples: &[Example], capacity: usize, domains: usize) -> Batch {
        let mut domain_examples = vec![0; domains];
        let mut domain_target_tokens = vec![0; domains];
        for example in examples {
            let DomainId(domain) = example.domain;
            domain_examples[domain] += 1;
            domain_target_tokens[domain] += example.target_tokens();
        }
        Batch { rows: pack(examples, capacity), domain_examples, domain_target_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example(domain: usize, tokens: &[u32], answer: &[usize]) -> Example {
        let mut counts = vec![false; tokens.len()];
        answer.iter().for_each(|i| counts[*i] = true);
        Example { domain: DomainId(domain), tokens: tokens.to_vec(), answer: counts }
    }

    #[test]
    fn a_hand_packed_row() {
        let first = example(0, &[10, 11, 12], &[2]);
        let second = example(1, &[20, 21, 22, 23], &[2, 3]);
        let rows = pack(&[first, second], 8);
        let no = PackedSequence::IGNORE;
        assert_eq!(
            rows,
            [PackedSequence {
                tokens: vec![20, 21, 22, 23, 10, 11, 12],
                labels: vec![no, 22, 23, no, no, 12, no],
                positions: vec![0, 1, 2, 3, 0, 1, 2],
                domains: vec![1, 1, 1, 1, 0, 0, 0],
                cu_seqlens: vec![0, 4, 7],
            }]
        );
    }

    #[test]
    fn a_batch_counts_rows_and_target_tokens_per_domain() {
        let examples = [
            example(0, &[1, 2, 3], &[1, 2]),
            example(2, &[4, 5], &[1]),
            example(0, &[6, 7, 8], &[2]),
        ];
        let batch = Batch::assemble(&examples, 6, 3);
        assert_eq!(batch.domain_examples, [2, 0, 1]);
        assert_eq!(batch.domain_target_tokens, [3, 0, 1]);
        assert_eq!(batch.rows.len(), 2);
    }

    #[test]
    fn an_example_above_the_capacity_has_its_own_row() {
        let long = example(0, &[1, 2, 3, 4, 5], &[4]);
        let rows = pack(&[example(0, &[6, 7], &[1]), long], 3);
        assert_eq!(rows.iter().map(|row| row.tokens.len()).collect::<Vec<_>>(), [5, 2]);
    }

    /// Samples whose tokens are all different, so that each can be found again.
    fn examples() -> impl Strategy<Value = Vec<Example>> {
        prop::collection::vec((0usize..4, prop::collection::vec(any::<bool>(), 2..20)), 0..40)
            .prop_map(|shapes| {
                let mut next = 0u32;
                let mut numbered = |(domain, mut answer): (usize, Vec<bool>)| {
                    answer[0] = false;
                    let tokens = (next..next + answer.len() as u32).collect();
                    next += answer.len() as u32;
                    Example { domain: DomainId(domain), tokens, answer }
                };
                shapes.into_iter().map(&mut numbered).collect()
            })
    }

    proptest! {
        #[test]
        fn packing_loses_and_invents_nothing(examples in examples(), capacity in 20usize..64) {
            let batch = Batch::assemble(&examples, capacity, 4);
            let mut found: Vec<Example> = Vec::new();
            for row in &batch.rows {
                prop_assert!(row.tokens.len() <= capacity);
                prop_assert_eq!(row.cu_seqlens.first(), Some(&0));
                prop_assert_eq!(row.cu_seqlens.last(), Some(&(row.tokens.len() as i64)));
                for bound in row.cu_seqlens.windows(2) {
                    let span = bound[0] as usize..bound[1] as usize;
                    let tokens = row.tokens[span.clone()].to_vec();
                    let labels = &row.labels[span.clone()];
                    prop_assert_eq!(labels.last(), Some(&PackedSequence::IGNORE));
                    prop_assert!(row.positions[span.clone()].iter().copied().eq(0..tokens.len() as i64));
                    for (place, label) in labels.iter().enumerate() {
                        prop_assert!(*label == PackedSequence::IGNORE || *label == tokens[place + 1]);
                    }
                    let answer = std::iter::once(false).chain(labels[..labels.len() - 1].iter().map(|l| *l != PackedSequence::IGNORE)).collect();
                    let domain = row.domains[span.start];
                    prop_assert!(row.domains[span].iter().all(|d| *d == domain));
                    found.push(Example {
                        domain: DomainId(domain as usize),
                        tokens: tokens.iter().map(|t| *t as u32).collect(),
                        answer,
                    });
                }
            }
            found.sort_by_key(|example| example.tokens[0]);
            prop_assert_eq!(&found, &examples);
            prop_assert_eq!(batch.domain_examples.iter().sum::<u64>(), examples.len() as u64);
            // First fit: no two rows could have been one.
            let fill: Vec<usize> = batch.rows.iter().map(|row| row.tokens.len()).collect();
            for pair in fill.windows(2) {
                prop_assert!(pair[0] + pair[1] > capacity);
            }
        }
    }
}
