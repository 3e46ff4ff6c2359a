//! Fields of a row → [`Document`].

use super::conversation::{Document, Role, Turn};
use super::error::RowError;
use super::read::kind_of;
use crate::data::plan::RowFormat;
use serde_json::{Map, Value};

type Fields = Map<String, Value>;

/// The format that has the fields of this row, with its usual field names.
pub(super) fn recognise(fields: &Fields) -> Option<RowFormat> {
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

/// What the row says in a format that is not `Auto`. Other fields are not looked at.
pub(super) fn document(fields: &Fields, format: &RowFormat) -> Result<Document, RowError> {
    let turns = match format {
        RowFormat::Auto => return Err(RowError("the format was not recognised".into())),
        RowFormat::Text { text } => {
            return Ok(Document::Text(not_empty(text, required(fields, text)?)?));
        }
        RowFormat::Alpaca { instruction, input, output } => {
            let question = question(fields, instruction, input)?;
            exchange(question, required(fields, output)?)
        }
        RowFormat::PromptCompletion { prompt, completion } => {
            exchange(required(fields, prompt)?, required(fields, completion)?)
        }
        RowFormat::ShareGpt { conversations } => turns(fields, conversations)?,
        RowFormat::Messages { messages } => turns(fields, messages)?,
    };
    checked(turns).map(Document::Conversation)
}

fn exchange(question: String, answer: String) -> Vec<Turn> {
    vec![Turn::new(Role::User, question), Turn::new(Role::Assistant, answer)]
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

/// Accepts the names of both worlds: `from`/`value` and `role`/`content`.
fn turns(fields: &Fields, list: &str) -> Result<Vec<Turn>, RowError> {
    let items = match fields.get(list) {
        Some(Value::Array(items)) => items,
        Some(other) => return Err(wrong_kind(list, other, "a list of messages")),
        None => return Err(missing(fields, list)),
    };
    items.iter().enumerate().map(|(i, item)| turn(&format!("{list}[{i}]"), item)).collect()
}

fn turn(place: &str, item: &Value) -> Result<Turn, RowError> {
    let Value::Object(fields) = item else {
        return Err(wrong_kind(place, item, "an object such as {\"role\": …, \"content\": …}"));
    };
    let one_of = |names: [&str; 2]| {
        let found =
            names.iter().find_map(|name| Some((format!("{place}.{name}"), fields.get(*name)?)));
        found.ok_or_else(|| {
            let [a, b] = names;
            RowError(format!("{place} has neither '{a}' nor '{b}', only {}", names_of(fields)))
        })
    };
    let (role_place, role_value) = one_of(["role", "from"])?;
    let (content_place, content) = one_of(["content", "value"])?;
    let role_name = text(&role_place, role_value)?;
    let role = role(&role_name).ok_or_else(|| {
        RowError(format!(
            "{role_place} is '{role_name}'; allowed are system, user (human) and assistant (gpt)"
        ))
    })?;
    Ok(Turn::new(role, message_text(&content_place, content)?))
}

fn role(name: &str) -> Option<Role> {
    match name {
        "system" | "developer" => Some(Role::System),
        "user" | "human" | "prompter" => Some(Role::User),
        "assistant" | "gpt" | "model" | "bot" | "chatgpt" => Some(Role::Assistant),
        _ => None,
    }
}

/// A string, or a list of `{"type": "text", "text": …}`, the parts put together.
fn message_text(place: &str, content: &Value) -> Result<String, RowError> {
    let Value::Array(parts) = content else { return text(place, content) };
    parts
        .iter()
        .enumerate()
        .map(|(i, part)| match part.get("text") {
            Some(part) => text(&format!("{place}[{i}].text"), part),
            None => Err(RowError(format!("{place}[{i}] is no text; only text can be trained on"))),
        })
        .collect()
}

fn checked(turns: Vec<Turn>) -> Result<Vec<Turn>, RowError> {
    let mut answers = turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::Assistant);
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

fn required(fields: &Fields, field: &str) -> Result<String, RowError> {
    match fields.get(field) {
        Some(value) => text(field, value),
        None => Err(missing(fields, field)),
    }
}

fn text(place: &str, value: &Value) -> Result<String, RowError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(wrong_kind(place, other, "a string")),
    }
}

fn not_empty(field: &str, text: String) -> Result<String, RowError> {
    if text.trim().is_empty() {
        return Err(RowError(format!("'{field}' is empty")));
    }
    Ok(text)
}

fn wrong_kind(place: &str, found: &Value, allowed: &str) -> RowError {
    RowError(format!("'{place}' is {}; it has to be {allowed}", kind_of(found)))
}

/// The row lacks a field; says which ones it has.
pub(super) fn missing(fields: &Fields, field: &str) -> RowError {
    RowError(format!("there is no field '{field}', only {}", names_of(fields)))
}

/// The names of the first fields.
pub(super) fn names_of(fields: &Fields) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<&str> = fields.keys().take(SHOWN).map(String::as_str).collect();
    if fields.len() > SHOWN {
        names.push("…");
    }
    if names.is_empty() { "an empty object".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(row: Value) -> Fields {
        match row {
            Value::Object(fields) => fields,
            other => panic!("{other}"),
        }
    }

    /// The row's turns as `role: content`, in the format that its fields have.
    fn read(row: Value) -> Result<Vec<String>, String> {
        let fields = fields(row);
        let format = recognise(&fields).ok_or("not recognised")?;
        match document(&fields, &format).map_err(|fault| fault.to_string())? {
            Document::Text(text) => Ok(vec![text]),
            Document::Conversation(turns) => {
                Ok(turns.iter().map(|t| format!("{}: {}", t.role.name(), t.content)).collect())
            }
        }
    }

    #[test]
    fn every_format_is_recognised_by_its_fields() {
        let exchange = ["user: Q", "assistant: A"];
        let cases = [
            json!({"instruction": "Q", "input": "", "output": "A", "source": "extra"}),
            json!({"instruction": "Q", "output": "A"}),
            json!({"prompt": "Q", "completion": "A", "id": 7}),
            json!({"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}),
            json!({"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}),
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "Q"}]},
                                {"role": "assistant", "content": "A", "name": "x"}]}),
        ];
        for row in cases {
            assert_eq!(read(row.clone()).unwrap(), exchange, "{row}");
        }
        assert_eq!(read(json!({"text": "Once."})).unwrap(), ["Once."]);
        let with_input = json!({"instruction": "Add.", "input": "1, 2\n", "output": "3"});
        assert_eq!(read(with_input).unwrap()[0], "user: Add.\n\n1, 2");
    }

    #[test]
    fn several_turns_with_a_system_message_keep_their_order() {
        let row = json!({"conversations": [
            {"from": "system", "value": "S"}, {"from": "human", "value": "1"}, {"from": "gpt", "value": "2"},
            {"from": "human", "value": "3"}, {"from": "gpt", "value": "4"}]});
        let turns = ["system: S", "user: 1", "assistant: 2", "user: 3", "assistant: 4"];
        assert_eq!(read(row).unwrap(), turns);
    }

    #[test]
    fn fields_can_be_mapped() {
        let [prompt, completion] = ["question", "answer"].map(str::to_owned);
        let row = fields(json!({"question": "Q", "answer": "A", "text": "not me"}));
        let format = RowFormat::PromptCompletion { prompt, completion };
        let expected = vec![Turn::new(Role::User, "Q"), Turn::new(Role::Assistant, "A")];
        assert_eq!(document(&row, &format).unwrap(), Document::Conversation(expected));
        let fault = document(&fields(json!({"question": "Q"})), &format).unwrap_err();
        assert_eq!(fault.to_string(), "there is no field 'answer', only question");
    }

    #[test]
    fn a_bad_row_says_what_was_found_and_what_is_allowed() {
        let cases = [
            (
                json!({"instruction": "Q", "output": 3}),
                "'output' is a number; it has to be a string",
            ),
            (json!({"instruction": "Q", "output": " \n"}), "the answer is empty (message 2 of 2)"),
            (json!({"instruction": " ", "output": "A"}), "'instruction' is empty"),
            (json!({"text": ""}), "'text' is empty"),
            (json!({"messages": []}), "none of the 0 messages is the assistant's"),
            (json!({"messages": [{"role": "user", "content": "Q"}]}), "none of the 1 messages"),
            (json!({"messages": ["hello"]}), "'messages[0]' is a string; it has to be an object"),
            (
                json!({"messages": [{"role": "tool", "content": "x"}]}),
                "messages[0].role is 'tool'; allowed are",
            ),
            (
                json!({"messages": [{"role": "user", "content": null}]}),
                "'messages[0].content' is null",
            ),
            (
                json!({"conversations": [{"who": "me"}]}),
                "conversations[0] has neither 'role' nor 'from', only who",
            ),
            (json!({"title": "x"}), "not recognised"),
        ];
        for (row, part) in cases {
            let fault = read(row.clone()).unwrap_err();
            assert!(fault.contains(part), "{row}: {fault}");
        }
    }
}
