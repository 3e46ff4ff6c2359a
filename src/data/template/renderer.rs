use super::jinja::Jinja;
use crate::data::conversation::Turn;
use crate::data::error::RowError;
use minijinja::Value;
use minijinja::value::Serde;
use serde_json::Map;
use std::collections::BTreeMap;

/// A compiled template and the special tokens that it is given.
#[derive(Debug)]
pub(super) struct Renderer {
    /// A built-in template's name, or the path of its file.
    pub name: String,
    jinja: Jinja,
    special: BTreeMap<String, String>,
}

/// Variables of a template by name.
pub(super) type Variables = Map<String, serde_json::Value>;

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
    pub fn text(
        &self,
        turns: &[Turn],
        variables: &Variables,
        add_generation_prompt: bool,
    ) -> Result<String, RowError> {
        let messages: Vec<Value> = turns.iter().map(message).collect();
        let known = minijinja::context! {
            messages => messages,
            add_generation_prompt => add_generation_prompt,
            tools => (),
            documents => (),
        };
        let pairs = |(name, token): (&String, &String)| (name.clone(), Value::from(token.as_str()));
        let special = Value::from_pairs(self.special.iter().map(pairs));
        let own = |(name, value): (&String, &serde_json::Value)| {
            (name.clone(), Value::from(Serde(value)))
        };
        let variables = Value::from_pairs(variables.iter().map(own));
        let context =
            minijinja::context! { ..variables, ..minijinja::context! { ..known, ..special } };
        self.jinja.render(context).map_err(|error| {
            RowError(format!("the chat template {} refuses the conversation: {error}", self.name))
        })
    }
}

/// A message as templates see it.
fn message(turn: &Turn) -> Value {
    let role = ("role".to_owned(), Value::from(turn.role.name()));
    let content = turn.content.as_deref().map(|text| ("content".to_owned(), Value::from(text)));
    let further = turn.fields.iter().map(|(name, value)| (name.clone(), Value::from(Serde(value))));
    Value::from_pairs([role].into_iter().chain(content).chain(further))
}
