//! Conversations and templates as they are found in the wild, each of which went wrong once.

use super::template_names;
use super::tests::{answers, from_source, render, template};
use crate::data::conversation::{ChatRole, Turn};
use crate::data::plan::LossRule;

/// Built-in templates without a place for tools refuse their answers; none counts them.
#[test]
fn answers_of_tools_never_count() {
    let turns = [
        Turn::new(ChatRole::User, "what"),
        Turn::new(ChatRole::Assistant, "call"),
        Turn::new(ChatRole::Tool, "observed"),
        Turn::new(ChatRole::Assistant, "said"),
    ];
    let mut refused = Vec::new();
    for name in template_names() {
        let template = template(&format!("src/data/template/{name}.jinja"));
        match render(&template, &turns) {
            Ok(rendered) => assert!(!answers(&rendered).concat().contains("observed"), "{name}"),
            Err(error) => {
                assert!(error.to_string().contains("a message of a tool"), "{error}");
                refused.push(name);
            }
        }
    }
    assert_eq!(refused, ["llama2", "mistral", "alpaca"]);
}

/// The marks of a template tell its answers; other messages are found by difference.
#[test]
fn other_roles_count_under_templates_that_mark_answers() {
    let turns = [
        Turn::new(ChatRole::System, "rules"),
        Turn::new(ChatRole::User, "q"),
        Turn::new(ChatRole::Assistant, "x"),
        Turn::new(ChatRole::User, "another"),
        Turn::new(ChatRole::Assistant, "y"),
    ];
    let loss = LossRule::Roles(vec![ChatRole::User]);
    for name in template_names() {
        let template = template(&format!("src/data/template/{name}.jinja"));
        let rendered = template.render(&turns.to_vec().into(), &loss, None).unwrap();
        let counted = answers(&rendered);
        assert_eq!(counted.len(), 2, "{name}: {counted:?}");
        for (range, said) in counted.iter().zip(["q", "another"]) {
            assert!(range.contains(said) && !range.contains('y'), "{name}: {counted:?}");
        }
        assert!(!rendered.left_out.answer, "{name}");
    }
}

/// What a template writes before an answer is no loss of it.
#[test]
fn empty_thoughts_of_a_template_are_not_said_to_be_left_out() {
    let template = template("tests/fixtures/templates/qwen3.jinja");
    let turns = [Turn::new(ChatRole::User, "q"), Turn::new(ChatRole::Assistant, "x")];
    let rendered = render(&template, &turns).unwrap();
    assert_eq!(answers(&rendered), ["<think>\n\n</think>\n\nx<|im_end|>"]);
    assert!(!rendered.left_out.answer && !rendered.left_out.spaces);
    let lost = [
        Turn::new(ChatRole::User, "q"),
        Turn::new(ChatRole::Assistant, "<think>\nthoughts\n</think>\n\nx"),
        Turn::new(ChatRole::User, "r"),
        Turn::new(ChatRole::Assistant, "y"),
    ];
    assert!(render(&template, &lost).unwrap().left_out.answer);
}

#[test]
fn an_end_token_outside_of_the_marks_counts() {
    let source = "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}\
                  {% endgeneration %}</s>{% else %}{{ m.content }}\n{% endif %}{% endfor %}";
    let turns = [Turn::new(ChatRole::User, "q"), Turn::new(ChatRole::Assistant, "x")];
    assert_eq!(answers(&render(&from_source("t", source), &turns).unwrap()), ["x</s>"]);
}

/// As Python reads a literal; transformers writes `AB` and the text outside as it is.
#[test]
fn a_backslash_joins_lines_in_literals_only() {
    let turns = [Turn::new(ChatRole::User, "q"), Turn::new(ChatRole::Assistant, "x")];
    for end in ["\n", "\r\n"] {
        let source = format!(
            "{{{{ 'A\\{end}B' }}}}C\\{end}D{{% for m in messages %}}{{{{ m.content }}}}{{% endfor %}}"
        );
        let rendered = render(&from_source("t", &source), &turns).unwrap();
        assert!(rendered.text.starts_with("ABC\\\nD"), "{:?}", rendered.text);
    }
}

#[test]
fn an_answer_that_a_template_does_not_mark_is_said() {
    let source = "{% for m in messages %}{% if m.role == 'assistant' and loop.last %}{% generation %}\
                  {{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}\n{% endif %}{% endfor %}";
    let turns = [
        Turn::new(ChatRole::User, "q"),
        Turn::new(ChatRole::Assistant, "x"),
        Turn::new(ChatRole::User, "r"),
        Turn::new(ChatRole::Assistant, "y"),
    ];
    let rendered = render(&from_source("t", source), &turns).unwrap();
    assert_eq!(answers(&rendered), ["y</s>"]);
    assert!(rendered.left_out.answer);
}

#[test]
fn a_number_that_would_be_rounded_is_named() {
    let template = template("tests/fixtures/templates/qwen3.jinja");
    let calling = |arguments: serde_json::Value| {
        let mut turn = Turn::new(ChatRole::Assistant, "");
        let call = serde_json::json!([{"function": {"name": "f", "arguments": arguments}}]);
        turn.fields.insert("tool_calls".into(), call);
        render(&template, &[Turn::new(ChatRole::User, "q"), turn])
    };
    let number: serde_json::Value =
        serde_json::from_str("{\"id\": 12345678901234567890123}").unwrap();
    let error = calling(number).unwrap_err().to_string();
    assert!(error.contains("tool call of message 2 has more than 64 bits"), "{error}");
    // This template writes no calls, which is told of numbers that are exact.
    let error = calling(serde_json::json!({"id": i64::MAX, "x": 1.5e3})).unwrap_err().to_string();
    assert!(error.contains("leaves out 'f' of a tool call"), "{error}");
}

/// Values by Python 3.11 and Jinja2 3.1.
#[test]
fn methods_and_filters_are_those_of_python() {
    let turns = [Turn::new(ChatRole::User, "q"), Turn::new(ChatRole::Assistant, "x")];
    for (expression, expected) in [
        ("\"it's a DAY\".title()", "It'S A Day"),
        ("'It Is'.istitle()", "True"),
        ("'abc'.startswith('b', 1)", "True"),
        ("'abc'.endswith('b', 0, -1)", "True"),
        ("'abc'.startswith(['x', 'a'])", "True"),
        ("'a\\tb'.expandtabs(4)", "a   b"),
        ("'7'|int + 1", "8"),
        ("'x'|int", "0"),
        ("'x'|int(5)", "5"),
        ("'3.9'|int", "3"),
        ("'a b_c  d'|wordcount", "3"),
        ("'abcabc'.find('c', 3)", "5"),
    ] {
        let source = format!(
            "{{{{ {expression} }}}}|{{% for m in messages %}}{{{{ m.content }}}}{{% endfor %}}"
        );
        let rendered = render(&from_source("t", &source), &turns).unwrap();
        assert_eq!(rendered.text, format!("{expected}|qx"), "{expression}");
    }
}
