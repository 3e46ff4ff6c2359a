use crate::data::encoder::{EncoderFacts, Recipe};
use crate::data::template::TemplateSource;

/// How the conversations of a corpus were written as text: what a model that was trained on them needs
/// beside its weights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatFormat {
    /// The chat template, as Jinja; `None` where the tokenizer has its own and that was used, or where
    /// there is none.
    pub template: Option<String>,
    /// Tokens that end an answer.
    pub end_tokens: Vec<u32>,
}

impl ChatFormat {
    pub(super) fn new(recipe: &Recipe, facts: &EncoderFacts) -> Self {
        let is_the_tokenizers = recipe.template_is_the_tokenizers;
        let template = recipe.template.as_ref().filter(|_| !is_the_tokenizers);
        let template = template.map(|template| with_bos(template, &facts.bos_token));
        ChatFormat { template, end_tokens: facts.end_tokens.clone() }
    }
}

/// A built-in template is given no `bos_token` where the tokenizer puts none before a text; other programs
/// give it one.
fn with_bos(template: &TemplateSource, bos: &str) -> String {
    match template {
        TemplateSource::BuiltIn(_) if bos.is_empty() => {
            format!("{{%- set bos_token = '' -%}}\n{}", template.text())
        }
        _ => template.text().to_owned(),
    }
}
