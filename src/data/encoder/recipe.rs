use crate::data::error::{DataError, Unusable};
use crate::data::plan::{DataPlan, TemplateChoice, TooLong};
use crate::data::template::TemplateSource;
use crate::data::tokenizer::TokenizerFiles;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What an encoder is made of, all of it read and nothing of it tried.
#[derive(Clone, Debug)]
pub(in crate::data) struct Recipe {
    pub files: TokenizerFiles,
    pub template: Option<TemplateSource>,
    /// Whether that is the one in the tokenizer's folder.
    pub template_is_the_tokenizers: bool,
    pub sequence_length: usize,
    pub too_long: TooLong,
}

impl Recipe {
    /// Reads the tokenizer's folder and the plan's template.
    ///
    /// # Errors
    /// A file is missing, or cannot be read.
    pub fn read(plan: &DataPlan, tokenizer_folder: &Path) -> Result<Self, DataError> {
        let files = TokenizerFiles::read(tokenizer_folder)?;
        let template = TemplateSource::read(&plan.template, &files)?;
        let template_is_the_tokenizers = plan.template == TemplateChoice::Tokenizer;
        let (sequence_length, too_long) = (plan.sequence_length, plan.too_long);
        Ok(Recipe { files, template, template_is_the_tokenizers, sequence_length, too_long })
    }
}

/// What is known of an encoder that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::data) struct EncoderFacts {
    /// Warnings as sentences, such as of tokens that the tokenizer lacks.
    pub warnings: Vec<String>,
    /// The `bos_token` that the template is given, which for a built-in one depends on the tokenizer.
    pub bos_token: String,
    pub has_template: bool,
    /// Special tokens with which the template ends an answer.
    pub end_tokens: Vec<u32>,
    /// Whether there is a token behind a running text.
    pub ends_texts: bool,
}

impl EncoderFacts {
    /// Whether documents of this kind, running text or conversations, can be encoded at all.
    ///
    /// # Errors
    /// Text without an end token, or conversations without a template.
    pub fn check(&self, text: bool) -> Result<(), Unusable> {
        if text && !self.ends_texts {
            let problem = "running text is ended with eos_token, but tokenizer_config.json names \
                           none that is a token; name it there";
            return Err(Unusable::tokenizer(Path::new("tokenizer_config.json"), problem));
        }
        if !text && !self.has_template {
            return Err(TemplateSource::missing());
        }
        Ok(())
    }
}
