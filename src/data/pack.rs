//! Examples → packed sequences → a batch.

use super::batch::{Batch, Example, PackedSequence};
use crate::unit::DomainId;
use std::ops::Range;

/// Which examples go into each sequence of at most `capacity` tokens, by their indexes: the longest
/// first, each into the first sequence with space for it. The same examples in the same order give
/// the same sequences. An example longer than `capacity` has a sequence to itself: none is cut here.
fn placed(examples: &[Example], capacity: usize) -> Vec<Vec<usize>> {
    let length = |index: usize| examples[index].tokens.len();
    let mut longest_first: Vec<usize> = (0..examples.len()).collect();
    longest_first.sort_by_key(|index| std::cmp::Reverse(length(*index)));
    let mut sequences: Vec<(usize, Vec<usize>)> = Vec::new();
    for index in longest_first {
        let length = length(index);
        match sequences.iter_mut().find(|(tokens, _)| tokens + length <= capacity) {
            Some((tokens, rows)) => {
                *tokens += length;
                rows.push(index);
            }
            None => sequences.push((length, vec![index])),
        }
    }
    sequences.into_iter().map(|(_, rows)| rows).collect()
}

/// The examples one after the other.
fn packed<'a>(examples: impl IntoIterator<Item = &'a Example>) -> PackedSequence {
    let mut sequence = PackedSequence { cu_seqlens: vec![0], ..PackedSequence::default() };
    examples.into_iter().for_each(|example| sequence.push(example));
    sequence
}

impl PackedSequence {
    fn push(&mut self, example: &Example) {
        let tokens = example.tokens.iter().map(|token| i64::from(*token));
        self.tokens.extend(tokens.clone());
        // The label at a position is the next token; the last token of an example has none.
        let next = tokens.zip(&example.counted).skip(1);
        self.labels
            .extend(next.map(|(token, &counted)| if counted { token } else { Self::IGNORE }));
        self.labels.push(Self::IGNORE);
        self.positions.extend(0..example.tokens.len() as i64);
        self.domains.extend(std::iter::repeat_n(example.domain.0 as i64, example.tokens.len()));
        self.cu_seqlens.push(self.tokens.len() as i64);
    }
}

impl PackedSequence {
    /// The examples that were packed, in their order in the sequence.
    pub fn examples(&self) -> Vec<Example> {
        let ends = self.cu_seqlens.windows(2);
        ends.map(|ends| self.example(ends[0] as usize..ends[1] as usize)).collect()
    }

    fn example(&self, range: Range<usize>) -> Example {
        // A token is counted where it is the label of the one before it.
        let labels = &self.labels[range.start..range.end - 1];
        let counted = labels.iter().map(|label| *label != Self::IGNORE);
        Example {
            domain: DomainId(self.domains[range.start] as usize),
            tokens: self.tokens[range].iter().map(|token| *token as u32).collect(),
            counted: std::iter::once(false).chain(counted).collect(),
        }
    }
}

impl Batch {
    /// Packs the examples of one step into sequences of at most `capacity` tokens and counts them by
    /// domain. Every example's domain is below `domains`, the number of domains of the run.
    pub fn assemble(examples: &[Example], capacity: usize, domains: usize) -> Batch {
        let mut domain_examples = vec![0; domains];
        let mut domain_target_tokens = vec![0; domains];
        for example in examples {
            let DomainId(domain) = example.domain;
            domain_examples[domain] += 1;
            domain_target_tokens[domain] += example.target_tokens();
        }
        let rows = placed(examples, capacity);
        let sequences = rows.iter().map(|rows| packed(rows.iter().map(|row| &examples[*row])));
        Batch { sequences: sequences.collect(), rows, domain_examples, domain_target_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pack(examples: &[Example], capacity: usize) -> Vec<PackedSequence> {
        Batch::assemble(examples, capacity, 4).sequences
    }

    /// An example whose tokens at these indices are counted.
    fn example(domain: usize, tokens: &[u32], targets: &[usize]) -> Example {
        let mut counted = vec![false; tokens.len()];
        targets.iter().for_each(|i| counted[*i] = true);
        Example { domain: DomainId(domain), tokens: tokens.to_vec(), counted }
    }

    #[test]
    fn two_examples_are_packed_as_by_hand() {
        let first = example(0, &[10, 11, 12], &[2]);
        let second = example(1, &[20, 21, 22, 23], &[2, 3]);
        let sequences = pack(&[first, second], 8);
        let no = PackedSequence::IGNORE;
        assert_eq!(
            sequences,
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
    fn a_batch_counts_examples_and_target_tokens_per_domain() {
        let examples = [
            example(0, &[1, 2, 3], &[1, 2]),
            example(2, &[4, 5], &[1]),
            example(0, &[6, 7, 8], &[2]),
        ];
        let batch = Batch::assemble(&examples, 6, 3);
        assert_eq!(batch.domain_examples, [2, 0, 1]);
        assert_eq!(batch.domain_target_tokens, [3, 0, 1]);
        assert_eq!(batch.sequences.len(), 2);
    }

    #[test]
    fn an_example_above_the_capacity_has_its_own_sequence() {
        let long = example(0, &[1, 2, 3, 4, 5], &[4]);
        let sequences = pack(&[example(0, &[6, 7], &[1]), long], 3);
        assert_eq!(lengths(&sequences), [5, 2]);
    }

    fn lengths(sequences: &[PackedSequence]) -> Vec<usize> {
        sequences.iter().map(|sequence| sequence.tokens.len()).collect()
    }

    /// Examples whose tokens are all different, so that each can be found again.
    fn examples() -> impl Strategy<Value = Vec<Example>> {
        prop::collection::vec((0usize..4, prop::collection::vec(any::<bool>(), 2..20)), 0..40)
            .prop_map(|shapes| {
                let mut next = 0u32;
                let mut numbered = |(domain, mut counted): (usize, Vec<bool>)| {
                    counted[0] = false;
                    let tokens = (next..next + counted.len() as u32).collect();
                    next += counted.len() as u32;
                    Example { domain: DomainId(domain), tokens, counted }
                };
                shapes.into_iter().map(&mut numbered).collect()
            })
    }

    proptest! {
        #[test]
        fn packing_loses_and_invents_nothing(examples in examples(), capacity in 20usize..64) {
            let batch = Batch::assemble(&examples, capacity, 4);
            let rows: Vec<&Example> = batch.rows.iter().flatten().map(|row| &examples[*row]).collect();
            let in_order: Vec<Example> = batch.sequences.iter().flat_map(PackedSequence::examples).collect();
            prop_assert!(rows.iter().copied().eq(&in_order), "rows are those of the documents");
            let mut found: Vec<Example> = batch.sequences.iter().flat_map(PackedSequence::examples).collect();
            found.sort_by_key(|example| example.tokens[0]);
            prop_assert_eq!(&found, &examples);
            prop_assert_eq!(batch.domain_examples.iter().sum::<u64>(), examples.len() as u64);
            let lengths = lengths(&batch.sequences);
            prop_assert!(lengths.iter().all(|length| *length <= capacity));
            // First fit: no two sequences could have been one.
            prop_assert!(lengths.windows(2).all(|pair| pair[0] + pair[1] > capacity));
        }

        #[test]
        fn labels_positions_and_domains_are_those_of_each_example(examples in examples()) {
            for sequence in Batch::assemble(&examples, 64, 4).sequences {
                prop_assert_eq!(sequence.cu_seqlens.first(), Some(&0));
                prop_assert_eq!(sequence.cu_seqlens.last(), Some(&(sequence.tokens.len() as i64)));
                for ends in sequence.cu_seqlens.windows(2) {
                    let range = ends[0] as usize..ends[1] as usize;
                    let (tokens, labels) = (&sequence.tokens[range.clone()], &sequence.labels[range.clone()]);
                    prop_assert_eq!(labels.last(), Some(&PackedSequence::IGNORE));
                    for (label, next) in labels.iter().zip(&tokens[1..]) {
                        prop_assert!(*label == PackedSequence::IGNORE || label == next);
                    }
                    prop_assert!(sequence.positions[range.clone()].iter().copied().eq(0..tokens.len() as i64));
                    let domain = sequence.domains[range.start];
                    prop_assert!(sequence.domains[range].iter().all(|d| *d == domain));
                }
            }
        }
    }
}
