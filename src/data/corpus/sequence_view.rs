//! A packed sequence as the model gets it, for people and scripts to look at.

use super::text_runs::runs;
use crate::data::Decoder;
use crate::data::batch::PackedSequence;
use crate::data::error::DataError;
use crate::unit::DomainId;

/// The documents of a packed sequence, in their order; none attends to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceView {
    /// Cumulative lengths of the documents in tokens, from 0.
    pub cu_seqlens: Vec<i64>,
    /// One for each range of `cu_seqlens`.
    pub documents: Vec<DocumentView>,
}

/// One document of a packed sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentView {
    /// The domain that its losses are counted for.
    pub domain: DomainId,
    /// Token ids.
    pub tokens: Vec<u32>,
    /// Which of them the loss counts.
    pub counted: Vec<bool>,
    /// Text of each run of tokens, and whether the loss counts it; together they are the whole text.
    pub runs: Vec<(bool, String)>,
}

impl SequenceView {
    /// Reads back what was packed.
    ///
    /// # Errors
    /// The tokenizer cannot write the tokens as text.
    pub fn new(sequence: &PackedSequence, decoder: &Decoder) -> Result<Self, DataError> {
        let documents = sequence.examples().into_iter().map(|example| {
            let runs = runs(decoder, &example.tokens, &example.counted)?;
            let (domain, tokens, counted) = (example.domain, example.tokens, example.counted);
            Ok(DocumentView { domain, tokens, counted, runs })
        });
        let documents = documents.collect::<Result<_, DataError>>()?;
        Ok(SequenceView { cu_seqlens: sequence.cu_seqlens.clone(), documents })
    }
}
