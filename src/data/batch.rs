use crate::unit::DomainId;

/// One tokenized row of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its domain.
    pub domain: DomainId,
    /// Token ids, at least two.
    pub tokens: Vec<u32>,
    /// Whether the loss counts the prediction *of* the token at this place; `answer[0]` is false.
    pub answer: Vec<bool>,
}

/// Whole examples behind one another, at most the capacity of a row; what one forward pass takes.
/// All vectors but the last have one entry per token (T in all); nothing is padded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedSequence {
    /// Token ids.
    pub tokens: Vec<i64>,
    /// The token to predict at this place, or [`PackedSequence::IGNORE`] where the loss counts nothing
    /// (prompts, and the last token of each example).
    pub labels: Vec<i64>,
    /// Place within the example, from 0.
    pub positions: Vec<i64>,
    /// Domain of the token.
    pub domains: Vec<i64>,
    /// Where examples begin, and T: example i is `cu_seqlens[i]..bounds[i+1]`.
    pub cu_seqlens: Vec<i64>,
}

impl PackedSequence {
    /// Label of a token that the loss does not count.
    pub const IGNORE: i64 = -100;
}

/// The examples of one optimizer step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Packed, each within the micro-batch budget.
    pub rows: Vec<PackedSequence>,
    /// Samples drawn per domain.
    pub domain_examples: Vec<u64>,
    /// Tokens that the loss counts, per domain.
    pub domain_target_tokens: Vec<u64>,
}
