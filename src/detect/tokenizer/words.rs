use super::domain_texts::DomainTexts;
use super::error::InferenceError;
use super::merges::MergeList;
use crate::unit::Bytes;
use std::collections::BTreeMap;
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    Tokenizer,
};

/// SentencePiece's mark of a space. Its trainer never merges across a word's beginning, which a
/// converted tokenizer without a pre-tokenizer does not record.
const SPACE_MARK: char = '▁';

/// The distinct words of all domains, in a fixed order, and how often each domain has them.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Symbols of each word, at least two.
    pub symbols: Vec<Vec<u32>>,
    /// `counts[word][domain]`.
    pub counts: Vec<Vec<u32>>,
    /// Text that was counted, per domain, in bytes of UTF-8 before any normalization.
    pub text: Vec<Bytes>,
}

/// Splits each domain's texts as the tokenizer's trainer would, up to `limit` of text per domain.
pub(super) fn count_words(
    tokenizer: &Tokenizer,
    list: &MergeList<'_>,
    domains: &[DomainTexts<'_>],
    limit: Bytes,
) -> Result<Words, InferenceError> {
    let mut counts = WordCounts::new();
    let mut words = Words::default();
    for domain in 0..domains.len() {
        words.text.push(count_domain(tokenizer, domains, domain, limit, &mut counts)?);
    }
    for (word, counts) in counts {
        // A character that the vocabulary lacks is part of no pair.
        for run in list.symbols(&word).split(Option::is_none).filter(|run| run.len() > 1) {
            words.symbols.push(run.iter().flatten().copied().collect());
            words.counts.push(counts.clone());
        }
    }
    Ok(words)
}

/// How often each domain has each word.
type WordCounts = BTreeMap<String, Vec<u32>>;

/// Counts the words of one domain, and returns how much of its text was counted.
fn count_domain(
    tokenizer: &Tokenizer,
    domains: &[DomainTexts<'_>],
    j: usize,
    limit: Bytes,
    counts: &mut WordCounts,
) -> Result<Bytes, InferenceError> {
    let domain = &domains[j];
    let mut left = usize::try_from(limit.0).unwrap_or(usize::MAX);
    let mut used = 0;
    for (index, text) in domain.texts.iter().enumerate() {
        let text = &text[..text.floor_char_boundary(left)];
        split(tokenizer, text, &mut |word| match counts.get_mut(word) {
            Some(counts) => counts[j] += 1,
            None => {
                let mut first = vec![0; domains.len()];
                first[j] = 1;
                counts.insert(word.to_owned(), first);
            }
        })
        .map_err(|error| InferenceError::Split {
            domain: domain.name.to_owned(),
            text: index + 1,
            problem: error.to_string(),
        })?;
        used += text.len() as u64;
        left -= text.len();
        if left == 0 {
            break;
        }
    }
    if used == 0 {
        let texts = domain.texts.len();
        return Err(InferenceError::NoText { domain: domain.name.to_owned(), texts });
    }
    Ok(Bytes(used))
}

/// Calls `on_word` with every piece of the text that merges do not cross.
fn split(
    tokenizer: &Tokenizer,
    text: &str,
    on_word: &mut dyn FnMut(&str),
) -> tokenizers::Result<()> {
    let mut normalized = NormalizedString::from(text);
    if let Some(normalizer) = tokenizer.get_normalizer() {
        normalizer.normalize(&mut normalized)?;
    }
    let mut pieces = PreTokenizedString::from(normalized);
    if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
        pre_tokenizer.pre_tokenize(&mut pieces)?;
    }
    for (piece, _, _) in pieces.get_splits(OffsetReferential::Original, OffsetType::Byte) {
        let mut start = 0;
        let marks = piece.match_indices(SPACE_MARK).map(|(at, _)| at);
        for end in marks.filter(|&at| at > 0).chain([piece.len()]) {
            on_word(&piece[start..end]);
            start = end;
        }
    }
    Ok(())
}
