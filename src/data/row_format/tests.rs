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
    let read = recognize(&fields).and_then(|format| document(&fields, &format, &[]));
    match read.map_err(|error| error.to_string())? {
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
    assert_eq!(document(&row, &format, &[]).unwrap(), Document::Conversation(expected));
    let error = document(&fields(json!({"question": "Q"})), &format, &[]).unwrap_err();
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
            json!({"messages": [{"role": "critic", "content": "x"}]}),
            "messages[0].role is 'critic'; allowed are",
        ),
        (json!({"messages": [{"role": "user", "content": null}]}), "'messages[0].content' is null"),
        (
            json!({"conversations": [{"who": "me"}]}),
            "conversations[0] has neither 'role' nor 'from', only who",
        ),
        (json!({"title": "x"}), "no known format has the fields title; known are"),
        (json!({"prompt": "Q", "completion": null}), "'completion' is null"),
        (json!({"prompt": "Q", "chosen": "A", "rejected": "B"}), "are preference data"),
        (json!({"prompt": "Q", "completion": "A", "label": false}), "'label' is false"),
        (
            json!({"messages": [{"role": "assistant", "content": "A", "weight": 0.5}]}),
            "'messages[0].weight' is 0.5; it has to be 0 or 1",
        ),
        (
            json!({"messages": [{"role": "assistant", "content": "A", "tool_calls": [{}]}]}),
            "'messages[0].tool_calls' would change what the row means",
        ),
        (json!({"text": "A", "images": ["a.png"]}), "'images' would change"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image", "image": "x"}]}]}),
            "messages[0].content[0] is no text",
        ),
        (
            json!({"instruction": "Q", "output": "A", "history": [["q"]]}),
            "'history[0]' is a list; it has to be a pair of texts",
        ),
    ];
    for (row, part) in cases {
        let error = read(row.clone()).unwrap_err();
        assert!(error.contains(part), "{row}: {error}");
    }
}

/// Tables fill the fields that a row lacks with null.
#[test]
fn a_field_that_is_null_is_none() {
    let exchange = ["user: Q", "assistant: A"];
    for row in [
        json!({"messages": null, "prompt": "Q", "completion": "A", "tools": null}),
        json!({"conversations": [{"from": "human", "value": "Q", "role": null, "content": null},
                                 {"from": "gpt", "value": "A", "weight": null}]}),
        json!({"instruction": "Q", "input": null, "output": "A", "system": null, "history": null}),
        json!({"messages": "[{\"role\": \"user\", \"content\": \"Q\"},
                            {\"role\": \"Assistant\", \"content\": \"A\"}]"}),
    ] {
        assert_eq!(read(row.clone()).unwrap(), exchange, "{row}");
    }
}

#[test]
fn the_rows_system_message_and_history_come_first() {
    let row = json!({"instruction": "Q", "output": "A", "system": "S", "history": [["q", "a"]]});
    let turns = ["system: S", "user: q", "assistant: a", "user: Q", "assistant: A"];
    assert_eq!(read(row).unwrap(), turns);
    let list = json!([{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]);
    let row = json!({"system": "S", "conversations": list});
    assert_eq!(read(row).unwrap(), ["system: S", "user: Q", "assistant: A"]);
    let twice = json!({"system": "S", "messages": [{"role": "system", "content": "T"},
        {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]});
    assert!(read(twice).unwrap_err().contains("two different system messages"));
}

/// Which answers the loss counts, in order.
fn counted(row: Value, ignored: &[&str]) -> Vec<bool> {
    let (fields, ignored) =
        (fields(row), ignored.iter().map(|name| name.to_string()).collect::<Vec<_>>());
    let format = recognize(&fields).unwrap();
    let Document::Conversation(turns) = document(&fields, &format, &ignored).unwrap() else {
        panic!("text");
    };
    turns.iter().filter(|t| t.role == ChatRole::Assistant).map(|turn| turn.counted).collect()
}

#[test]
fn a_message_can_say_that_it_does_not_count() {
    let row = |field: &str, no: Value, yes: Value| {
        json!({"messages": [{"role": "user", "content": "Q"},
            {"role": "assistant", "content": "A", field: no},
            {"role": "tool", "content": "T"}, {"role": "assistant", "content": "B", field: yes},
            {"role": "assistant", "content": "C"}]})
    };
    assert_eq!(counted(row("weight", json!(0), json!(1.0)), &[]), [false, true, true]);
    for field in ["train", "train_on_turn"] {
        assert_eq!(counted(row(field, json!(false), json!(true)), &[]), [false, true, true]);
    }
    // trl's conversational prompt and completion: only the completion counts.
    let row = json!({"prompt": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"},
        {"role": "user", "content": "R"}], "completion": [{"role": "assistant", "content": "B"}]});
    assert_eq!(counted(row, &[]), [false, true]);
    let row = json!({"messages": [{"role": "user", "content": "Q"},
        {"role": "assistant", "content": "A", "tool_calls": [{"id": 1}]}], "tools": [{}]});
    assert_eq!(counted(row, &["tools", "tool_calls"]), [true]);
}
