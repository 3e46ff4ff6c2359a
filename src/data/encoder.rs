//! Documents → token ids, with a mark on each token that the loss counts.

use super::conversation::Document;
use super::error::{DataError, RowError};
use super::plan::TooLong;
use super::template::{ChatTemplate, Rendered};
use super::tokenizer::TokenizerFolder;

/// Turns documents into tokens; shared by the tokenizing threads.
#[derive(Debug)]
pub(super) struct Encoder {
    folder: TokenizerFolder,
    template: Option<ChatTemplate>,
    eos: Option<u32>,
    sequence_length: usize,
    too_long: TooLong,
}

/// The result of encoding a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Encoded {
    /// An example.
    Kept {
        /// Ids, at least two.
        tokens: Vec<u32>,
        /// Which of them the loss counts, at least one.
        counted: Vec<bool>,
        /// Whether tokens behind `sequence_length` were cut off.
        cut: bool,
    },
    /// It is too long, or no token is left that the loss counts.
    Dropped,
}

impl Encoder {
    pub fn new(
        folder: TokenizerFolder,
        template: Option<ChatTemplate>,
        sequence_length: usize,
        too_long: TooLong,
    ) -> Self {
        let eos = folder.eos_id();
        Encoder { folder, template, eos, sequence_length, too_long }
    }

    /// Whether documents of this kind, running text or conversations, can be encoded at all.
    ///
    /// # Errors
    /// Text without an end token, or conversations without a template.
    pub fn check(&self, text: bool) -> Result<(), DataError> {
        if text && self.eos.is_none() {
            let problem = "running text is ended with eos_token, but tokenizer_config.json names \
                           none that is a token; name it there";
            let path = "tokenizer_config.json".into();
            return Err(DataError::Tokenizer { path, problem: problem.into() });
        }
        if !text && self.template.is_none() {
            return Err(ChatTemplate::missing());
        }
        Ok(())
    }

    /// Encodes one document.
    ///
    /// # Errors
    /// The template or the tokenizer refuses it.
    pub fn encode(&self, document: &Document) -> Result<Encoded, RowError> {
        let (tokens, counted) = match document {
            Document::Text(text) => self.text(text)?,
            Document::Conversation(turns) => {
                let template = self.template.as_ref();
                let template =
                    template.ok_or_else(|| RowError("there is no chat template".into()))?;
                self.conversation(&template.render(turns)?)?
            }
        };
        Ok(self.fitted(tokens, counted))
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
        let mut ranges = rendered.answers.iter().peekable();
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
    fn fitted(&self, mut tokens: Vec<u32>, mut counted: Vec<bool>) -> Encoded {
        let cut = tokens.len() > self.sequence_length;
        if cut && self.too_long == TooLong::Drop {
            return Encoded::Dropped;
        }
        tokens.truncate(self.sequence_length);
        counted.truncate(self.sequence_length);
        if counted.contains(&true) {
            Encoded::Kept { tokens, counted, cut }
        } else {
            Encoded::Dropped
        }
    }

    pub fn template(&self) -> Option<&ChatTemplate> {
        self.template.as_ref()
    }

    pub fn folder(&self) -> &TokenizerFolder {
        &self.folder
    }
}

fn tokenizer_error(error: tokenizers::Error) -> RowError {
    RowError(format!("the tokenizer refuses the text: {error}"))
}

#[cfg(test)]
mod tests;
