use super::fields::Fields;
use super::*;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::plan::LossRule;
use serde_json::Value;
use serde_json::json;

fn fields(row: Value) -> Fields {
    match row {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

/// Of a template that reads texts only.
fn rules() -> Rules {
    Rules::of(&[], "{{ messages }}")
}

/// The row's turns as `role: content`, in the format that its fields have.
fn read(row: Value) -> Result<Vec<String>, String> {
    let fields = fields(row);
    let read = recognize(&fields).and_then(|format| document(&fields, &format, &rules()));
    match read.map_err(|error| error.to_string())? {
        Document::Text(text) => Ok(vec![text]),
        Document::Conversation(Conversation { turns, .. }) => {
            Ok(turns.iter().map(|t| format!("{}: {}", t.role.name(), t.text())).collect())
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
    assert_eq!(document(&row, &format, &rules()).unwrap(), Document::Conversation(expected.into()));
    let error = document(&fields(json!({"question": "Q"})), &format, &rules()).unwrap_err();
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
            "t does not read 'messages[0].tool_calls', which would change what the row means",
        ),
        (json!({"text": "A", "images": ["a.png"]}), "'images' would change"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image", "image": "x"}]}]}),
            "messages[0].content[0] is of the type \"image\"",
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

fn conversation(row: Value, rules: &Rules) -> Result<Conversation, String> {
    let fields = fields(row);
    let format = recognize(&fields).unwrap();
    match document(&fields, &format, rules).map_err(|error| error.to_string())? {
        Document::Conversation(conversation) => Ok(conversation),
        Document::Text(text) => panic!("{text}"),
    }
}

/// Which answers the loss counts, in order.
fn counted(row: Value, ignored: &[&str]) -> Vec<bool> {
    let turns = conversation(row, &Rules::of(ignored, "")).unwrap().turns;
    let answers = turns.iter().filter(|turn| turn.role == ChatRole::Assistant);
    answers.map(|turn| LossRule::Assistant.counts(turn, false)).collect()
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

/// The fields of a message that a template reads.
const AGENT: &str =
    "{{ tools }}{{ m.tool_calls }}{{ m.reasoning_content }}{{ m.tool_call_id }}{{ m.name }}";

#[test]
fn what_the_template_reads_is_passed_on() {
    let call = json!({"id": "1", "type": "function", "function": {"name": "rain", "arguments": {"city": "Rome"}}});
    let tools = json!([{"type": "function", "function": {"name": "rain"}}]);
    let row = |calls: Value, tools: Value| {
        json!({"tools": tools, "messages": [
            {"role": "user", "content": "Rain?", "id": 7},
            {"role": "assistant", "content": null, "tool_calls": calls, "reasoning_content": "Ask."},
            {"role": "tool", "content": "no", "tool_call_id": "1"},
            {"role": "narrator", "content": "Hm."},
            {"role": "assistant", "content": "No.", "tool_calls": null}]})
    };
    let rules = Rules::of(&[], AGENT);
    let read = conversation(row(json!([call]), tools.clone()), &rules).unwrap();
    assert_eq!(read.variables["tools"], tools);
    let fields: Vec<Vec<&String>> =
        read.turns.iter().map(|turn| turn.fields.keys().collect()).collect();
    assert_eq!(
        fields,
        [
            vec![],
            vec!["tool_calls", "reasoning_content", "content"],
            vec!["tool_call_id"],
            vec![],
            vec![]
        ]
    );
    assert_eq!((read.turns[1].content.as_deref(), read.turns[3].role), (None, ChatRole::User));
    // Tables without lists have their text.
    let texts = row(json!([call]).to_string().into(), tools.to_string().into());
    assert_eq!(conversation(texts, &rules).unwrap(), read);
    let without =
        conversation(row(json!([call]), tools), &Rules::of(&["tools", "tool_calls"], AGENT));
    assert!(without.unwrap().variables.is_empty());
    let error =
        conversation(row(json!([call]), json!([])), &Rules::of(&[], "m.thinking tool_calls"));
    let error = error.unwrap_err();
    assert!(error.contains("does not read 'messages[1].reasoning_content'"), "{error}");
    assert!(error.contains("it reads 'thinking', so rename the field"), "{error}");
    let error = conversation(row(json!([{}]), json!([])), &rules).unwrap_err();
    assert!(error.contains("'messages[1].tool_calls[0].function.name' is missing"), "{error}");
}

/// ShareGPT's form of tools.
#[test]
fn a_role_of_its_own_calls_tools() {
    let row = |call: &str| {
        json!({"conversations": [
            {"from": "human", "value": "Rain?"}, {"from": "function_call", "value": call},
            {"from": "observation", "value": "no"}, {"from": "gpt", "value": "No."}]})
    };
    let call = "{\"name\": \"rain\", \"arguments\": {\"city\": \"Rome\"}}";
    let read = conversation(row(call), &Rules::of(&[], AGENT)).unwrap();
    assert_eq!(read.turns[1].role, ChatRole::Assistant);
    let calls = read.turns[1].tool_calls().unwrap();
    assert_eq!(calls[0]["function"]["arguments"]["city"], "Rome");
    let error = conversation(row("rain()"), &Rules::of(&[], AGENT)).unwrap_err();
    assert!(error.contains("conversations[1].value is not the JSON of a function"), "{error}");
    let error = conversation(row(call), &rules()).unwrap_err();
    assert!(error.contains("does not read 'conversations[1].tool_calls'"), "{error}");
}

#[test]
fn variables_of_the_template_come_with_the_row() {
    let row =
        |kwargs: Value| json!({"chat_template_kwargs": kwargs, "prompt": "Q", "completion": "A"});
    let read = conversation(row(json!({"enable_thinking": false})), &rules()).unwrap();
    assert_eq!(read.variables["enable_thinking"], false);
    let error = conversation(row(json!({"messages": []})), &rules()).unwrap_err();
    assert!(error.contains("'chat_template_kwargs.messages' is what the program"), "{error}");
    let error = conversation(row(json!(3)), &rules()).unwrap_err();
    assert!(
        error.contains("'chat_template_kwargs' is a number; it has to be an object"),
        "{error}"
    );
}

/// The reason why a row is refused by these rules.
fn refusal(row: Value, rules: &Rules) -> String {
    let fields = fields(row);
    let read = recognize(&fields).and_then(|format| document(&fields, &format, rules));
    read.map(|document| panic!("{document:?}")).unwrap_err().to_string()
}

fn asked(answer: Value) -> Value {
    json!({"messages": [{"role": "user", "content": "Q"}, answer]})
}

/// Fields of data sets in the wild that change the loss or the conversation.
#[test]
fn what_would_change_a_row_is_named() {
    let answer = json!({"role": "assistant", "content": "A"});
    let with = |name: &str, value: Value| {
        let mut row = asked(answer.clone());
        row[name] = value;
        row
    };
    let part = |part: Value| asked(json!({"role": "assistant", "content": [part]}));
    for (row, words) in [
        (with("label", json!(false)), "'label' is false"),
        (json!({"instruction": "Q", "output": "A", "label": true}), "'label' is true"),
        (with("weight", json!(0.3)), "'weight' of the row is 0.3"),
        (with("rejected_response", json!("B")), "'rejected_response' would change"),
        (json!({"prompt": "Q", "completion": "A", "thinking": "T"}), "'thinking' would change"),
        (asked(json!({"role": "assistant", "content": "A", "train_detail": []})), ""),
        (
            asked(
                json!({"role": "assistant", "content": "A", "train_detail": [{"begin_offset": 0}]}),
            ),
            "messages[1].train_detail' would change",
        ),
        (part(json!({"type": "image", "text": "", "image": "a.png"})), "of the type \"image\""),
        (
            part(json!({"type": "text", "text": "A", "image_url": {"url": "u"}})),
            "the field 'image_url'",
        ),
        (part(json!({"type": "reasoning", "text": "T"})), "of the type \"reasoning\""),
        (part(json!({"type": "text", "text": "A", "weight": 0})), "the field 'weight'"),
        (asked(json!({"role": "Narrator2", "content": "A"})), "{\"Narrator2\": User}"),
    ] {
        match words {
            "" => assert_eq!(read(row).unwrap().len(), 2),
            words => {
                let why = refusal(row.clone(), &rules());
                assert!(why.contains(words), "{row}: {why}");
            }
        }
    }
    assert_eq!(read(with("weight", json!(1))).unwrap().len(), 2);
}

#[test]
fn a_message_that_says_by_any_name_that_it_does_not_count_does_not() {
    for name in ["loss", "training", "train", "train_on_turn"] {
        let row = fields(asked(json!({"role": "assistant", "content": "A", name: false})));
        let format = recognize(&row).unwrap();
        let Ok(Document::Conversation(read)) = document(&row, &format, &rules()) else { panic!() };
        assert_eq!(read.turns[1].part, crate::data::conversation::Part::Excluded, "{name}");
    }
}

#[test]
fn fields_that_the_config_ignores_are_as_if_they_were_not_there() {
    let ignoring = Rules::of(&["system", "weight", "history"], "{{ messages }}");
    let row = fields(json!({
        "system": "S", "weight": 0.5, "history": [["a", "b"]], "instruction": "Q", "output": "A"}));
    let format = recognize(&row).unwrap();
    let Ok(Document::Conversation(read)) = document(&row, &format, &ignoring) else { panic!() };
    assert_eq!(read.turns, [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")]);
    let row = fields(asked(json!({"role": "assistant", "content": "A", "weight": 0.5})));
    assert!(document(&row, &recognize(&row).unwrap(), &ignoring).is_ok());
}

#[test]
fn system_prompts_and_history_are_used_by_their_names() {
    let row =
        json!({"system_prompt": "S", "history": [["a", "b"]], "prompt": "Q", "completion": "A"});
    let turns = ["system: S", "user: a", "assistant: b", "user: Q", "assistant: A"];
    assert_eq!(read(row).unwrap(), turns);
}

/// Texts that are lists, but not of messages.
#[test]
fn a_prompt_may_look_like_json() {
    for prompt in ["[1, 2]", "[]", "[\"a\"]", "[{\"x\": 1}]"] {
        let row = json!({"prompt": prompt, "completion": "[3]"});
        let expected = [format!("user: {prompt}"), "assistant: [3]".to_owned()];
        assert_eq!(read(row).unwrap(), expected);
    }
    let messages = json!([{"role": "user", "content": "Q"}]).to_string();
    let row = json!({"prompt": messages, "completion": "[1, 2]"});
    assert_eq!(read(row).unwrap(), ["user: Q", "assistant: [1, 2]"]);
}

/// Every form of a call becomes the one that templates know.
#[test]
fn calls_in_other_forms_keep_their_arguments() {
    let reading = Rules::of(&[], "{{ tool_calls reasoning_content }}");
    let expected = json!([{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}]);
    let whole = json!({"type": "function", "function": {"name": "f", "parameters": {"a": 1}}});
    let bare = json!({"name": "f", "input": {"a": 1}});
    let of_text = |call: &Value| json!({"role": "function_call", "content": call.to_string(), "reasoning_content": "T"});
    for message in [
        of_text(&whole),
        of_text(&bare),
        json!({"role": "assistant", "content": null, "tool_calls": [whole], "reasoning_content": "T"}),
    ] {
        let row = fields(asked(message));
        let format = recognize(&row).unwrap();
        let Ok(Document::Conversation(read)) = document(&row, &format, &reading) else { panic!() };
        let fields = &read.turns[1].fields;
        assert_eq!((&fields["tool_calls"], &fields["reasoning_content"]), (&expected, &json!("T")));
    }
    let row = json!({"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}],
                     "tools": "[]"});
    let row = fields(row);
    let Ok(Document::Conversation(read)) = document(&row, &recognize(&row).unwrap(), &rules())
    else {
        panic!()
    };
    assert!(read.variables.is_empty());
}
