//! Rows of a list of messages: `messages` as OpenAI writes them, `conversations` as ShareGPT does.

use super::fields::{Fields, list, missing, names_of, present, text, wrong_kind};
use super::refused::{self, OF_MESSAGES, OF_PARTS, UNLESS_READ};
use super::rules::Rules;
use super::tool_calls::{calls, calls_of_text};
use crate::data::conversation::{ChatRole, Part, TOOL_CALLS, Turn};
use crate::data::error::RowError;
use crate::data::summary::FieldUse;
use serde_json::{Map, Value};

/// Names by which data sets say whether the loss counts a message.
const WEIGHTS: [&str; 5] = ["weight", "train", "train_on_turn", "training", "loss"];

/// Names of the role of a message, and of its text.
const ROLE: [&str; 2] = ["role", "from"];
const CONTENT: [&str; 2] = ["content", "value"];

/// Roles whose text is the JSON of tools that the assistant calls.
const CALLERS: [&str; 2] = ["function_call", "tool_call"];

/// The messages of the list in field `name`, in their order. Both namings are accepted in every list:
/// `from`/`value` and `role`/`content`.
pub(super) fn turns(fields: &Fields, name: &str, rules: &Rules) -> Result<Vec<Turn>, RowError> {
    let value = present(fields, name).ok_or_else(|| missing(fields, name))?;
    let items = list(value).ok_or_else(|| wrong_kind(name, value, "a list of messages"))?;
    let named = items.iter().enumerate().map(|(i, item)| (format!("{name}[{i}]"), item));
    named.map(|(name, item)| turn(&name, item, rules)).collect()
}

fn turn(name: &str, item: &Value, rules: &Rules) -> Result<Turn, RowError> {
    let Value::Object(fields) = item else {
        return Err(wrong_kind(name, item, "an object such as {\"role\": …, \"content\": …}"));
    };
    let fields = &*rules.without_ignored(fields);
    let place = format!("{name}.");
    refused::check(&place, fields, &OF_MESSAGES, rules)?;
    refused::check_read(&place, fields, &UNLESS_READ, rules)?;
    let further = further(name, fields, rules)?;
    let (role_name, role_value) = one_of(name, fields, ROLE)?;
    let written = text(&role_name, role_value)?;
    let part = if is_excluded(name, fields)? { Part::Excluded } else { Part::Usual };
    if CALLERS.contains(&written.as_str()) && rules.role(&written).is_none() {
        return caller(name, fields, further, rules).map(|turn| Turn { part, ..turn });
    }
    let role = rules.role(&written).ok_or_else(|| unknown_role(&role_name, &written))?;
    // Beside the calls of tools, a text may be missing.
    let content = match one_of(name, fields, CONTENT) {
        Ok((content_name, content)) => Some(message_text(&content_name, content)?),
        Err(_) if role == ChatRole::Assistant && !further.is_empty() => None,
        Err(error) => return Err(error),
    };
    Ok(Turn { role, content, fields: further, part })
}

/// The value of a field that has one of two names, and its place in the row.
fn one_of<'a>(
    name: &str,
    fields: &'a Fields,
    keys: [&str; 2],
) -> Result<(String, &'a Value), RowError> {
    let found = keys.iter().find_map(|key| Some((format!("{name}.{key}"), present(fields, key)?)));
    found.ok_or_else(|| {
        let [a, b] = keys;
        match keys.iter().find(|key| fields.contains_key(**key)) {
            Some(key) => RowError(format!("'{name}.{key}' is null; it has to be a string")),
            None => {
                RowError(format!("{name} has neither '{a}' nor '{b}', only {}", names_of(fields)))
            }
        }
    })
}

fn unknown_role(name: &str, written: &str) -> RowError {
    RowError(format!(
        "{name} is '{written}'; allowed are system (developer), user (human), assistant (gpt), tool \
         (function, observation) and function_call; say who that is in data.roles: {{\"{written}\": User}}"
    ))
}

/// What the chat template reads of a message besides its role and its text. A text that is null is among
/// it, since templates tell that from one that is missing.
fn further(name: &str, fields: &Fields, rules: &Rules) -> Result<Map<String, Value>, RowError> {
    let known = [ROLE, CONTENT].concat();
    let is_read = |field: &str| {
        !known.contains(&field)
            && !WEIGHTS.contains(&field)
            && !rules.ignores(field)
            && rules.template_reads(field)
    };
    let mut further = Map::new();
    for (field, value) in fields.iter().filter(|(field, value)| !value.is_null() && is_read(field))
    {
        let value = match field.as_str() {
            TOOL_CALLS => calls(&format!("{name}.{field}"), value)?,
            _ => value.clone(),
        };
        if value.as_array().is_none_or(|items| !items.is_empty()) {
            further.insert(field.clone(), value);
        }
    }
    if further.contains_key(TOOL_CALLS) && fields.get(CONTENT[0]).is_some_and(Value::is_null) {
        further.insert(CONTENT[0].to_owned(), Value::Null);
    }
    Ok(further)
}

/// What becomes of a field of messages that is not ignored.
pub(super) fn use_of(field: &str, rules: &Rules) -> FieldUse {
    let known = [ROLE, CONTENT].concat();
    match field {
        _ if known.contains(&field) || WEIGHTS.contains(&field) => FieldUse::Content,
        _ if OF_MESSAGES.contains(&field) => FieldUse::Refused,
        _ if rules.template_reads(field) => FieldUse::Template,
        _ if UNLESS_READ.contains(&field) => FieldUse::Refused,
        _ => FieldUse::Unused,
    }
}

/// A message of a role of its own for the tools that are called.
fn caller(
    name: &str,
    fields: &Fields,
    further: Map<String, Value>,
    rules: &Rules,
) -> Result<Turn, RowError> {
    let (content_name, content) = one_of(name, fields, CONTENT)?;
    let calls = calls_of_text(&content_name, &text(&content_name, content)?)?;
    if further.contains_key(TOOL_CALLS) {
        return Err(RowError(format!(
            "{name} calls tools in '{TOOL_CALLS}' and by its role; put all calls into one of them"
        )));
    }
    let as_field = Map::from_iter([(TOOL_CALLS.to_owned(), calls)]);
    refused::check_read(&format!("{name}."), &as_field, &UNLESS_READ, rules)?;
    let kept = as_field.into_iter().filter(|(field, _)| !rules.ignores(field));
    let fields = further.into_iter().chain(kept).collect();
    Ok(Turn { role: ChatRole::Assistant, content: None, fields, part: Part::Usual })
}

/// Whether the message itself says that the loss does not count it.
fn is_excluded(name: &str, fields: &Fields) -> Result<bool, RowError> {
    let mut excluded = false;
    for field in WEIGHTS {
        let Some(value) = present(fields, field) else { continue };
        excluded |= match (value, value.as_f64()) {
            (Value::Bool(yes), _) => !yes,
            (_, Some(weight)) if weight == 0.0 || weight == 1.0 => weight == 0.0,
            _ => {
                return Err(RowError(format!(
                    "'{name}.{field}' is {value}; it has to be 0 or 1: a message counts or does not"
                )));
            }
        };
    }
    Ok(excluded)
}

/// A string, or a list of `{"type": "text", "text": …}`, the parts put together.
fn message_text(name: &str, content: &Value) -> Result<String, RowError> {
    let Value::Array(parts) = content else { return text(name, content) };
    let parts = parts.iter().enumerate();
    parts.map(|(i, part)| part_text(&format!("{name}[{i}]"), part)).collect()
}

/// Types of parts that are text; Mistral's and OpenAI's further types are thoughts, images and the like.
const TEXTS: [&str; 3] = ["text", "input_text", "output_text"];

fn part_text(name: &str, part: &Value) -> Result<String, RowError> {
    let refused = |what: String| RowError(format!("{name} {what}; only text can be trained on"));
    let Value::Object(fields) = part else {
        return Err(refused("is no part such as {\"type\": \"text\", \"text\": …}".into()));
    };
    if let Some(kind) =
        present(fields, "type").filter(|kind| !TEXTS.iter().any(|text| kind == text))
    {
        return Err(refused(format!("is of the type {kind}")));
    }
    if let Some(field) = OF_PARTS.iter().find(|field| present(fields, field).is_some()) {
        return Err(refused(format!("has the field '{field}'")));
    }
    let words = present(fields, "text").ok_or_else(|| refused("is no text".into()))?;
    text(&format!("{name}.text"), words)
}
