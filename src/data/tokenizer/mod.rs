//! The tokenizer's folder in HF layout: tokenizer.json or what stands for it, and the files beside it
//! that name added and special tokens and the chat template.
//!
//! ```text
//!  folder ─▶ files: what is read, of bounded size ─▶ definition: checked ─▶ Tokenizer: parsed
//!             tokenizer.json · byte_bpe · sentencepiece; added tokens; chat_templates
//! ```
//!
//! All of it comes with models from strangers. What can be checked before `tokenizers` sees it is; that
//! crate panics on some of the rest, and its panics become errors in one place each: [`parse`] here,
//! `encoder` and `decoder`.

mod added;
mod byte_bpe;
mod chat_templates;
mod definition;
mod files;
mod sentencepiece;

pub(super) use definition::regexes;
pub(super) use files::TokenizerFiles;

use super::error::{DataError, Unusable};
use crate::sandbox::caught;
use std::path::Path;
use tokenizers::{ModelWrapper, PostProcessorWrapper, Tokenizer};

/// A tokenizer with its special tokens.
#[derive(Debug)]
pub(super) struct TokenizerFolder {
    /// Never adds a special token of its own accord, never cuts, never pads, draws no lots.
    pub tokenizer: Tokenizer,
    /// What the tokenizer puts before a running text (`<s>`, or nothing).
    pub text_prefix: Vec<u32>,
    /// What of its definition is not used, as a sentence.
    pub warning: Option<String>,
    /// What it was made of.
    pub files: TokenizerFiles,
}

/// The tokenizer in a folder in HF layout: it never adds a special token of its own accord, never cuts,
/// never pads.
///
/// # Errors
/// The folder holds no usable tokenizer.json.
pub fn load_tokenizer(folder: &Path) -> Result<Tokenizer, DataError> {
    Ok(TokenizerFolder::new(TokenizerFiles::read(folder)?)?.tokenizer)
}

impl TokenizerFolder {
    /// # Errors
    /// The definition is none, or is known to break on some text.
    pub fn new(files: TokenizerFiles) -> Result<Self, Unusable> {
        let unusable = |problem: String| Unusable::tokenizer(&files.path, problem);
        definition::check(&files.definition).map_err(unusable)?;
        let (mut tokenizer, text_prefix) =
            caught(|| parse(&files.definition)).unwrap_or_else(Err).map_err(|error| {
                unusable(format!("not a tokenizer definition that can be used: {error}"))
            })?;
        let warning = without_sampling(&mut tokenizer).map(|what| {
            format!(
                "{} samples its tokens ({what}): that is switched off, so that the same data give the \
                 same tokens",
                files.path.display()
            )
        });
        for (id, content) in &files.added {
            let found = tokenizer.token_to_id(content);
            if found != Some(*id) {
                return Err(unusable(format!(
                    "'{}' should be token {id} by tokenizer_config.json or added_tokens.json, and is {}; mend the \
                     id there",
                    content.escape_debug(),
                    found.map_or("none".into(), |id| id.to_string())
                )));
            }
        }
        Ok(TokenizerFolder { tokenizer, text_prefix, warning, files })
    }

    /// The id of the token that ends an answer, if it is one token.
    pub fn eos_id(&self) -> Option<u32> {
        self.tokenizer.token_to_id(self.files.eos()?)
    }
}

fn parse(definition: &str) -> Result<(Tokenizer, Vec<u32>), String> {
    let parsed = || -> tokenizers::Result<(Tokenizer, Vec<u32>)> {
        let mut tokenizer: Tokenizer = definition.parse()?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None)?;
        let text_prefix = text_prefix(&tokenizer)?;
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        Ok((tokenizer, text_prefix))
    };
    parsed().map_err(|error| error.to_string())
}

/// Switches off what makes the tokens of a text random (BPE dropout, subword regularisation); its name
/// in the definition.
fn without_sampling(tokenizer: &mut Tokenizer) -> Option<&'static str> {
    let mut model = tokenizer.get_model().clone();
    let what = match &mut model {
        ModelWrapper::BPE(bpe) => bpe.dropout.take().filter(|p| *p > 0.0).map(|_| "model.dropout"),
        ModelWrapper::Unigram(unigram) => unigram.alpha.take().map(|_| "model.alpha"),
        _ => None,
    };
    if what.is_some() {
        tokenizer.with_model(model);
    }
    what
}

/// The tokens that the post-processor puts before a text: those before the text's own.
fn text_prefix(tokenizer: &Tokenizer) -> tokenizers::Result<Vec<u32>> {
    let bare = tokenizer.encode_fast("a", false)?;
    let processed = tokenizer.encode_fast("a", true)?;
    let (bare, processed) = (bare.get_ids(), processed.get_ids());
    let start = processed.windows(bare.len().max(1)).position(|window| window == bare);
    Ok(processed[..start.unwrap_or(0)].to_vec())
}

#[cfg(test)]
mod tests;
