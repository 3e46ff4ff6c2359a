use crate::data::error::{DataError, Unusable};
use crate::data::plan::{DataPlan, LossRule, TemplateChoice, TooLong};
use crate::data::template::TemplateSource;
use crate::data::tokenizer::TokenizerFiles;
use crate::disk;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// What an encoder is made of, all of it read and nothing of it tried.
#[derive(Clone, Debug)]
pub(in crate::data) struct Recipe {
    pub files: TokenizerFiles,
    pub template: Option<TemplateSource>,
    /// Whether that is the one in the tokenizer's folder.
    pub template_is_the_tokenizers: bool,
    pub choices: Choices,
    /// Of the encoder that decides where examples end, where that is another one.
    pub cut_by: Option<Box<Recipe>>,
}

/// What the config decides about how documents become tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::data) struct Choices {
    pub sequence_length: usize,
    pub too_long: TooLong,
    pub loss: LossRule,
    /// Tools of the conversations whose rows name none: a list of objects.
    pub tools: Option<Value>,
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
        let choices = Choices {
            sequence_length: plan.sequence_length,
            too_long: plan.too_long,
            loss: plan.loss.clone(),
            tools: plan.tools.as_deref().map(tools).transpose()?,
        };
        Ok(Recipe { files, template, template_is_the_tokenizers, choices, cut_by: None })
    }

    /// The same, whose examples end where those of the tokenizer in `folder` do.
    ///
    /// # Errors
    /// As those of [`Recipe::read`].
    pub fn cut_by(self, plan: &DataPlan, folder: &Path) -> Result<Self, DataError> {
        Ok(Recipe { cut_by: Some(Box::new(Recipe::read(plan, folder)?)), ..self })
    }
}

/// The tools of a JSON file: a list of objects.
fn tools(path: &Path) -> Result<Value, DataError> {
    let text = disk::read_text(path, disk::LARGEST_TEXT).map_err(DataError::io("read", path))?;
    let wrong = |problem: String| DataError::Format { path: path.to_owned(), problem };
    let tools: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("{error}")))?;
    let is_list = tools.as_array().is_some_and(|tools| tools.iter().all(Value::is_object));
    match is_list {
        true => Ok(tools),
        false => {
            Err(wrong("data.tools has to hold a JSON list of objects, one for each tool".into()))
        }
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
