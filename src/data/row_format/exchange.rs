//! Rows of one question and one answer, each in a field of its own.

use super::fields::{Fields, is_messages, missing, not_empty, present, required, text, wrong_kind};
use super::messages::turns;
use super::rules::Rules;
use crate::data::conversation::{ChatRole, Part, Turn};
use crate::data::error::RowError;
use serde_json::Value;

/// Whether a completion is a good one, in preference data.
pub(super) const LABEL: &str = "label";

/// # Errors
/// The row says whether its answer is a good one.
pub(super) fn refuse_label(fields: &Fields) -> Result<(), RowError> {
    match present(fields, LABEL) {
        Some(label @ Value::Bool(_)) => Err(RowError(format!(
            "'{LABEL}' is {label}: such rows tell good completions from bad ones, which is not for \
             fine-tuning; keep the good ones, and name '{LABEL}' in data.ignore_fields"
        ))),
        _ => Ok(()),
    }
}

/// Earlier questions and answers of an Alpaca row, as `[[question, answer], …]`.
pub(super) const HISTORY: &str = "history";

/// `prompt`, `completion`: two texts, or two lists of messages.
pub(super) fn prompt_completion(
    fields: &Fields,
    prompt: &str,
    completion: &str,
    rules: &Rules,
) -> Result<Vec<Turn>, RowError> {
    let is_list = |field: &str| present(fields, field).is_some_and(is_messages);
    if !is_list(prompt) {
        let mut turns = history(fields)?;
        turns.extend(exchange(required(fields, prompt)?, required(fields, completion)?));
        return Ok(turns);
    }
    let mut all = turns(fields, prompt, rules)?;
    all.iter_mut()
        .filter(|turn| turn.part == Part::Usual)
        .for_each(|turn| turn.part = Part::Prompt);
    match present(fields, completion) {
        Some(_) if is_list(completion) => all.extend(turns(fields, completion, rules)?),
        Some(value) => all.push(Turn::new(ChatRole::Assistant, text(completion, value)?)),
        None => return Err(missing(fields, completion)),
    }
    Ok(all)
}

/// `instruction`, `input`, `output`, and `history`.
pub(super) fn alpaca(
    fields: &Fields,
    instruction: &str,
    input: &str,
    output: &str,
) -> Result<Vec<Turn>, RowError> {
    let mut turns = history(fields)?;
    turns.extend(exchange(question(fields, instruction, input)?, required(fields, output)?));
    Ok(turns)
}

fn history(fields: &Fields) -> Result<Vec<Turn>, RowError> {
    let Some(history) = present(fields, HISTORY) else { return Ok(Vec::new()) };
    let allowed = "a list of pairs of texts, [[question, answer], …]";
    let pairs = history.as_array().ok_or_else(|| wrong_kind(HISTORY, history, allowed))?;
    let mut turns = Vec::new();
    for (i, pair) in pairs.iter().enumerate() {
        match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(question), Value::String(answer)]) => {
                turns.extend(exchange(question.clone(), answer.clone()));
            }
            _ => return Err(wrong_kind(&format!("{HISTORY}[{i}]"), pair, "a pair of texts")),
        }
    }
    Ok(turns)
}

/// Instruction and input, with an empty line between them where there is an input.
fn question(fields: &Fields, instruction: &str, input: &str) -> Result<String, RowError> {
    let instruction_text = required(fields, instruction)?;
    let input_text = match present(fields, input) {
        None => String::new(),
        Some(value) => text(input, value)?,
    };
    let parts = [instruction_text, input_text].map(|part| part.trim().to_owned());
    let question = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>();
    not_empty(instruction, question.join("\n\n"))
}

fn exchange(question: String, answer: String) -> Vec<Turn> {
    vec![Turn::new(ChatRole::User, question), Turn::new(ChatRole::Assistant, answer)]
}
