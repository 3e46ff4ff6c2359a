//! Tokens back into text, for screens and judges.

use super::error::{DataError, Unusable};
use super::tokenizer::load_tokenizer;
use crate::sandbox::caught;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer;

/// Turns tokens into text.
#[derive(Debug)]
pub struct Decoder {
    path: PathBuf,
    tokenizer: Tokenizer,
    special: BTreeSet<u32>,
}

impl Decoder {
    /// The decoder of the tokenizer in a folder in HF layout.
    ///
    /// # Errors
    /// The folder holds no usable tokenizer.json.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let tokenizer = load_tokenizer(folder)?;
        let added = tokenizer.get_added_tokens_decoder();
        let special = added.iter().filter(|(_, token)| token.special).map(|(id, _)| *id).collect();
        Ok(Decoder { path: folder.join("tokenizer.json"), tokenizer, special })
    }

    /// Whether a token is special, as an end or a role, and so no part of any text.
    pub fn is_special(&self, token: u32) -> bool {
        self.special.contains(&token)
    }

    /// The text of tokens. Special tokens are left out; what they separate is put on separate lines.
    ///
    /// # Errors
    /// The tokenizer cannot decode them.
    pub fn text(&self, tokens: &[u32]) -> Result<String, DataError> {
        let pieces = tokens.split(|token| self.special.contains(token));
        let mut lines = Vec::new();
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            lines.push(self.decoded(piece)?.trim().to_owned());
        }
        lines.retain(|line| !line.is_empty());
        Ok(lines.join("\n"))
    }

    /// The text of tokens as it is, special tokens spelled out.
    ///
    /// # Errors
    /// The tokenizer cannot decode them.
    pub fn whole(&self, tokens: &[u32]) -> Result<String, DataError> {
        Ok(self.decoded(tokens)?)
    }

    /// A panic of a decoder on these tokens is an error like its others.
    fn decoded(&self, tokens: &[u32]) -> Result<String, Unusable> {
        let decoded = || self.tokenizer.decode(tokens, false).map_err(|error| error.to_string());
        caught(decoded).unwrap_or_else(Err).map_err(|problem| {
            Unusable::tokenizer(&self.path, format!("it cannot write tokens as text: {problem}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tokens_become_line_ends() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/model");
        let text = "<|bos|><|user|>What is naïve Bayes?<|end|><|assistant|>A classifier.<|end|>";
        let encoding = Tokenizer::from_file(folder.join("tokenizer.json"));
        let tokens = encoding.unwrap().encode(text, false).unwrap().get_ids().to_vec();
        let decoder = Decoder::open(&folder).unwrap();
        assert_eq!(decoder.text(&tokens).unwrap(), "What is naïve Bayes?\nA classifier.");
        assert_eq!(decoder.text(&[]).unwrap(), "");
    }
}
