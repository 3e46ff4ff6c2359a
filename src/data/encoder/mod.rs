//! Documents → token ids, with a mark on each token that the loss counts.
//!
//! ```text
//!  Recipe: files that were read ─▶ GuardedEncoder ─ protocol ─▶ child: Encoder ─▶ Encoded
//!                                                   document_text ─▶ tokenized ─▶ cut
//! ```
//!
//! An example ends after `sequence_length` tokens, or where those of another tokenizer end: so two models
//! with different tokenizers can be measured on the same text.
//!
//! Template and tokenizer come with models from strangers, so that they work in a child: see
//! [`sandbox`](crate::sandbox).

mod bits;
mod document_text;
mod guarded;
mod protocol;
mod recipe;
mod tokenized;

pub(super) use guarded::GuardedEncoder;
pub use protocol::{SUBCOMMAND, serve};
use recipe::Choices;
pub(super) use recipe::{EncoderFacts, Recipe};

use super::conversation::Document;
use super::error::{RowError, Unusable};
use super::plan::TooLong;
use super::summary::TextSize;
use super::template::{ChatTemplate, LeftOut, TemplateSource};
use super::tokenizer::{TokenizerFolder, regexes};
use crate::sandbox::caught;
use document_text::{DocumentText, same_place};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::ops::Range;
use tokenized::{Tokenized, common_begin};

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
    /// Cuts examples where this one would, and not after so many tokens of its own.
    cut_by: Option<Box<Encoder>>,
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
        /// Tokens before those behind `sequence_length` were cut off; those that are left where another
        /// tokenizer cuts.
        length: usize,
        /// Whether some were cut off.
        is_cut: bool,
        /// What the chat template did not write.
        left_out: LeftOut,
        /// The text that is counted, in tokens of the tokenizer that cuts.
        text: TextSize,
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
    /// Another tokenizer cuts it, and its chat template writes what is cut in another way.
    OtherText,
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
        Ok(Encoder { folder, template, eos, choices, cut_by: None })
    }

    /// The same, which cuts examples where `other` does.
    fn cut_by(self, other: Option<Box<Encoder>>) -> Self {
        Encoder { cut_by: other, ..self }
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
        match &self.cut_by {
            None => self.cut_here(&self.text_of(document)?),
            Some(other) => self.cut_as(other, document),
        }
    }

    /// The text of a document that is tokenized.
    fn text_of<'d>(&self, document: &'d Document) -> Result<DocumentText<'d>, RowError> {
        match document {
            Document::Text(text) => Ok(DocumentText::running(text)),
            Document::Conversation(conversation) => {
                let template = self.template.as_ref();
                let template =
                    template.ok_or_else(|| RowError("there is no chat template".into()))?;
                let Choices { loss, tools, .. } = &self.choices;
                Ok(DocumentText::rendered(template.render(conversation, loss, tools.as_ref())?))
            }
        }
    }

    /// What is left of an example within `sequence_length`.
    fn cut_here(&self, text: &DocumentText<'_>) -> EncodedRow {
        // Without a token before the text the first of its own is not counted.
        let is_exact = self.folder.text_prefix.is_empty();
        let mut tokens = self.tokenized(text, None, is_exact)?;
        let length = tokens.ids.len();
        let is_cut = length > self.choices.sequence_length;
        if is_cut && self.choices.too_long == TooLong::Drop {
            return Ok(Encoded::Dropped(Dropped::TooLong(length)));
        }
        if is_cut {
            if tokens.spans.is_empty() {
                tokens = self.tokenized(text, None, true)?;
            }
            tokens.cut(self.choices.sequence_length, &text.text);
        }
        let size = TextSize { bytes: tokens.words(text), tokens: tokens.target_tokens() };
        Ok(kept(tokens, length, is_cut, text.left_out, size))
    }

    /// The text that another tokenizer keeps, in tokens of this one: the same text whatever the length of
    /// the tokens.
    fn cut_as(&self, other: &Encoder, document: &Document) -> EncodedRow {
        let (their_text, text) = (other.text_of(document)?, self.text_of(document)?);
        let mut theirs = other.tokenized(&their_text, None, true)?;
        let Choices { sequence_length, too_long, .. } = &other.choices;
        let length = theirs.ids.len();
        let is_cut = length > *sequence_length;
        if is_cut && *too_long == TooLong::Drop {
            return Ok(Encoded::Dropped(Dropped::TooLong(length)));
        }
        theirs.cut(*sequence_length, &their_text.text);
        let end = match is_cut.then(|| same_place(&their_text, &text, theirs.end)) {
            None => None,
            Some(Some(end)) => Some(end),
            Some(None) => return Ok(Encoded::Dropped(Dropped::OtherText)),
        };
        let mut tokens = self.tokenized(&text, end, true)?;
        if text.is_running {
            let begin = common_begin(&theirs, &tokens);
            theirs.count_from(begin);
            tokens.count_from(begin);
        }
        let size = TextSize { bytes: theirs.words(&their_text), tokens: theirs.target_tokens() };
        if size.tokens == 0 {
            return Ok(Encoded::Dropped(Dropped::NothingCounts));
        }
        let length = tokens.ids.len();
        Ok(kept(tokens, length, is_cut, text.left_out, size))
    }

    /// The tokens of a text, or of its bytes up to `end`; with the bytes of each where `is_exact`.
    fn tokenized(
        &self,
        text: &DocumentText<'_>,
        end: Option<usize>,
        is_exact: bool,
    ) -> Result<Tokenized, RowError> {
        let shown = &text.text[..end.unwrap_or(text.text.len())];
        match text.is_running {
            true => self.running(shown, end.is_none(), is_exact),
            false => self.conversation(shown, &text.counted),
        }
    }

    /// Every token is counted but the first, which nothing predicts. A text that `ends` gets the token that
    /// says so.
    fn running(&self, text: &str, ends: bool, is_exact: bool) -> Result<Tokenized, RowError> {
        let (tokenizer, prefix) = (&self.folder.tokenizer, &self.folder.text_prefix);
        let encoding = match is_exact {
            true => tokenizer.encode(text, false),
            false => tokenizer.encode_fast(text, false),
        };
        let encoding = encoding.map_err(tokenizer_error)?;
        let own = encoding.get_ids().iter().copied();
        let mut ids: Vec<u32> = prefix.iter().copied().chain(own).collect();
        let mut spans = Vec::new();
        if is_exact {
            spans.resize(prefix.len(), (0, 0));
            spans.extend_from_slice(encoding.get_offsets());
        }
        if ends && ids.last() != self.eos.as_ref() {
            ids.extend(self.eos);
            if is_exact {
                spans.resize(ids.len(), (text.len(), text.len()));
            }
        }
        let begin = match prefix.is_empty() {
            true => spans.first().map_or(0, |span: &(usize, usize)| span.1),
            false => 0,
        };
        let counted = (0..ids.len()).map(|index| index > 0).collect();
        Ok(Tokenized { ids, counted, spans, begin, end: text.len() })
    }

    /// A token is counted if any of its characters is in one of the `ranges`. No special tokens are
    /// added: the template wrote them.
    fn conversation(&self, text: &str, ranges: &[Range<usize>]) -> Result<Tokenized, RowError> {
        let encoding = self.folder.tokenizer.encode(text, false).map_err(tokenizer_error)?;
        let mut ranges = ranges.iter().peekable();
        let mut counted = Vec::with_capacity(encoding.len());
        for &(start, end) in encoding.get_offsets() {
            while ranges.next_if(|range| range.end <= start && range.end < end).is_some() {}
            counted.push(ranges.peek().is_some_and(|range| start < range.end && end > range.start));
        }
        if let Some(first) = counted.first_mut() {
            *first = false;
        }
        let (ids, spans) = (encoding.get_ids().to_vec(), encoding.get_offsets().to_vec());
        Ok(Tokenized { ids, counted, spans, begin: 0, end: text.len() })
    }
}

/// The example of tokens that were cut, unless none of them counts.
fn kept(
    tokens: Tokenized,
    length: usize,
    is_cut: bool,
    left_out: LeftOut,
    text: TextSize,
) -> Encoded {
    let Tokenized { ids: tokens, counted, .. } = tokens;
    match counted.contains(&true) {
        true => Encoded::Kept { tokens, counted, length, is_cut, left_out, text },
        false => Encoded::Dropped(Dropped::NothingCounts),
    }
}

fn tokenizer_error(error: tokenizers::Error) -> RowError {
    RowError(format!("the tokenizer refuses the text: {error}"))
}

#[cfg(test)]
mod tests;
