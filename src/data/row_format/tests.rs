use super::fields::Fields;
use super::*;
use crate::data::conversation::{ChatRole, Turn};
use serde_json::Value;
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
    let format = recognize(&fields).ok_or("not recognized")?;
    match document(&fields, &format).map_err(|error| error.to_string())? {
        Document::Text(text) => Ok(vec![text]),
        Document::Conversation(turns) => {
            Ok(turns.iter().map(|t| format!("{}: {}", t.role.name(), t.content)).collect())
        }
    }
}

#[test]
fn every_format_is_recognized_by_its_fields() {
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
    let expected = vec![Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")];
    assert_eq!(document(&row, &format).unwrap(), Document::Conversation(expected));
    let error = document(&fields(json!({"question": "Q"})), &format).unwrap_err();
    assert_eq!(error.to_string(), "there is no field 'answer', only question");
}

#[test]
fn a_bad_row_says_what_was_found_and_what_is_allowed() {
    let cases = [
        (json!({"instruction": "Q", "output": 3}), "'output' is a number; it has to be a string"),
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
        (json!({"messages": [{"role": "user", "content": null}]}), "'messages[0].content' is null"),
        (
            json!({"conversations": [{"who": "me"}]}),
            "conversations[0] has neither 'role' nor 'from', only who",
        ),
        (json!({"title": "x"}), "not recognized"),
    ];
    for (row, part) in cases {
        let error = read(row.clone()).unwrap_err();
        assert!(error.contains(part), "{row}: {error}");
    }
}
