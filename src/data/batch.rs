//! What the model trains on: examples, packed into sequences, gathered into batches.
//!
//! Shapes: T is the number of tokens of a sequence, E that of its examples, K that of the run's
//! domains.

use crate::unit::DomainId;

/// One row of a data file as tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The domain that the row belongs to.
    pub domain: DomainId,
    /// Token ids, at least two.
    pub tokens: Vec<u32>,
    /// For each token whether the loss counts its prediction. The first token is predicted by
    /// nothing, so `counted[0]` is false.
    pub counted: Vec<bool>,
}

impl Example {
    /// Number of tokens that the loss counts.
    pub fn target_tokens(&self) -> u64 {
        self.counted.iter().skip(1).filter(|counted| **counted).count() as u64
    }
}

/// Whole examples one after the other, for one forward pass. Nothing is padded, and no example attends to
/// another. Every field but the last has one entry per token (\[T\]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedSequence {
    /// Token ids. \[T\]
    pub tokens: Vec<i64>,
    /// The next token, or [`PackedSequence::IGNORE`] where the loss counts nothing: on prompts, and on
    /// the last token of each example. \[T\]
    pub labels: Vec<i64>,
    /// Position within the example, from 0. \[T\]
    pub positions: Vec<i64>,
    /// Domain of the token's example. \[T\]
    pub domains: Vec<i64>,
    /// Cumulative lengths of the examples, from 0 to T: example i is the range
    /// `cu_seqlens[i]..cu_seqlens[i + 1]`. \[E + 1\]
    pub cu_seqlens: Vec<i64>,
}

impl PackedSequence {
    /// Label of a token that the loss does not count, as in PyTorch.
    pub const IGNORE: i64 = -100;
}

/// The examples of one optimizer step, or of one evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The examples, packed; each sequence is one micro-batch.
    pub sequences: Vec<PackedSequence>,
    /// For each sequence the indexes of its documents among the examples.
    pub rows: Vec<Vec<usize>>,
    /// Number of examples by domain. \[K\]
    pub domain_examples: Vec<u64>,
    /// Number of tokens that the loss counts, by domain. \[K\]
    pub domain_target_tokens: Vec<u64>,
}
