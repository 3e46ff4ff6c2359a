//! Rows of a list of messages: `messages` as OpenAI writes them, `conversations` as ShareGPT does.

use super::fields::{Fields, missing, names_of, present, text, wrong_kind};
use super::refused;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::RowError;
use serde_json::Value;
use std::borrow::Cow;

/// Names by which data sets say whether the loss counts a message.
const WEIGHTS: [&str; 3] = ["weight", "train", "train_on_turn"];

/// Whether a value is a list, or the text of one, as tables without lists have it.
pub(super) fn is_list(value: &Value) -> bool {
    as_list(value).is_some()
}

fn as_list(value: &Value) -> Option<Cow<'_, [Value]>> {
    match value {
        Value::Array(items) => Some(Cow::Borrowed(items)),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str::<Vec<Value>>(text).ok().map(Cow::Owned)
        }
        _ => None,
    }
}

/// The messages of the list in field `list`, in their order. Both namings are accepted in every list:
/// `from`/`value` and `role`/`content`.
pub(super) fn turns(
    fields: &Fields,
    list: &str,
    ignored: &[String],
) -> Result<Vec<Turn>, RowError> {
    let value = present(fields, list).ok_or_else(|| missing(fields, list))?;
    let items = as_list(value).ok_or_else(|| wrong_kind(list, value, "a list of messages"))?;
    let named = items.iter().enumerate().map(|(i, item)| (format!("{list}[{i}]"), item));
    named.map(|(name, item)| turn(&name, item, ignored)).collect()
}

fn turn(name: &str, item: &Value, ignored: &[String]) -> Result<Turn, RowError> {
    let Value::Object(fields) = item else {
        return Err(wrong_kind(name, item, "an object such as {\"role\": …, \"content\": …}"));
    };
    refused::check(&format!("{name}."), fields, &refused::OF_MESSAGES, ignored)?;
    let one_of = |keys: [&str; 2]| {
        let found =
            keys.iter().find_map(|key| Some((format!("{name}.{key}"), present(fields, key)?)));
        found.ok_or_else(|| {
            let [a, b] = keys;
            match keys.iter().find(|key| fields.contains_key(**key)) {
                Some(key) => RowError(format!("'{name}.{key}' is null; it has to be a string")),
                None => RowError(format!(
                    "{name} has neither '{a}' nor '{b}', only {}",
                    names_of(fields)
                )),
            }
        })
    };
    let (role_name, role_value) = one_of(["role", "from"])?;
    let (content_name, content) = one_of(["content", "value"])?;
    let written = text(&role_name, role_value)?;
    let role = role(&written).ok_or_else(|| {
        RowError(format!(
            "{role_name} is '{written}'; allowed are system (developer), user (human), assistant (gpt) and \
             tool (observation)"
        ))
    })?;
    let mut turn = Turn::new(role, message_text(&content_name, content)?);
    turn.counted &= is_counted(name, fields)?;
    Ok(turn)
}

/// The role that data sets call by this name, in any case.
fn role(name: &str) -> Option<ChatRole> {
    match name.to_ascii_lowercase().as_str() {
        "system" | "developer" => Some(ChatRole::System),
        "user" | "human" | "prompter" => Some(ChatRole::User),
        "assistant" | "gpt" | "model" | "bot" | "chatgpt" => Some(ChatRole::Assistant),
        "tool" | "observation" | "ipython" | "function_response" => Some(ChatRole::Tool),
        _ => None,
    }
}

/// Whether the message itself lets the loss count it.
fn is_counted(name: &str, fields: &Fields) -> Result<bool, RowError> {
    let mut counted = true;
    for field in WEIGHTS {
        let Some(value) = present(fields, field) else { continue };
        counted &= match (value, value.as_f64()) {
            (Value::Bool(yes), _) => *yes,
            (_, Some(weight)) if weight == 0.0 || weight == 1.0 => weight == 1.0,
            _ => {
                return Err(RowError(format!(
                    "'{name}.{field}' is {value}; it has to be 0 or 1: a message counts or does not"
                )));
            }
        };
    }
    Ok(counted)
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
