//! The merge list of a BPE, as its training made it.

use super::error::InferenceError;
use serde::Deserialize;
use std::collections::HashMap;
use tokenizers::models::bpe::BPE;
use tokenizers::{Model, ModelWrapper, Tokenizer};

/// Two neighbouring symbols, by their ids in the vocabulary.
pub(super) type Pair = (u32, u32);

/// One step of the tokenizer's training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    /// The pair that was the most frequent one at this step.
    pub pair: Pair,
    /// Id of the symbol that replaced it.
    pub merged: u32,
}

/// The part of a BPE that its training decided.
#[derive(Debug)]
pub(super) struct MergeList<'a> {
    bpe: &'a BPE,
    /// In the order of the training, up to the limit.
    pub merges: Vec<Merge>,
    /// Length of the whole list in the file.
    pub listed: usize,
    continuing_subword_prefix: String,
    end_of_word_suffix: String,
}

/// Fields of a BPE that the `tokenizers` crate exposes only by serialization.
#[derive(Deserialize)]
struct SerializedBpe {
    merges: Vec<(String, String)>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

impl<'a> MergeList<'a> {
    /// The first `limit` merges.
    ///
    /// # Errors
    /// A model that is no BPE, has no merges, or contradicts itself.
    pub fn read(tokenizer: &'a Tokenizer, limit: usize) -> Result<Self, InferenceError> {
        let bpe = match tokenizer.get_model() {
            ModelWrapper::BPE(bpe) => bpe,
            ModelWrapper::WordPiece(_) => return Err(not_bpe("WordPiece")),
            ModelWrapper::WordLevel(_) => return Err(not_bpe("WordLevel")),
            ModelWrapper::Unigram(_) => return Err(not_bpe("Unigram")),
        };
        let written: SerializedBpe = serde_json::to_value(bpe)
            .and_then(serde_json::from_value)
            .map_err(|error| InferenceError::Broken { problem: error.to_string() })?;
        if written.merges.is_empty() {
            return Err(InferenceError::NoMerges);
        }
        let mut list = MergeList {
            bpe,
            merges: Vec::new(),
            listed: written.merges.len(),
            continuing_subword_prefix: written.continuing_subword_prefix.unwrap_or_default(),
            end_of_word_suffix: written.end_of_word_suffix.unwrap_or_default(),
        };
        list.merges = list.learned(&written.merges, limit)?;
        Ok(list)
    }

    /// Ids of the symbols that a word consists of before any merge; `None` for a character that the
    /// vocabulary does not have.
    pub fn symbols(&self, word: &str) -> Vec<Option<u32>> {
        let last = word.chars().count().saturating_sub(1);
        let mut symbol = String::new();
        word.chars()
            .enumerate()
            .map(|(i, character)| {
                symbol.clear();
                if i > 0 {
                    symbol.push_str(&self.continuing_subword_prefix);
                }
                symbol.push(character);
                if i == last {
                    symbol.push_str(&self.end_of_word_suffix);
                }
                self.bpe.token_to_id(&symbol)
            })
            .collect()
    }

    /// The list without what a conversion added to it.
    ///
    /// A vocabulary of SentencePiece or tiktoken has no merge list; converters write every way to
    /// cut a token into two tokens, one after the other. The training made only one of them: the
    /// pair to which the earlier merges reduce the token.
    fn learned(
        &self,
        written: &[(String, String)],
        limit: usize,
    ) -> Result<Vec<Merge>, InferenceError> {
        let mut merges: Vec<Merge> = Vec::new();
        let mut ranks: HashMap<Pair, (usize, u32)> = HashMap::new();
        let mut rest = written;
        while merges.len() < limit && !rest.is_empty() {
            let first = self.merge(&rest[0])?;
            let mut ways = vec![first];
            for pair in &rest[1..] {
                let next = self.merge(pair)?;
                if next.merged != first.merged {
                    break;
                }
                ways.push(next);
            }
            rest = &rest[ways.len()..];
            let reduced = if ways.len() > 1 { self.reduced(first.merged, &ranks) } else { None };
            let learned =
                ways.iter().copied().find(|way| Some(way.pair) == reduced).unwrap_or(first);
            ranks.insert(learned.pair, (merges.len(), learned.merged));
            merges.push(learned);
        }
        Ok(merges)
    }

    fn merge(&self, (left, right): &(String, String)) -> Result<Merge, InferenceError> {
        let tail = right.strip_prefix(&self.continuing_subword_prefix).unwrap_or(right);
        let merged = format!("{left}{tail}");
        let id = |token: &str| {
            self.bpe.token_to_id(token).ok_or_else(|| InferenceError::Broken {
                problem: format!(
                    "'{token}' of the merge '{left} {right}' is not in the vocabulary"
                ),
            })
        };
        Ok(Merge { pair: (id(left)?, id(right)?), merged: id(&merged)? })
    }

    /// The two symbols that the merges so far make of a token, if they are two.
    fn reduced(&self, token: u32, ranks: &HashMap<Pair, (usize, u32)>) -> Option<Pair> {
        let token = self.bpe.id_to_token(token)?;
        let mut symbols: Vec<u32> = self.symbols(&token).into_iter().collect::<Option<_>>()?;
        loop {
            let known = symbols.windows(2).enumerate().filter_map(|(at, pair)| {
                ranks.get(&(pair[0], pair[1])).map(|&(rank, merged)| (rank, at, merged))
            });
            let Some((_, at, merged)) = known.min() else { break };
            symbols[at] = merged;
            symbols.remove(at + 1);
        }
        match symbols[..] {
            [left, right] => Some((left, right)),
            _ => None,
        }
    }
}

fn not_bpe(found: &'static str) -> InferenceError {
    InferenceError::NotBpe { found }
}
