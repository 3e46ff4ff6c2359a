use super::jinja::Jinja;
use crate::data::conversation::Turn;
use crate::data::error::RowError;
use minijinja::Value;
use std::collections::BTreeMap;

/// A compiled template and the special tokens that it is given.
#[derive(Debug)]
pub(super) struct Renderer {
    /// A built-in template's name, or the path of its file.
    pub name: String,
    jinja: Jinja,
    special: BTreeMap<String, String>,
}

impl Renderer {
    /// # Errors
    /// The source is no template.
    pub fn new(
        name: String,
        source: &str,
        special: BTreeMap<String, String>,
    ) -> Result<Self, minijinja::Error> {
        Ok(Renderer { name, jinja: Jinja::new(source)?, special })
    }

    /// The `bos_token` that the template is given; empty where it is given none.
    pub fn bos_token(&self) -> &str {
        self.special.get("bos_token").map_or("", String::as_str)
    }

    /// The conversation as the template writes it, special tokens spelled out. With
    /// `add_generation_prompt` it ends where the next answer begins.
    ///
    /// # Errors
    /// The template refuses the conversation.
    pub fn text(&self, turns: &[Turn], add_generation_prompt: bool) -> Result<String, RowError> {
        let messages: Vec<Value> = turns
            .iter()
            .map(|turn| {
                minijinja::context! { role => turn.role.name(), content => turn.content.as_str() }
            })
            .collect();
        let known = minijinja::context! {
            messages => messages,
            add_generation_prompt => add_generation_prompt,
            tools => (),
            documents => (),
        };
        let special = Value::from_pairs(
            self.special.iter().map(|(name, token)| (name.as_str(), token.as_str())),
        );
        self.jinja.render(minijinja::context! { ..known, ..special }).map_err(|error| {
            RowError(format!("the chat template {} refuses the conversation: {error}", self.name))
        })
    }
}
