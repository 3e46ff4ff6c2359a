//! Fields of a row → [`Document`]: the same content from rows of every format.
//!
//! A [`RowFormat`] carries the names of its fields. A further one is a variant there, its reading in a
//! file here, and a line each in [`recognize`] and [`document`].

mod exchange;
mod fields;
mod messages;
mod refused;
mod rules;
mod tool_calls;
mod variables;

pub(super) use fields::{Fields, missing, names_of};
pub(super) use rules::Rules;

use super::conversation::{ChatRole, Conversation, Document, THOUGHTS, Turn};
use super::error::RowError;
use super::plan::RowFormat;
use super::summary::FieldUse;
use fields::{is_messages, not_empty, present, required, text, wrong_kind};
use serde_json::Value;
use std::borrow::Cow;
use variables::{FURTHER, LISTS};

/// Fields of the row with the system message, whatever the format.
const SYSTEM: [&str; 2] = ["system", "system_prompt"];

/// The fields that a row of each format has.
const REQUIRED: [&[&str]; 5] = [
    &["messages"],
    &["conversations"],
    &["instruction", "output"],
    &["prompt", "completion"],
    &["text"],
];

/// The names that the fields of a format usually have.
const USUAL: [&str; 8] =
    ["messages", "conversations", "instruction", "input", "output", "prompt", "completion", "text"];

/// The format that has the fields of this row, with its usual field names.
///
/// # Errors
/// None has them.
pub(super) fn recognize(fields: &Fields) -> Result<RowFormat, RowError> {
    let has = |field: &str| present(fields, field).is_some();
    let has_list = |field: &str| present(fields, field).is_some_and(is_messages);
    let name = str::to_owned;
    if has_list("messages") {
        Ok(RowFormat::Messages { messages: name("messages") })
    } else if has_list("conversations") {
        Ok(RowFormat::ShareGpt { conversations: name("conversations") })
    } else if has("instruction") && has("output") {
        let [instruction, input, output] = ["instruction", "input", "output"].map(name);
        Ok(RowFormat::Alpaca { instruction, input, output })
    } else if has("prompt") && has("completion") {
        let [prompt, completion] = ["prompt", "completion"].map(name);
        Ok(RowFormat::PromptCompletion { prompt, completion })
    } else if has("text") {
        Ok(RowFormat::Text { text: name("text") })
    } else if has("chosen") && has("rejected") {
        Err(RowError(
            "'chosen' and 'rejected' are preference data, which are not for fine-tuning; keep the chosen \
             answers as rows of prompt and completion"
                .into(),
        ))
    } else if let Some((name, value)) = no_messages(fields) {
        Err(wrong_kind(name, value, "a list of messages, or the JSON of one"))
    } else if let Some(null) = null_in(fields) {
        Err(RowError(format!("'{null}' is null")))
    } else {
        Err(RowError(format!(
            "no known format has the fields {}; known are messages · conversations · instruction, output · \
             prompt, completion · text. Name the domain's format and its fields in \
             the config",
            names_of(fields)
        )))
    }
}

/// The field that should be a list of messages and is none, such as the text of Python's `repr`.
fn no_messages(fields: &Fields) -> Option<(&'static str, &Value)> {
    ["messages", "conversations"].into_iter().find_map(|name| Some((name, present(fields, name)?)))
}

/// The field that is null, of a row that has all fields of a format otherwise.
fn null_in(fields: &Fields) -> Option<&'static str> {
    let all = REQUIRED.iter().find(|all| all.iter().all(|name| fields.contains_key(*name)))?;
    all.iter().find(|name| fields[**name].is_null()).copied()
}

/// The names of the fields that rows of a format may use; for `Auto`, those that any format usually has.
pub(super) fn names_in<'a>(format: &'a RowFormat, rules: &Rules) -> Vec<&'a str> {
    let own: Vec<&str> = match format {
        RowFormat::Auto => [&USUAL[..], &[exchange::HISTORY]].concat(),
        RowFormat::Text { text } => vec![text],
        RowFormat::Alpaca { instruction, input, output } => {
            vec![instruction, input, output, exchange::HISTORY]
        }
        RowFormat::PromptCompletion { prompt, completion } => {
            vec![prompt, completion, exchange::HISTORY]
        }
        RowFormat::ShareGpt { conversations } => vec![conversations],
        RowFormat::Messages { messages } => vec![messages],
    };
    let of_all = [
        &SYSTEM[..],
        &[exchange::LABEL, refused::WEIGHT, FURTHER],
        &THOUGHTS,
        &LISTS,
        &refused::OF_ROWS,
    ]
    .concat();
    own.into_iter().chain(of_all.into_iter().filter(|name| !rules.ignores(name))).collect()
}

/// The fields of a row that have a value, those of its messages as `messages[].name`.
pub(super) fn names_of_row<'a>(fields: &'a Fields, format: &RowFormat) -> Vec<Cow<'a, str>> {
    let mut names = Vec::with_capacity(fields.len());
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        names.push(Cow::Borrowed(name.as_str()));
        let items = value.as_array().filter(|_| lists_of(format).contains(&name.as_str()));
        let messages = items.into_iter().flatten().filter_map(Value::as_object);
        let mut of_messages: Vec<&str> = Vec::new();
        for (field, _) in messages.flatten().filter(|(_, value)| !value.is_null()) {
            if !of_messages.contains(&field.as_str()) {
                of_messages.push(field);
            }
        }
        names.extend(of_messages.into_iter().map(|field| format!("{name}[].{field}").into()));
    }
    names
}

/// The fields of a format that may be lists of messages.
fn lists_of(format: &RowFormat) -> [&str; 2] {
    match format {
        RowFormat::ShareGpt { conversations } => [conversations, ""],
        RowFormat::Messages { messages } => [messages, ""],
        RowFormat::PromptCompletion { prompt, completion } => [prompt, completion],
        RowFormat::Auto | RowFormat::Alpaca { .. } | RowFormat::Text { .. } => ["", ""],
    }
}

/// What becomes of a field that [`names_of_row`] names.
pub(super) fn use_of(name: &str, format: &RowFormat, rules: &Rules) -> FieldUse {
    let (list, field) = name.split_once("[].").unwrap_or(("", name));
    if rules.ignores(field) {
        return FieldUse::Ignored;
    }
    if !list.is_empty() {
        return messages::use_of(field, rules);
    }
    let is_read = rules.template_reads(field) && !matches!(format, RowFormat::Text { .. });
    match field {
        _ if refused::OF_ROWS.contains(&field) || THOUGHTS.contains(&field) => FieldUse::Refused,
        _ if LISTS.contains(&field) && !is_read => FieldUse::Refused,
        _ if LISTS.contains(&field) || field == FURTHER => FieldUse::Template,
        // Running text has no system message.
        _ if matches!(format, RowFormat::Text { .. }) && SYSTEM.contains(&field) => {
            FieldUse::Unused
        }
        _ if [exchange::LABEL, refused::WEIGHT].contains(&field) => FieldUse::Unused,
        _ if names_in(format, rules).contains(&field) => FieldUse::Content,
        _ => FieldUse::Unused,
    }
}

/// The content of a row in a format that is not `Auto`. A field that is null is none. Fields that would
/// change what the row means and cannot be honoured are refused, unless the rules ignore them.
///
/// # Errors
/// A field is missing, of another kind or refused, or there is nothing to learn from.
pub(super) fn document(
    fields: &Fields,
    format: &RowFormat,
    rules: &Rules,
) -> Result<Document, RowError> {
    let fields = &*rules.without_ignored(fields);
    refused::check("", fields, &refused::OF_ROWS, rules)?;
    let turns = match format {
        RowFormat::Auto => return Err(RowError("the format was not recognized".into())),
        RowFormat::Text { text } => {
            refused::check("", fields, &[&LISTS[..], &[FURTHER]].concat(), rules)?;
            return Ok(Document::Text(not_empty(text, required(fields, text)?)?));
        }
        RowFormat::Alpaca { instruction, input, output } => {
            exchange::alpaca(fields, instruction, input, output)?
        }
        RowFormat::PromptCompletion { prompt, completion } => {
            exchange::prompt_completion(fields, prompt, completion, rules)?
        }
        RowFormat::ShareGpt { conversations } => messages::turns(fields, conversations, rules)?,
        RowFormat::Messages { messages: list } => messages::turns(fields, list, rules)?,
    };
    exchange::refuse_label(fields)?;
    refused::check_weight(fields)?;
    refused::check("", fields, &THOUGHTS, rules)?;
    let turns = checked(with_system(fields, turns)?)?;
    let variables = variables::variables(fields, rules)?;
    Ok(Document::Conversation(Conversation { turns, variables }))
}

/// The turns behind the row's `system` text, where it has one.
fn with_system(fields: &Fields, mut turns: Vec<Turn>) -> Result<Vec<Turn>, RowError> {
    let mut given = Vec::new();
    for name in SYSTEM {
        let system = present(fields, name).map(|value| text(name, value)).transpose()?;
        given
            .extend(system.filter(|system| !system.trim().is_empty()).map(|system| (name, system)));
    }
    if let [(_, one), (_, other)] = &given[..]
        && one.trim() != other.trim()
    {
        let [a, b] = SYSTEM;
        return Err(RowError(format!(
            "'{a}' and '{b}' are two different system messages; keep one"
        )));
    }
    let Some((name, system)) = given.into_iter().next() else { return Ok(turns) };
    match turns.first() {
        Some(first) if first.role == ChatRole::System && first.text().trim() != system.trim() => {
            Err(RowError(format!(
                "'{name}' and the first message are two different system messages; keep one"
            )))
        }
        Some(first) if first.role == ChatRole::System => Ok(turns),
        _ => {
            turns.insert(0, Turn::new(ChatRole::System, system));
            Ok(turns)
        }
    }
}

/// The turns, if there is an answer to learn and none is empty.
fn checked(turns: Vec<Turn>) -> Result<Vec<Turn>, RowError> {
    let mut answers = turns.iter().enumerate().filter(|(_, turn)| turn.role == ChatRole::Assistant);
    let is_empty = |turn: &Turn| {
        turn.text().trim().is_empty() && turn.tool_calls().is_none() && turn.thoughts().is_none()
    };
    if let Some((i, _)) = answers.clone().find(|(_, turn)| is_empty(turn)) {
        return Err(RowError(format!(
            "the answer is empty (message {} of {})",
            i + 1,
            turns.len()
        )));
    }
    match answers.next() {
        Some(_) => Ok(turns),
        None => Err(RowError(format!(
            "none of the {} messages is the assistant's, so there is nothing to learn",
            turns.len()
        ))),
    }
}

#[cfg(test)]
mod tests;
