use super::builtin;
use crate::data::error::{DataError, Unusable};
use crate::data::plan::TemplateChoice;
use crate::data::tokenizer::TokenizerFiles;
use crate::disk;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a template is made of, read and not tried.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::data) enum TemplateSource {
    /// A built-in template, by name.
    BuiltIn(String),
    /// A template that comes with a model, or is a file of its own.
    Jinja {
        /// Path of the file that holds it.
        name: String,
        text: String,
        /// The template named `tool_use`, for conversations with tools.
        with_tools: Option<String>,
    },
}

impl TemplateSource {
    /// The template that the plan names; `None` where it names the tokenizer's and there is none.
    ///
    /// # Errors
    /// Its file cannot be read, or none of the tokenizer's several is the default.
    pub fn read(
        choice: &TemplateChoice,
        files: &TokenizerFiles,
    ) -> Result<Option<Self>, DataError> {
        Ok(match choice {
            TemplateChoice::BuiltIn(name) => Some(TemplateSource::BuiltIn(name.clone())),
            TemplateChoice::File(path) => {
                let text = disk::read_text(path, disk::LARGEST_TEXT);
                let text = text.map_err(DataError::io("read", path))?;
                let name = path.display().to_string();
                Some(TemplateSource::Jinja { name, text, with_tools: None })
            }
            TemplateChoice::Tokenizer => match &files.chat_templates {
                None => None,
                Some(brought) => {
                    let (text, with_tools) = brought.chosen()?;
                    let name = brought.path.display().to_string();
                    Some(TemplateSource::Jinja { name, text, with_tools })
                }
            },
        })
    }

    /// Jinja, for the fingerprint of the tokens; empty for a built-in template that does not exist.
    pub fn text(&self) -> &str {
        match self {
            TemplateSource::BuiltIn(name) => {
                builtin::by_name(name).map_or("", |known| known.source)
            }
            TemplateSource::Jinja { text, .. } => text,
        }
    }

    /// The same of the template for conversations with tools, if that is another one.
    pub fn text_with_tools(&self) -> &str {
        match self {
            TemplateSource::BuiltIn(_) => "",
            TemplateSource::Jinja { with_tools, .. } => with_tools.as_deref().unwrap_or_default(),
        }
    }

    /// The words in its source: among them are the names of all fields and variables that it reads.
    pub fn words(&self) -> BTreeSet<String> {
        let texts = [self.text(), self.text_with_tools()].into_iter();
        let words = texts.flat_map(|text| text.split(|c: char| c != '_' && !c.is_alphanumeric()));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// Name of the built-in template, or path of its file.
    pub fn name(&self) -> &str {
        match self {
            TemplateSource::BuiltIn(name) | TemplateSource::Jinja { name, .. } => name,
        }
    }

    /// The error of a plan that needs a template where the tokenizer has none.
    pub fn missing() -> Unusable {
        let problem = format!(
            "the tokenizer brings none (no chat_template.jinja, no chat_template in \
             tokenizer_config.json), as is usual for base models; name a built-in one: {}",
            builtin::template_names().join(", ")
        );
        Unusable::template("of the tokenizer", problem)
    }
}
