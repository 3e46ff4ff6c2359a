//! Fields that would change what a row or a message means, and that cannot be honoured.

use super::fields::{Fields, present};
use crate::data::error::RowError;
use serde_json::Value;

/// Of rows.
pub(super) const OF_ROWS: [&str; 11] = [
    "tools",
    "functions",
    "documents",
    "image",
    "images",
    "audio",
    "audios",
    "video",
    "videos",
    "chosen",
    "rejected",
];

/// Of messages.
pub(super) const OF_MESSAGES: [&str; 11] = [
    "tool_calls",
    "function_call",
    "tool_plan",
    "reasoning_content",
    "reasoning",
    "thinking",
    "image",
    "images",
    "audio",
    "video",
    "tools",
];

/// # Errors
/// A field of `refused` has a value. `place` begins its name in the message.
pub(super) fn check(
    place: &str,
    fields: &Fields,
    refused: &[&str],
    ignored: &[String],
) -> Result<(), RowError> {
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let has = |field: &&&str| {
        present(fields, field).is_some_and(|value| !is_empty(value))
            && !ignored.iter().any(|name| name == **field)
    };
    match refused.iter().find(has) {
        None => Ok(()),
        Some(field) => Err(RowError(format!(
            "'{place}{field}' would change what the row means, and is not used; name it in \
             data.ignore_fields to train without it"
        ))),
    }
}
