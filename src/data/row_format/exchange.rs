//! Rows of one question and one answer, each in a field of its own.

use super::fields::{Fields, not_empty, required, text};
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::RowError;
use serde_json::Value;

/// `prompt`, `completion`.
pub(super) fn prompt_completion(
    fields: &Fields,
    prompt: &str,
    completion: &str,
) -> Result<Vec<Turn>, RowError> {
    Ok(exchange(required(fields, prompt)?, required(fields, completion)?))
}

/// `instruction`, `input`, `output`.
pub(super) fn alpaca(
    fields: &Fields,
    instruction: &str,
    input: &str,
    output: &str,
) -> Result<Vec<Turn>, RowError> {
    Ok(exchange(question(fields, instruction, input)?, required(fields, output)?))
}

/// Instruction and input, with an empty line between them where there is an input.
fn question(fields: &Fields, instruction: &str, input: &str) -> Result<String, RowError> {
    let instruction_text = required(fields, instruction)?;
    let input_text = match fields.get(input) {
        None | Some(Value::Null) => String::new(),
        Some(value) => text(input, value)?,
    };
    let parts = [instruction_text, input_text].map(|part| part.trim().to_owned());
    let question = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>();
    not_empty(instruction, question.join("\n\n"))
}

fn exchange(question: String, answer: String) -> Vec<Turn> {
    vec![Turn::new(ChatRole::User, question), Turn::new(ChatRole::Assistant, answer)]
}
