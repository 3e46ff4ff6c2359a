use super::*;
use crate::data::conversation::{ChatRole, Conversation, Part, Turn};
use crate::data::error::{RowError, Unusable};
use crate::data::plan::{LossRule, TemplateChoice};
use crate::data::tokenizer::{TokenizerFiles, TokenizerFolder};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::Path;

#[derive(Deserialize)]
struct Case {
    template: String,
    messages: Vec<CaseMessage>,
    text: Option<String>,
    #[serde(default)]
    generation: Vec<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct CaseMessage {
    role: String,
    content: String,
}

impl Case {
    fn turns(&self) -> Vec<Turn> {
        let role = |name: &str| match name {
            "system" => ChatRole::System,
            "user" => ChatRole::User,
            _ => ChatRole::Assistant,
        };
        self.messages.iter().map(|m| Turn::new(role(&m.role), m.content.as_str())).collect()
    }
}

pub(super) fn render(template: &ChatTemplate, turns: &[Turn]) -> Result<Rendered, RowError> {
    template.render(&turns.to_vec().into(), &LossRule::Assistant, None)
}

fn at_root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(super) fn template(path: &str) -> ChatTemplate {
    let source = std::fs::read_to_string(at_root(path)).unwrap();
    from_source(path, &source)
}

pub(super) fn from_source(name: &str, source: &str) -> ChatTemplate {
    try_source(name, source).unwrap()
}

fn try_source(name: &str, source: &str) -> Result<ChatTemplate, Unusable> {
    let special = [("bos_token", "<s>"), ("eos_token", "</s>")];
    let special = special.map(|(name, token)| (name.to_owned(), token.to_owned()));
    ChatTemplate::new(name.into(), source, special.into())
}

/// The fixtures and their expected outputs, which transformers made (see expected.py).
fn cases() -> Vec<Case> {
    let path = at_root("tests/fixtures/templates/expected.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(super) fn answers(rendered: &Rendered) -> Vec<&str> {
    rendered.counted.iter().map(|range| &rendered.text[range.clone()]).collect()
}

#[test]
fn templates_render_as_in_transformers() {
    let cases = cases();
    assert_eq!(cases.len(), 12 * 6);
    for case in &cases {
        let rendered = render(&template(&case.template), &case.turns());
        match (rendered, &case.error) {
            (Ok(rendered), None) => {
                assert_eq!(Some(&rendered.text), case.text.as_ref(), "{}", case.template);
                if !case.generation.is_empty() {
                    assert_eq!(answers(&rendered), case.generation, "{}", case.template);
                }
            }
            (Err(error), Some(expected)) => {
                assert!(error.to_string().contains(expected), "{error} / {expected}");
            }
            (rendered, error) => panic!("{}: {rendered:?} / {error:?}", case.template),
        }
    }
}

#[test]
fn answers_are_found_where_the_template_does_not_mark_them() {
    let spoken = |case: &Case| -> Vec<String> {
        let answers = case.messages.iter().filter(|message| message.role == "assistant");
        answers.map(|message| message.content.clone()).collect()
    };
    let mut seen = 0;
    for case in cases().iter().filter(|case| case.generation.is_empty() && case.error.is_none()) {
        let rendered = render(&template(&case.template), &case.turns()).unwrap();
        let expected: Vec<String> = match case.template.rsplit('/').next().unwrap() {
            "llama2.jinja" => spoken(case).iter().map(|a| format!(" {} </s>", a.trim())).collect(),
            "llama3.jinja" => {
                spoken(case).iter().map(|a| format!("{}<|eot_id|>", a.trim())).collect()
            }
            "mistral.jinja" => spoken(case).iter().map(|a| format!(" {}</s>", a.trim())).collect(),
            "qwen2.jinja" => spoken(case).iter().map(|a| format!("{a}<|im_end|>")).collect(),
            // Thoughts of earlier turns are forgotten, those of the last are kept.
            "qwen3.jinja" if spoken(case)[0].contains("think") => {
                ["Two.<|im_end|>", "<think>\n1+1+1\n</think>\n\nThree.<|im_end|>"]
                    .map(str::to_owned)
                    .into()
            }
            // Before the last answer it writes empty thoughts, which the prompt does not hold.
            "qwen3.jinja" => {
                let mut answers: Vec<_> =
                    spoken(case).iter().map(|a| format!("{a}<|im_end|>")).collect();
                if let Some(last) = answers.last_mut() {
                    last.insert_str(0, "<think>\n\n</think>\n\n");
                }
                answers
            }
            other => panic!("{other}"),
        };
        assert_eq!(answers(&rendered), expected, "{}", case.template);
        seen += 1;
    }
    assert_eq!(seen, 5 * 6 - 2);
}

#[test]
fn a_template_that_changes_the_answer_is_named() {
    let shouting = from_source(
        "loud.jinja",
        "{% for m in messages %}{{ m.role }}: {{ m.content | upper }}\n{% endfor %}",
    );
    let turns = [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "yes")];
    let error = render(&shouting, &turns).unwrap_err().to_string();
    assert!(
        error.contains("message 2 of 2 cannot be found") && error.contains("loud.jinja"),
        "{error}"
    );

    let forgetful = from_source(
        "short.jinja",
        "{% for m in messages[-2:] %}{{ m.role }}: {{ m.content }}\n{% endfor %}",
    );
    let error = render(&forgetful, &[turns.clone(), turns].concat()).unwrap_err().to_string();
    assert!(error.contains("writes 1 of the conversation's 2 answers"), "{error}");
}

#[test]
fn the_work_and_output_of_a_template_are_limited() {
    for source in [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 2000000000 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}",
        "{{ messages[0].content.__class__.__mro__ }}",
        "{% for message in messages %}",
        "no messages at all",
    ] {
        let error = try_source("bad.jinja", source).unwrap_err().to_string();
        assert!(error.starts_with("chat template bad.jinja: "), "{error}");
    }
}

#[test]
fn noncharacters_in_a_row_are_refused() {
    let chatml = template("src/data/template/chatml.jinja");
    let turns = [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "a\u{fdd1}b")];
    assert!(render(&chatml, &turns).unwrap_err().to_string().contains("U+FDD0"));
}

#[test]
fn json_is_written_as_python_writes_it() {
    let source = "{{ messages[0].content }}{{ {'b': [1, 2.5, none, true], 'a': '<é>'} | tojson }}{{ [1] | tojson(indent=2) }}{{ messages[-1].content }}{{ true }}{{ none }}";
    let rendered = from_source("json", source);
    let turns = [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")];
    let rendered = render(&rendered, &turns).unwrap();
    assert_eq!(
        rendered.text,
        r#"Q{"b": [1, 2.5, null, true], "a": "<é>"}[
  1
]ATrueNone"#
    );
}

/// What Jinja2 makes of these expressions, as Python prints it.
#[test]
fn methods_and_filters_are_those_of_python() {
    for (expression, expected) in [
        ("'a-b-a'.index('b')", "2"),
        ("'a-b-a'.rindex('a')", "4"),
        ("'abcabc'.find('c', 3)", "5"),
        ("'abcabc'.find('a', 1, 3)", "-1"),
        ("'éa'.find('a', -1)", "1"),
        ("'a b  c'.rsplit(None, 1)", "['a b', 'c']"),
        ("'a,b,c'.rsplit(',', 1)", "['a,b', 'c']"),
        ("'xyz'.removeprefix('x').removesuffix('z')", "y"),
        ("'-7'.zfill(4) + '7'.rjust(3, '.') + 'b'.center(4, '*')", "-007..7*b**"),
        ("'k=v=w'.partition('=')", "['k', '=', 'v=w']"),
        ("'k=v=w'.rpartition('=')[0]", "k=v"),
        ("'a\\r\\nb\\u000cc'.splitlines()", "['a', 'b', 'c']"),
        ("[3, 4].index(4)", "1"),
        ("{'b': 1.0, 'a': [none, true, \"it's\"]}", "{'b': 1.0, 'a': [None, True, \"it's\"]}"),
        ("{'b': 1, 'a': 2} | tojson(sort_keys=true, separators=(',', ':'))", r#"{"a":2,"b":1}"#),
        (
            "{'é': [1e16, 1e-5, 0.1]} | tojson(ensure_ascii=true)",
            r#"{"\u00e9": [1e+16, 1e-05, 0.1]}"#,
        ),
        ("[] | tojson(indent=2) ~ ([[1]] | tojson(false, '-'))", "[][\n-[\n--1\n-]\n]"),
        ("strftime_now('%d %b %Y %H:%M:%S %A %j|%Z|')", "26 Jul 2024 00:00:00 Friday 208||"),
        ("'a' is iterable and 'a' is sequence and {} is sequence and none is not iterable", "True"),
    ] {
        let source =
            format!("{{{{ {expression} }}}}{{{{ messages | map(attribute='content') | join }}}}");
        let turns = [Turn::new(ChatRole::User, ""), Turn::new(ChatRole::Assistant, "A")];
        let rendered = render(&from_source("t", &source), &turns).unwrap();
        assert_eq!(rendered.text, format!("{expected}A"), "{expression}");
    }
}

fn folder(path: &Path) -> TokenizerFolder {
    TokenizerFolder::new(TokenizerFiles::read(path).unwrap()).unwrap()
}

fn fixture() -> TokenizerFolder {
    folder(&at_root("tests/fixtures/tokenizer"))
}

fn built_in(name: &str, tokenizer: &TokenizerFolder) -> Result<ChatTemplate, Unusable> {
    ChatTemplate::load(&TemplateSource::BuiltIn(name.into()), tokenizer)
}

#[test]
fn built_in_templates_are_known_by_name() {
    for name in template_names() {
        let template = built_in(name, &fixture()).unwrap();
        assert_eq!(template.warnings, Vec::<String>::new(), "{name}");
    }
    let error = built_in("vicuna", &fixture()).unwrap_err().to_string();
    assert!(error.contains("'vicuna'") && error.contains("chatml, llama2, llama3"), "{error}");
}

#[test]
fn a_tokenizer_may_lack_a_template_its_tokens_or_an_end() {
    let of_tokenizer = TemplateSource::read(&TemplateChoice::Tokenizer, &fixture().files);
    assert!(of_tokenizer.unwrap().is_none());
    let text = std::fs::read_to_string(at_root("tests/fixtures/tokenizer/tokenizer.json")).unwrap();
    let lacking = tempfile::tempdir().unwrap();
    std::fs::write(lacking.path().join("tokenizer.json"), text.replace("<|im_end|>", "<|other|>"))
        .unwrap();
    let lacking = folder(lacking.path());
    let warnings = built_in("chatml", &lacking).unwrap().warnings;
    assert!(warnings[0].contains("no token <|im_end|>,"), "{warnings:?}");
    let error = built_in("plain", &lacking).unwrap_err().to_string();
    assert!(error.contains("names none; name one there"), "{error}");
}

/// Phi-3 and others write eos only behind the last answer: the token before it ends every answer.
#[test]
fn the_end_of_every_answer_counts_where_the_last_one_ends_otherwise() {
    let phi = "{% for m in messages %}{{ '<|' + m.role + '|>\\n' + m.content + '<|end|>\\n' }}{% endfor %}\
               {% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}";
    let gpt_oss = "<|start|>system<|message|>Be brief.<|end|>{% for m in messages %}\
                   <|start|>{{ m.role }}<|message|>{{ m.content }}\
                   {% if loop.last and m.role == 'assistant' %}<|return|>{% else %}<|end|>{% endif %}\
                   {% endfor %}{% if add_generation_prompt %}<|start|>assistant{% endif %}";
    let turns = [
        Turn::new(ChatRole::User, "First?"),
        Turn::new(ChatRole::Assistant, "One."),
        Turn::new(ChatRole::User, "Second?"),
        Turn::new(ChatRole::Assistant, "Two."),
    ];
    for (source, expected) in [
        (phi, ["One.<|end|>", "Two.<|end|>\n</s>"]),
        (gpt_oss, ["<|message|>One.<|end|>", "<|message|>Two.<|return|>"]),
    ] {
        let rendered = render(&from_source("t", source), &turns).unwrap();
        assert_eq!(answers(&rendered), expected);
    }
}

#[test]
fn a_message_that_does_not_count_is_context() {
    let mut turns = [
        Turn::new(ChatRole::User, "First?"),
        Turn::new(ChatRole::Assistant, "One."),
        Turn::new(ChatRole::Tool, "Dry."),
        Turn::new(ChatRole::Assistant, "Two."),
    ];
    turns[1].part = Part::Excluded;
    let plain = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";
    let marked = "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}\
                  {% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
    for source in [plain, marked] {
        let rendered = render(&from_source("t", source), &turns).unwrap();
        assert_eq!(answers(&rendered), ["Two."]);
        assert!(rendered.text.contains("One."));
    }
    let deaf =
        "{% for m in messages %}{% if m.role != 'tool' %}{{ m.content }}{% endif %}{% endfor %}";
    let error = render(&from_source("t", deaf), &turns).unwrap_err().to_string();
    assert!(error.contains("leaves out a message of a tool"), "{error}");
}

/// Llama 2 has a place for the system before a question only.
#[test]
fn no_message_is_left_out_unsaid() {
    let turn = Turn::new;
    let (system, user, answer) = (ChatRole::System, ChatRole::User, ChatRole::Assistant);
    let odd = [turn(user, "Q"), turn(answer, "A"), turn(system, "Be brief."), turn(answer, "B")];
    let twice =
        [turn(system, "Be brief."), turn(system, "Be kind."), turn(user, "Q"), turn(answer, "A")];
    for name in template_names() {
        let template = built_in(name, &fixture()).unwrap();
        for turns in [&odd, &twice] {
            match render(&template, turns) {
                Ok(rendered) => {
                    assert!(turns.iter().all(|turn| rendered.text.contains(turn.text())), "{name}");
                }
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.contains("has no place for message"), "{name}: {error}");
                }
            }
        }
    }
    let error = render(&built_in("llama2", &fixture()).unwrap(), &twice).unwrap_err().to_string();
    assert!(error.contains("llama2 has no place for message 1 of 4, the system's"), "{error}");
    let deaf = "{% for m in messages %}{% if m.role != 'system' %}{{ m.content }}\n{% endif %}{% endfor %}";
    let rendered = render(&from_source("t", deaf), &twice).unwrap();
    assert_eq!(rendered.left_out, LeftOut { answer: false, spaces: false, message: true });
    assert!(!render(&from_source("t", deaf), &twice[2..]).unwrap().left_out.message);
}

/// Qwen2.5's way of tools.
const HERMES: &str = "{% for tool in tools or [] %}{{ tool | tojson }}\n{% endfor %}\
    {% for m in messages %}<|{{ m.role }}|>{{ m.content or '' }}{% for c in m.tool_calls or [] %}\
    <call>{{ c.function.name }} {{ c.function.arguments | tojson }}</call>{% endfor %}<|end|>{% endfor %}\
    {% if add_generation_prompt %}<|assistant|>{% endif %}";

/// A question, a call, what the tool gave, an answer.
fn with_tools(arguments: Value) -> Conversation {
    let call = json!({"id": "abcdefghi", "type": "function",
        "function": {"name": "rain", "arguments": arguments}});
    let mut calling = Turn::new(ChatRole::Assistant, "Let me see. ");
    calling.fields = Map::from_iter([("tool_calls".into(), json!([call]))]);
    let turns = vec![
        Turn::new(ChatRole::User, "Rain?"),
        calling,
        Turn::new(ChatRole::Tool, "none"),
        Turn::new(ChatRole::Assistant, "No."),
    ];
    let tools = json!([{"type": "function", "function": {"name": "rain"}}]);
    Conversation { turns, variables: Map::from_iter([("tools".into(), tools)]) }
}

#[test]
fn calls_of_tools_count_and_what_tools_give_does_not() {
    let hermes = from_source("t", HERMES);
    let expected = [r#"Let me see. <call>rain {"city": "Rome"}</call><|end|>"#, "No.<|end|>"];
    // OpenAI's form, as text, is given as an object where the template would quote it again.
    for arguments in [json!({"city": "Rome"}), json!(r#"{"city": "Rome"}"#)] {
        let rendered = hermes.render(&with_tools(arguments), &LossRule::Assistant, None).unwrap();
        assert_eq!((answers(&rendered), rendered.left_out.answer), (expected.to_vec(), false));
        assert!(rendered.text.starts_with(r#"{"type": "function""#), "{}", rendered.text);
    }
    let conversation = with_tools(json!({"city": "Rome"}));
    let of_rule = |loss: LossRule| {
        let rendered = hermes.render(&conversation, &loss, None).unwrap();
        answers(&rendered).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of_rule(LossRule::LastAssistant), ["No.<|end|>"]);
    let tool = of_rule(LossRule::Roles(vec![ChatRole::Tool, ChatRole::User]));
    assert_eq!(tool, ["Rain?<|end|>", "none<|end|>"]);
    assert_eq!(of_rule(LossRule::All).len(), 1);
}

/// Command R and others bring two templates.
#[test]
fn the_template_named_tool_use_is_for_conversations_with_tools() {
    let plain = "{% for m in messages %}{{ m.content }}<|end|>{% endfor %}";
    let source = TemplateSource::Jinja {
        name: "t".into(),
        text: plain.into(),
        with_tools: Some(HERMES.into()),
    };
    let template = ChatTemplate::load(&source, &fixture()).unwrap();
    let with = with_tools(json!({"city": "Rome"}));
    let rendered = template.render(&with, &LossRule::Assistant, None).unwrap();
    assert_eq!(answers(&rendered)[0], r#"Let me see. <call>rain {"city": "Rome"}</call><|end|>"#);
    let without = [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")];
    assert_eq!(render(&template, &without).unwrap().text, "Q<|end|>A<|end|>");
    assert!(source.words().contains("tool_calls"));
}

/// DeepSeek's template puts texts together, and an object is none.
#[test]
fn arguments_become_text_where_the_template_takes_only_that() {
    let source = HERMES.replace("arguments | tojson", "arguments + ''");
    let template = from_source("t", &source);
    assert!(template.warnings[0].contains("takes the arguments of tool calls as JSON text only"));
    let rendered =
        template.render(&with_tools(json!({"city": "Rome"})), &LossRule::Assistant, None);
    let answer = r#"Let me see. <call>rain {"city": "Rome"}</call><|end|>"#;
    assert_eq!(answers(&rendered.unwrap())[0], answer);
}

#[test]
fn a_template_that_leaves_out_tools_is_an_error() {
    for (part, other, expected) in [
        ("tools or []", "[]", "leaves out 'tools'; take one"),
        ("c.function.arguments | tojson", "'…'", "leaves out 'Rome' of a tool call of message 2"),
        ("{{ m.content or '' }}", "{{ m.content if m.role != 'tool' }}", "a message of a tool"),
    ] {
        let template = from_source("t", &HERMES.replace(part, other));
        let rendered =
            template.render(&with_tools(json!({"city": "Rome"})), &LossRule::Assistant, None);
        let error = rendered.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Qwen3 keeps the thoughts of the last answer only; they lie in a field of their own.
#[test]
fn thoughts_in_a_field_of_their_own_count_where_they_are_written() {
    let source = "{% for m in messages %}<|{{ m.role }}|>{% if loop.last %}<think>\n\
                  {{ m.reasoning_content }}\n</think>\n\n{% endif %}{{ m.content }}<|end|>{% endfor %}\
                  {% if add_generation_prompt %}<|assistant|>{% endif %}";
    let thinking = |answer: &str, thoughts: &str| {
        let mut turn = Turn::new(ChatRole::Assistant, answer);
        turn.fields = Map::from_iter([("reasoning_content".into(), thoughts.into())]);
        turn
    };
    let user = |text: &str| Turn::new(ChatRole::User, text);
    let turns = [user("2+2?"), thinking("4.", "Easy."), user("3+3?"), thinking("6.", "Too.")];
    let rendered = render(&from_source("t", source), &turns).unwrap();
    assert_eq!(answers(&rendered), ["4.<|end|>", "<think>\nToo.\n</think>\n\n6.<|end|>"]);
    assert!(rendered.left_out.answer, "the first thoughts are left out");
    let rendered = render(&from_source("t", source), &turns[..2]).unwrap();
    assert!(!rendered.left_out.answer);
}

/// As Jinja2 in transformers does.
#[test]
fn line_ends_of_windows_are_line_feeds_and_none_is_not_iterable() {
    let source = "{% for m in messages %}\r\n{{ m.role }}:\r\n{{ m.content }}\r\n{% endfor %}\
                  {% if tools is iterable and tools | length > 0 %}tools{% endif %}";
    let turns = [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")];
    let rendered = render(&from_source("t", source), &turns).unwrap();
    assert_eq!(rendered.text, "user:\nQ\nassistant:\nA\n");
}

/// Qwen3 opens the thoughts itself where an answer only closes them; the model has to write both.
#[test]
fn thoughts_that_a_template_opens_are_part_of_the_answer() {
    let source = "{% for m in messages %}<{{ m.role }}>{% if '</think>' in m.content %}<think>\n{% endif %}\
                  {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
    let answer = "2+2 equals 4.\n</think>\n\nIt is 4.";
    let turns = [Turn::new(ChatRole::User, "2+2?"), Turn::new(ChatRole::Assistant, answer)];
    let rendered = render(&from_source("t", source), &turns).unwrap();
    assert_eq!(answers(&rendered), [format!("<think>\n{answer}<end>")]);
}

#[test]
fn a_template_that_leaves_out_a_part_of_an_answer_is_told_of() {
    let r1 = "{% for m in messages %}<{{ m.role }}>{{ m.content.split('</think>')[-1] }}<end>{% endfor %}";
    let whole = "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}<end>{% endfor %}";
    let turns =
        |answer: &str| [Turn::new(ChatRole::User, "2+2?"), Turn::new(ChatRole::Assistant, answer)];
    let shortened = |source: &str, answer: &str| {
        render(&from_source("t", source), &turns(answer)).unwrap().left_out.answer
    };
    assert!(shortened(r1, "<think>Let me see.</think>\n4."));
    assert!(!shortened(r1, "4."));
    assert!(!shortened(whole, " <think>Let me see.</think>\n4. "));
    let spaces =
        |answer: &str| render(&from_source("t", whole), &turns(answer)).unwrap().left_out.spaces;
    assert!(spaces("4. ") && !spaces("4. 5"));
}
