//! Fields of a row → [`Document`]: the same content from rows of every format.
//!
//! A [`RowFormat`] carries the names of its fields. A further one is a variant there, its reading in a
//! file here, and a line each in [`recognize`] and [`document`].

mod exchange;
mod fields;
mod messages;

pub(super) use fields::{Fields, missing, names_of};

use super::conversation::{ChatRole, Document, Turn};
use super::error::RowError;
use super::plan::RowFormat;
use fields::{not_empty, required};
use serde_json::Value;

/// The format that has the fields of this row, with its usual field names.
pub(super) fn recognize(fields: &Fields) -> Option<RowFormat> {
    let has = |field: &str| fields.get(field).is_some_and(|value| !value.is_null());
    let is_list = |field: &str| fields.get(field).is_some_and(Value::is_array);
    let name = str::to_owned;
    if is_list("messages") {
        Some(RowFormat::Messages { messages: name("messages") })
    } else if is_list("conversations") {
        Some(RowFormat::ShareGpt { conversations: name("conversations") })
    } else if has("instruction") && has("output") {
        let [instruction, input, output] = ["instruction", "input", "output"].map(name);
        Some(RowFormat::Alpaca { instruction, input, output })
    } else if has("prompt") && has("completion") {
        let [prompt, completion] = ["prompt", "completion"].map(name);
        Some(RowFormat::PromptCompletion { prompt, completion })
    } else if has("text") {
        Some(RowFormat::Text { text: name("text") })
    } else {
        None
    }
}

/// The content of a row in a format that is not `Auto`. Other fields are ignored.
///
/// # Errors
/// A field is missing or of another kind, or there is nothing to learn from.
pub(super) fn document(fields: &Fields, format: &RowFormat) -> Result<Document, RowError> {
    let turns = match format {
        RowFormat::Auto => return Err(RowError("the format was not recognized".into())),
        RowFormat::Text { text } => {
            return Ok(Document::Text(not_empty(text, required(fields, text)?)?));
        }
        RowFormat::Alpaca { instruction, input, output } => {
            exchange::alpaca(fields, instruction, input, output)?
        }
        RowFormat::PromptCompletion { prompt, completion } => {
            exchange::prompt_completion(fields, prompt, completion)?
        }
        RowFormat::ShareGpt { conversations } => messages::turns(fields, conversations)?,
        RowFormat::Messages { messages: list } => messages::turns(fields, list)?,
    };
    checked(turns).map(Document::Conversation)
}

/// The turns, if there is an answer to learn and none is empty.
fn checked(turns: Vec<Turn>) -> Result<Vec<Turn>, RowError> {
    let mut answers = turns.iter().enumerate().filter(|(_, turn)| turn.role == ChatRole::Assistant);
    if let Some((i, _)) = answers.clone().find(|(_, turn)| turn.content.trim().is_empty()) {
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
