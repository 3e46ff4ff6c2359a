use crate::data::error::RowError;
use crate::data::json::kind_of;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A row: its fields by name, in the order of the file.
pub(in crate::data) type Fields = Map<String, Value>;

/// The value of a field; null, as in tables, is no value.
pub(super) fn present<'a>(fields: &'a Fields, field: &str) -> Option<&'a Value> {
    fields.get(field).filter(|value| !value.is_null())
}

/// A list, or the text of one, as tables without lists have it.
pub(super) fn list(value: &Value) -> Option<Cow<'_, [Value]>> {
    match value {
        Value::Array(items) => Some(Cow::Borrowed(items)),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str::<Vec<Value>>(text).ok().map(Cow::Owned)
        }
        _ => None,
    }
}

/// Whether a value is a list of messages: a list, or the text of one that holds messages. Texts that are other
/// lists, such as `[1, 2]`, are texts.
pub(super) fn is_messages(value: &Value) -> bool {
    let is_message = |item: &Value| item.get("role").is_some() || item.get("from").is_some();
    match value {
        Value::String(_) => {
            list(value).is_some_and(|items| !items.is_empty() && items.iter().all(is_message))
        }
        value => value.is_array(),
    }
}

/// The text of a field that every row of the format has.
pub(super) fn required(fields: &Fields, field: &str) -> Result<String, RowError> {
    match present(fields, field) {
        Some(value) => text(field, value),
        None => Err(missing(fields, field)),
    }
}

/// The string in `value`. `name` is its place in the row, for the error.
pub(super) fn text(name: &str, value: &Value) -> Result<String, RowError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(wrong_kind(name, other, "a string")),
    }
}

pub(super) fn not_empty(field: &str, text: String) -> Result<String, RowError> {
    if text.trim().is_empty() {
        return Err(RowError(format!("'{field}' is empty")));
    }
    Ok(text)
}

pub(super) fn wrong_kind(name: &str, found: &Value, allowed: &str) -> RowError {
    RowError(format!("'{name}' is {}; it has to be {allowed}", kind_of(found)))
}

/// The error of a row that lacks a field.
pub(in crate::data) fn missing(fields: &Fields, field: &str) -> RowError {
    if fields.contains_key(field) {
        return RowError(format!("'{field}' is null"));
    }
    RowError(format!("there is no field '{field}', only {}", names_of(fields)))
}

/// The names of the first fields, for messages.
pub(in crate::data) fn names_of(fields: &Fields) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<&str> = fields.keys().take(SHOWN).map(String::as_str).collect();
    if fields.len() > SHOWN {
        names.push("…");
    }
    if names.is_empty() { "an empty object".into() } else { names.join(", ") }
}
