//! Rows of a list of messages: `messages` as OpenAI writes them, `conversations` as ShareGPT does.

use super::fields::{Fields, missing, names_of, text, wrong_kind};
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::RowError;
use serde_json::Value;

/// The messages of the list in field `list`, in their order. Both namings are accepted in every list:
/// `from`/`value` and `role`/`content`.
pub(super) fn turns(fields: &Fields, list: &str) -> Result<Vec<Turn>, RowError> {
    let items = match fields.get(list) {
        Some(Value::Array(items)) => items,
        Some(other) => return Err(wrong_kind(list, other, "a list of messages")),
        None => return Err(missing(fields, list)),
    };
    items.iter().enumerate().map(|(i, item)| turn(&format!("{list}[{i}]"), item)).collect()
}

fn turn(name: &str, item: &Value) -> Result<Turn, RowError> {
    let Value::Object(fields) = item else {
        return Err(wrong_kind(name, item, "an object such as {\"role\": …, \"content\": …}"));
    };
    let one_of = |keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| Some((format!("{name}.{key}"), fields.get(*key)?)));
        found.ok_or_else(|| {
            let [a, b] = keys;
            RowError(format!("{name} has neither '{a}' nor '{b}', only {}", names_of(fields)))
        })
    };
    let (role_name, role_value) = one_of(["role", "from"])?;
    let (content_name, content) = one_of(["content", "value"])?;
    let written = text(&role_name, role_value)?;
    let role = role(&written).ok_or_else(|| {
        RowError(format!(
            "{role_name} is '{written}'; allowed are system, user (human) and assistant (gpt)"
        ))
    })?;
    Ok(Turn::new(role, message_text(&content_name, content)?))
}

/// The role that data sets call by this name.
fn role(name: &str) -> Option<ChatRole> {
    match name {
        "system" | "developer" => Some(ChatRole::System),
        "user" | "human" | "prompter" => Some(ChatRole::User),
        "assistant" | "gpt" | "model" | "bot" | "chatgpt" => Some(ChatRole::Assistant),
        _ => None,
    }
}

/// A string, or a list of `{"type": "text", "text": …}`, the parts put together.
fn message_text(name: &str, content: &Value) -> Result<String, RowError> {
    let Value::Array(parts) = content else { return text(name, content) };
    parts
        .iter()
        .enumerate()
        .map(|(i, part)| match part.get("text") {
            Some(part) => text(&format!("{name}[{i}].text"), part),
            None => Err(RowError(format!("{name}[{i}] is no text; only text can be trained on"))),
        })
        .collect()
}
