//! Fields that would change what a row or a message means, and that cannot be honoured.

use super::fields::{Fields, present};
use super::rules::Rules;
use crate::data::conversation::THOUGHTS;
use crate::data::error::RowError;
use serde_json::Value;

/// Of rows.
pub(super) const OF_ROWS: [&str; 12] = [
    "functions",
    "image",
    "images",
    "audio",
    "audios",
    "video",
    "videos",
    "chosen",
    "rejected",
    "rejected_response",
    "rejected_responses",
    "rejected_messages",
];

/// Of messages. `train_detail` counts characters of a message (axolotl).
pub(super) const OF_MESSAGES: [&str; 6] =
    ["image", "images", "audio", "video", "tools", "train_detail"];

/// Of parts of a message's content.
pub(super) const OF_PARTS: [&str; 8] =
    ["image", "image_url", "audio", "audio_url", "input_audio", "video", "weight", "train"];

/// How much a row counts, which only 1 is honoured of.
pub(super) const WEIGHT: &str = "weight";

/// # Errors
/// The row is to count less or more than others.
pub(super) fn check_weight(fields: &Fields) -> Result<(), RowError> {
    match present(fields, WEIGHT) {
        Some(weight @ Value::Number(_)) if weight.as_f64() != Some(1.0) => Err(RowError(format!(
            "'{WEIGHT}' of the row is {weight}, and every row counts alike: only 1 is taken; leave rows out \
             yourself, or name '{WEIGHT}' in data.ignore_fields"
        ))),
        _ => Ok(()),
    }
}

/// Of messages, where the chat template does not read them.
pub(super) const UNLESS_READ: [&str; 6] =
    ["tool_calls", "function_call", "tool_plan", THOUGHTS[0], THOUGHTS[1], THOUGHTS[2]];

/// # Errors
/// A field of `refused` has a value. `place` begins its name in the message.
pub(super) fn check(
    place: &str,
    fields: &Fields,
    refused: &[&str],
    rules: &Rules,
) -> Result<(), RowError> {
    match refused.iter().find(|field| is_given(fields, field, rules)) {
        None => Ok(()),
        Some(field) => Err(RowError(format!(
            "'{place}{field}' would change what the row means, and is not used; name it in \
             data.ignore_fields to train without it"
        ))),
    }
}

/// # Errors
/// A field has a value, and the chat template does not read it.
pub(super) fn check_read(
    place: &str,
    fields: &Fields,
    names: &[&str],
    rules: &Rules,
) -> Result<(), RowError> {
    let is_lost = |field: &&&str| is_given(fields, field, rules) && !rules.template_reads(field);
    let Some(field) = names.iter().find(is_lost) else { return Ok(()) };
    let other = THOUGHTS.into_iter().find(|name| rules.template_reads(name));
    let hint = match other.filter(|_| THOUGHTS.contains(field)) {
        Some(other) => format!("it reads '{other}', so rename the field"),
        None => "take a template that does".into(),
    };
    Err(RowError(format!(
        "the chat template {} does not read '{place}{field}', which would change what the row means; {hint}, \
         or name it in data.ignore_fields to train without it",
        rules.template_name()
    )))
}

/// Whether a field has a value that is not empty, and is not to be ignored.
pub(super) fn is_given(fields: &Fields, field: &str, rules: &Rules) -> bool {
    let is_empty = |value: &Value| match value {
        // Tables have lists as text.
        Value::String(text) => matches!(text.trim(), "" | "[]" | "null"),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    present(fields, field).is_some_and(|value| !is_empty(value)) && !rules.ignores(field)
}
