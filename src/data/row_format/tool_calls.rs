//! The tools that an assistant's message calls.

use super::fields::{list, wrong_kind};
use crate::data::conversation::{function_mut, function_of};
use crate::data::error::RowError;
use serde_json::{Value, json};

/// The arguments of a call, as templates know them, and by the names of other forms.
const ARGUMENTS: &str = "arguments";
const OTHER_NAMES: [&str; 2] = ["parameters", "input"];

/// The calls of field `tool_calls`: a list of objects, or the text of one, as tables have it.
///
/// # Errors
/// It is none.
pub(super) fn calls(name: &str, value: &Value) -> Result<Value, RowError> {
    let calls = list(value).ok_or_else(|| wrong_kind(name, value, "a list of tool calls"))?;
    for (i, call) in calls.iter().enumerate() {
        let place = format!("{name}[{i}]");
        if !call.is_object() {
            return Err(wrong_kind(&place, call, "an object with the function that is called"));
        }
        function_name(&place, call)?;
    }
    let mut calls = calls.into_owned();
    calls.iter_mut().for_each(name_arguments);
    Ok(Value::Array(calls))
}

/// The calls that a message of role `function_call` has as its text: one object, or a list of them.
///
/// # Errors
/// The text is no JSON, or has no function.
pub(super) fn calls_of_text(name: &str, text: &str) -> Result<Value, RowError> {
    let given: Value = serde_json::from_str(text).map_err(|error| {
        RowError(format!(
            "{name} is not the JSON of a function that is called ({error}), such as {{\"name\": …, \
             \"arguments\": {{…}}}}"
        ))
    })?;
    let calls = match given {
        Value::Array(calls) => calls,
        one => vec![one],
    };
    let as_function = |(i, call): (usize, Value)| match call {
        call @ Value::Object(_) => {
            function_name(&format!("{name}[{i}]"), &call)?;
            // The whole form of OpenAI has its function within.
            let mut call = match call.get("function").is_some_and(Value::is_object) {
                true => call,
                false => json!({"type": "function", "function": call}),
            };
            name_arguments(&mut call);
            Ok(call)
        }
        other => Err(wrong_kind(name, &other, "the JSON of a function that is called")),
    };
    calls.into_iter().enumerate().map(as_function).collect::<Result<_, _>>().map(Value::Array)
}

/// Gives the arguments of a call the name that templates know: Llama's form calls them `parameters`, Anthropic's
/// `input`.
fn name_arguments(call: &mut Value) {
    let Some(function) = function_mut(call).as_object_mut() else { return };
    if function.contains_key(ARGUMENTS) {
        return;
    }
    if let Some(given) = OTHER_NAMES.into_iter().find_map(|name| function.shift_remove(name)) {
        function.insert(ARGUMENTS.into(), given);
    }
}

/// # Errors
/// The call names no function, neither in `function` nor itself.
fn function_name(place: &str, call: &Value) -> Result<(), RowError> {
    match function_of(call).get("name") {
        Some(Value::String(_)) => Ok(()),
        Some(other) => Err(wrong_kind(&format!("{place}.function.name"), other, "a string")),
        None => {
            Err(RowError(format!("'{place}.function.name' is missing, so that no tool is called")))
        }
    }
}
