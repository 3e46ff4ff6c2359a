//! Documents → token ids, with a mark on each token that the loss counts.
//!
//! ```text
//!  Recipe: files that were read ─▶ GuardedEncoder ─ protocol ─▶ child: Encoder ─▶ Encoded
//! ```
//!
//! Template and tokenizer come with models from strangers, so that they work in a child: see
//! [`sandbox`](crate::sandbox).

mod bits;
mod guarded;
mod protocol;
mod recipe;

pub(super) use guarded::GuardedEncoder;
pub use protocol::{SUBCOMMAND, serve};
use recipe::Choices;
pub(super) use recipe::{EncoderFacts, Recipe};

use super::conversation::Document;
use super::error::{RowError, Unusable};
use super::plan::TooLong;
use super::template::{ChatTemplate, LeftOut, Rendered, TemplateSource};
use super::tokenizer::{TokenizerFolder, regexes};
use crate::sandbox::caught;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

/// Steps back that a regular expression may take at one place of a text: the limit that Oniguruma is
/// built with.
pub const RETRIES: u64 = 10_000_000;

/// Turns documents into tokens; shared by the tokenizing threads.
#[derive(Debug)]
struct Encoder {
    folder: TokenizerFolder,
    template: Option<ChatTemplate>,
    eos: Option<u32>,
    choices: Choices,
}

/// The result of encoding a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Encoded {
    /// An example.
    Kept {
        /// Ids, at least two.
        tokens: Vec<u32>,
        /// Which of them the loss counts, at least one.
        #[serde(with = "bits")]
        counted: Vec<bool>,
        /// Tokens before those behind `sequence_length` were cut off.
        length: usize,
        /// What the chat template did not write.
        left_out: LeftOut,
    },
    /// There is no example.
    Dropped(Dropped),
}

/// Why a document is no example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Dropped {
    /// It has so many tokens, which are too many.
    TooLong(usize),
    /// No token is left that the loss counts.
    NothingCounts,
}

/// What became of a row.
pub(super) type EncodedRow = Result<Encoded, RowError>;

impl Encoder {
    /// # Errors
    /// The template does not work.
    fn new(
        folder: TokenizerFolder,
        template: Option<&TemplateSource>,
        choices: Choices,
    ) -> Result<Self, Unusable> {
        let load = |source| ChatTemplate::load(source, &folder);
        let template = template.map(load).transpose()?;
        let eos = folder.eos_id();
        Ok(Encoder { folder, template, eos, choices })
    }

    fn facts(&self) -> EncoderFacts {
        let template = self.template.as_ref();
        let of_template = template.iter().flat_map(|template| &template.warnings);
        EncoderFacts {
            warnings: self.folder.warning.iter().chain(of_template).cloned().collect(),
            bos_token: template.map_or(String::new(), |template| template.bos_token().to_owned()),
            has_template: template.is_some(),
            end_tokens: template.map_or(Vec::new(), |template| self.end_tokens(template)),
            ends_texts: self.eos.is_some(),
        }
    }

    /// The special token that begins each of the ways in which the template ends an answer.
    fn end_tokens(&self, template: &ChatTemplate) -> Vec<u32> {
        let tokenizer = &self.folder.tokenizer;
        let added = tokenizer.get_added_tokens_decoder();
        let first = |end: &str| {
            let encoded = caught(|| tokenizer.encode(end, false)).ok()?.ok()?;
            let id = *encoded.get_ids().first()?;
            added.get(&id).is_some_and(|token| token.special).then_some(id)
        };
        let mut tokens: Vec<u32> =
            template.ends_of_answers().into_iter().filter_map(first).collect();
        tokens.dedup();
        tokens
    }

    /// Encodes documents on all threads, each for itself.
    fn encode_all(&self, documents: &[impl Borrow<Document> + Sync]) -> Vec<EncodedRow> {
        documents.par_iter().map(|document| self.encode(document.borrow())).collect()
    }

    /// A panic of a library on a document is an error of its row.
    fn encode(&self, document: &Document) -> EncodedRow {
        caught(|| self.tokens(document)).unwrap_or_else(|panic| Err(self.broken(&panic)))
    }

    fn broken(&self, panic: &str) -> RowError {
        let path = self.folder.files.path.display();
        let patterns = regexes(&self.folder.files.definition);
        if panic.contains("retry-limit") && !patterns.is_empty() {
            return RowError(format!(
                "a regular expression of the tokenizer {path} takes more than the {RETRIES} steps \
                 that it may take at one place of the text: {}; replace it in tokenizer.json",
                patterns.join(" or ")
            ));
        }
        RowError(format!(
            "the tokenizer {path} breaks on the text ({panic}); its tokenizer.json is damaged, or \
             has parts that do not fit together"
        ))
    }

    /// The document's tokens.
    ///
    /// # Errors
    /// The template or the tokenizer refuses the document.
    fn tokens(&self, document: &Document) -> EncodedRow {
        let ((tokens, counted), left_out) = match document {
            Document::Text(text) => (self.text(text)?, LeftOut::default()),
            Document::Conversation(conversation) => {
                let template = self.template.as_ref();
                let template =
                    template.ok_or_else(|| RowError("there is no chat template".into()))?;
                let Choices { loss, tools, .. } = &self.choices;
                let rendered = template.render(conversation, loss, tools.as_ref())?;
                (self.conversation(&rendered)?, rendered.left_out)
            }
        };
        Ok(self.fitted(tokens, counted, left_out))
    }

    /// Every token is counted but the first, which nothing predicts.
    fn text(&self, text: &str) -> Result<(Vec<u32>, Vec<bool>), RowError> {
        let encoding = self.folder.tokenizer.encode_fast(text, false).map_err(tokenizer_error)?;
        let ids = encoding.get_ids().iter().copied();
        let mut tokens: Vec<u32> = self.folder.text_prefix.iter().copied().chain(ids).collect();
        if tokens.last() != self.eos.as_ref() {
            tokens.extend(self.eos);
        }
        let counted = (0..tokens.len()).map(|index| index > 0).collect();
        Ok((tokens, counted))
    }

    /// A token is counted if any of its characters is the assistant's. No special tokens are
    /// added: the template has written them.
    fn conversation(&self, rendered: &Rendered) -> Result<(Vec<u32>, Vec<bool>), RowError> {
        let text = rendered.text.as_str();
        let encoding = self.folder.tokenizer.encode(text, false).map_err(tokenizer_error)?;
        let mut ranges = rendered.counted.iter().peekable();
        let mut counted = Vec::with_capacity(encoding.len());
        for &(start, end) in encoding.get_offsets() {
            while ranges.next_if(|range| range.end <= start && range.end < end).is_some() {}
            counted.push(ranges.peek().is_some_and(|range| start < range.end && end > range.start));
        }
        if let Some(first) = counted.first_mut() {
            *first = false;
        }
        Ok((encoding.get_ids().to_vec(), counted))
    }

    /// What is left of an example within `sequence_length`.
    fn fitted(&self, mut tokens: Vec<u32>, mut counted: Vec<bool>, left_out: LeftOut) -> Encoded {
        let length = tokens.len();
        if length > self.choices.sequence_length && self.choices.too_long == TooLong::Drop {
            return Encoded::Dropped(Dropped::TooLong(length));
        }
        tokens.truncate(self.choices.sequence_length);
        counted.truncate(self.choices.sequence_length);
        if counted.contains(&true) {
            Encoded::Kept { tokens, counted, length, left_out }
        } else {
            Encoded::Dropped(Dropped::NothingCounts)
        }
    }
}

fn tokenizer_error(error: tokenizers::Error) -> RowError {
    RowError(format!("the tokenizer refuses the text: {error}"))
}

#[cfg(test)]
mod tests;
