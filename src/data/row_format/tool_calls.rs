//! The tools that an assistant's message calls.

use super::fields::{list, wrong_kind};
use crate::data::conversation::function_of;
use crate::data::error::RowError;
use serde_json::{Value, json};

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
    Ok(Value::Array(calls.into_owned()))
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
            Ok(json!({"type": "function", "function": call}))
        }
        other => Err(wrong_kind(name, &other, "the JSON of a function that is called")),
    };
    calls.into_iter().enumerate().map(as_function).collect::<Result<_, _>>().map(Value::Array)
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
