//! Calls of tools: in the form that the template takes, and whether it writes all of them.

use super::marks::PLACEHOLDER;
use super::python_json::{Style, python_json};
use super::renderer::{Renderer, Variables};
use crate::data::conversation::{ChatRole, TOOL_CALLS, Turn, function_mut, function_of};
use crate::data::error::RowError;
use crate::data::json::texts;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Mistral's templates want exactly nine characters.
const PROBE_ID: &str = "abcdefghi";

/// How a template takes the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arguments {
    /// As the row has them.
    AsGiven,
    /// As an object: text would be quoted a second time, or is refused.
    Object,
    /// As JSON text: an object is refused.
    Text,
}

impl Arguments {
    /// Tries the template on a call in both forms.
    pub fn learn(renderer: &Renderer) -> Self {
        let object = json!({"key": PLACEHOLDER});
        let text = python_json(&object, &Style::default()).unwrap_or_default();
        let takes_object = probe(renderer, object).is_some_and(|shown| shown.contains(PLACEHOLDER));
        let takes_text =
            probe(renderer, Value::from(text.clone())).is_some_and(|shown| shown.contains(&text));
        match (takes_object, takes_text) {
            (true, false) => Arguments::Object,
            (false, true) => Arguments::Text,
            _ => Arguments::AsGiven,
        }
    }

    /// What the user should know of it.
    pub fn warning(self, template: &str) -> Option<String> {
        (self == Arguments::Text).then(|| {
            format!(
                "the chat template {template} takes the arguments of tool calls as JSON text only; where rows \
                 have objects, it gets their text"
            )
        })
    }

    /// The turns with the arguments of their calls in this form.
    ///
    /// # Errors
    /// A call has a whole number that is rounded.
    pub fn in_form(self, turns: &[Turn]) -> Result<Cow<'_, [Turn]>, RowError> {
        let calls_any = turns.iter().any(|turn| turn.tool_calls().is_some());
        if !calls_any {
            return Ok(Cow::Borrowed(turns));
        }
        require_exact(turns)?;
        if self == Arguments::AsGiven {
            return Ok(Cow::Borrowed(turns));
        }
        let mut turns = turns.to_vec();
        let calls = turns.iter_mut().filter_map(|turn| turn.fields.get_mut(TOOL_CALLS));
        for call in calls.filter_map(Value::as_array_mut).flatten() {
            if let Some(arguments) = function_mut(call).get_mut("arguments") {
                self.convert(arguments);
            }
        }
        require_exact(&turns)?;
        Ok(Cow::Owned(turns))
    }

    fn convert(self, arguments: &mut Value) {
        let converted = match (self, &*arguments) {
            (Arguments::Object, Value::String(text)) => serde_json::from_str(text).ok(),
            (Arguments::Text, Value::Object(_)) => {
                python_json(arguments, &Style::default()).map(Value::from)
            }
            _ => None,
        };
        if let Some(converted) = converted {
            *arguments = converted;
        }
    }
}

/// From here on a number of JSON that was whole is rounded.
const FIRST_ROUNDED: f64 = 9_223_372_036_854_775_808.0;

/// # Errors
/// A call has a number of more than 64 bits, of which the last digits are lost.
fn require_exact(turns: &[Turn]) -> Result<(), RowError> {
    let calls = |turn: &Turn| turn.tool_calls().is_some_and(|calls| calls.iter().any(is_rounded));
    match turns.iter().position(calls) {
        None => Ok(()),
        Some(turn) => Err(RowError(format!(
            "a number in a tool call of message {} has more than 64 bits and would be rounded; write it as text",
            turn + 1
        ))),
    }
}

fn is_rounded(value: &Value) -> bool {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().is_some_and(|x| x.abs() >= FIRST_ROUNDED && x.fract() == 0.0)
        }
        Value::Array(items) => items.iter().any(is_rounded),
        Value::Object(fields) => fields.values().any(is_rounded),
        _ => false,
    }
}

/// What the template makes of a call with these arguments; `None` where it refuses it.
fn probe(renderer: &Renderer, arguments: Value) -> Option<String> {
    let call = json!({
        "id": PROBE_ID, "type": "function", "function": {"name": "probe", "arguments": arguments},
    });
    let mut calling = Turn::new(ChatRole::Assistant, "");
    calling.content = None;
    calling.fields =
        Map::from_iter([(TOOL_CALLS.into(), json!([call])), ("content".into(), Value::Null)]);
    let mut result = Turn::new(ChatRole::Tool, "1");
    result.fields = Map::from_iter([
        ("name".into(), Value::from("probe")),
        ("tool_call_id".into(), Value::from(PROBE_ID)),
    ]);
    let turns =
        [Turn::new(ChatRole::User, "Q"), calling, result, Turn::new(ChatRole::Assistant, "A")];
    let tries = [&turns[..], &turns[..2]].into_iter();
    let mut texts = tries.filter_map(|turns| renderer.text(turns, &Variables::new(), false).ok());
    texts.find(|text| text.contains(PLACEHOLDER))
}

/// # Errors
/// The template leaves out the tools or the documents of the conversation, or one of them. `marked` is what
/// it makes of the conversation.
pub(super) fn require_offered(
    renderer: &Renderer,
    turns: &[Turn],
    variables: &Variables,
    marked: &str,
) -> Result<(), RowError> {
    for name in ["tools", "documents"] {
        let Some(items) = variables.get(name).and_then(Value::as_array) else { continue };
        let leaves_out = |what: String| {
            RowError(format!(
                "the chat template {} leaves out {what}; take one that takes this form of {name}, or name \
                 '{name}' in data.ignore_fields",
                renderer.name
            ))
        };
        let mut without = variables.clone();
        without.remove(name);
        if renderer.text(turns, &without, false).is_ok_and(|text| text == marked) {
            return Err(leaves_out(format!("'{name}'")));
        }
        for (i, item) in items.iter().enumerate() {
            let told = match name {
                "tools" => function_of(item).get("name"),
                _ => Some(item),
            };
            if let Some(lost) = told.and_then(|told| lost(told, marked)) {
                return Err(leaves_out(format!("{lost} of {name}[{i}]")));
            }
        }
    }
    Ok(())
}

/// # Errors
/// The template leaves out a part of what the turn, number `number` from 1, calls. `text` is what it
/// makes of the turn.
pub(super) fn require_called(
    renderer: &Renderer,
    turn: &Turn,
    number: usize,
    text: &str,
) -> Result<(), RowError> {
    for call in turn.tool_calls().into_iter().flatten() {
        let function = function_of(call);
        let lost = ["name", "arguments"].iter().find_map(|part| lost(&function[*part], text));
        if let Some(lost) = lost {
            return Err(RowError(format!(
                "the chat template {} leaves out {lost} of a tool call of message {number}; take one that takes \
                 this form of calls, or name 'tool_calls' in data.ignore_fields",
                renderer.name
            )));
        }
    }
    Ok(())
}

/// A text in the value that is not in `text`, quoted for a message.
fn lost(value: &Value, text: &str) -> Option<String> {
    let lost = texts(value).into_iter().find(|part| !is_in(text, part))?;
    let shown: String = lost.chars().take(60).collect();
    Some(format!("'{}'", shown.escape_debug()))
}

/// Whether a text holds another, as it is or as JSON.
pub(super) fn is_in(text: &str, part: &str) -> bool {
    let part = part.trim();
    text.contains(part)
        || serde_json::to_string(part)
            .is_ok_and(|quoted| text.contains(&quoted[1..quoted.len() - 1]))
}
