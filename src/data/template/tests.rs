use super::*;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::Unusable;
use crate::data::plan::TemplateChoice;
use crate::data::tokenizer::{TokenizerFiles, TokenizerFolder};
use serde::Deserialize;
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

fn at_root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn template(path: &str) -> ChatTemplate {
    let source = std::fs::read_to_string(at_root(path)).unwrap();
    from_source(path, &source)
}

fn from_source(name: &str, source: &str) -> ChatTemplate {
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

fn answers(rendered: &Rendered) -> Vec<&str> {
    rendered.answers.iter().map(|range| &rendered.text[range.clone()]).collect()
}

#[test]
fn templates_render_as_in_transformers() {
    let cases = cases();
    assert_eq!(cases.len(), 12 * 6);
    for case in &cases {
        let rendered = template(&case.template).render(&case.turns());
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
        let rendered = template(&case.template).render(&case.turns()).unwrap();
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
            "qwen3.jinja" => spoken(case).iter().map(|a| format!("{a}<|im_end|>")).collect(),
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
    let error = shouting.render(&turns).unwrap_err().to_string();
    assert!(
        error.contains("message 2 of 2 cannot be found") && error.contains("loud.jinja"),
        "{error}"
    );

    let forgetful = from_source(
        "short.jinja",
        "{% for m in messages[-2:] %}{{ m.role }}: {{ m.content }}\n{% endfor %}",
    );
    let error = forgetful.render(&[turns.clone(), turns].concat()).unwrap_err().to_string();
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
    assert!(chatml.render(&turns).unwrap_err().to_string().contains("U+FDD0"));
}

#[test]
fn json_is_written_as_python_writes_it() {
    let source = "{{ messages[0].content }}{{ {'b': [1, 2.5, none, true], 'a': '<é>'} | tojson }}{{ [1] | tojson(indent=2) }}{{ messages[-1].content }}{{ true }}{{ none }}";
    let rendered = from_source("json", source)
        .render(&[Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")])
        .unwrap();
    assert_eq!(
        rendered.text,
        r#"Q{"b": [1, 2.5, null, true], "a": "<é>"}[
  1
]ATrueNone"#
    );
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
    let gpt_oss = "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}\
                   {% if loop.last and m.role == 'assistant' %}<|return|>{% else %}<|end|>{% endif %}\
                   {% endfor %}{% if add_generation_prompt %}<|start|>assistant{% endif %}";
    let turns = [
        Turn::new(ChatRole::User, "First?"),
        Turn::new(ChatRole::Assistant, "One."),
        Turn::new(ChatRole::User, "Second?"),
        Turn::new(ChatRole::Assistant, "Two."),
    ];
    for (source, expected) in
        [(phi, ["One.<|end|>", "Two.<|end|>\n</s>"]), (gpt_oss, ["One.<|end|>", "Two.<|return|>"])]
    {
        let rendered = from_source("t", source).render(&turns).unwrap();
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
    turns[1].counted = false;
    let plain = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";
    let marked = "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}\
                  {% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
    for source in [plain, marked] {
        let rendered = from_source("t", source).render(&turns).unwrap();
        assert_eq!(answers(&rendered), ["Two."]);
        assert!(rendered.text.contains("One."));
    }
    let deaf =
        "{% for m in messages %}{% if m.role != 'tool' %}{{ m.content }}{% endif %}{% endfor %}";
    let error = from_source("t", deaf).render(&turns).unwrap_err().to_string();
    assert!(error.contains("leaves out a message of a tool"), "{error}");
}

/// As Jinja2 in transformers does.
#[test]
fn line_ends_of_windows_are_line_feeds_and_none_is_not_iterable() {
    let source = "{% for m in messages %}\r\n{{ m.role }}:\r\n{{ m.content }}\r\n{% endfor %}\
                  {% if tools is iterable and tools | length > 0 %}tools{% endif %}";
    let turns = [Turn::new(ChatRole::User, "Q"), Turn::new(ChatRole::Assistant, "A")];
    let rendered = from_source("t", source).render(&turns).unwrap();
    assert_eq!(rendered.text, "user:\nQ\nassistant:\nA\n");
}

/// Qwen3 opens the thoughts itself where an answer only closes them; the model has to write both.
#[test]
fn thoughts_that_a_template_opens_are_part_of_the_answer() {
    let source = "{% for m in messages %}<{{ m.role }}>{% if '</think>' in m.content %}<think>\n{% endif %}\
                  {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
    let answer = "2+2 equals 4.\n</think>\n\nIt is 4.";
    let turns = [Turn::new(ChatRole::User, "2+2?"), Turn::new(ChatRole::Assistant, answer)];
    let rendered = from_source("t", source).render(&turns).unwrap();
    assert_eq!(answers(&rendered), [format!("<think>\n{answer}<end>")]);
}

#[test]
fn a_template_that_leaves_out_a_part_of_an_answer_is_told_of() {
    let r1 = "{% for m in messages %}<{{ m.role }}>{{ m.content.split('</think>')[-1] }}<end>{% endfor %}";
    let whole = "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}<end>{% endfor %}";
    let turns =
        |answer: &str| [Turn::new(ChatRole::User, "2+2?"), Turn::new(ChatRole::Assistant, answer)];
    let shortened = |source: &str, answer: &str| {
        from_source("t", source).render(&turns(answer)).unwrap().shortened
    };
    assert!(shortened(r1, "<think>Let me see.</think>\n4."));
    assert!(!shortened(r1, "4."));
    assert!(!shortened(whole, " <think>Let me see.</think>\n4. "));
}
