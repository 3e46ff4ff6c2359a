use crate::unit::DomainId;

/// One tokenised row of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its domain.
    pub domain: DomainId,
    /// Token ids, at least two.
    pub tokens: Vec<u32>,
    /// Whether the loss counts the prediction *of* the token at this place; `answer[0]` is false.
    pub answer: Vec<bool>,
}

/// Whole samples behind one another, at most the capacity of a row; what one forward pass takes.
/// All vectors but the last have one entry per token (T in all); nothing is padded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedRow {
    /// Token ids.
    pub tokens: Vec<i64>,
    /// The token to predict at this place, or [`PackedRow::IGNORE`] where the loss counts nothing
    /// (prompts, and the last token of each sample).
    pub labels: Vec<i64>,
    /// Place within the sample, from 0.
    pub positions: Vec<i64>,
    /// Domain of the token.
    pub domains: Vec<i64>,
    /// Where samples begin, and T: sample i is `bounds[i]..bounds[i+1]`.
    pub bounds: Vec<i64>,
}

impl PackedRow {
    /// Label of a token that the loss does not count.
    pub const IGNORE: i64 = -100;
}

/// The samples of one optimizer step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Packed, each within the micro-batch budget.
    pub rows: Vec<PackedRow>,
    /// Samples drawn per domain.
    pub domain_rows: Vec<u64>,
    /// Tokens that the loss counts, per domain.
    pub domain_answer_tokens: Vec<u64>,
}
