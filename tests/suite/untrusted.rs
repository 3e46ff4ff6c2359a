//! Chat templates and tokenizers from strangers: what is wrong with them, or what they do to a row, is an
//! error that names them. Nothing of theirs ends the program.

use crate::common::{Finished, Sandbox, assert_one_error, of_kind};
use serde_json::{Value, json};
use std::fs;

/// Writes a template that ends the process that renders it.
const ENDLESS: &str = "{% set ns = namespace(a=1) %}{% set ns.me = ns %}{{ ns }}";

#[track_caller]
fn assert_refused(done: Finished, needles: &[&str]) {
    assert_one_error(&done.expect(1), needles);
}

fn with_template(source: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("model/chat_template.jinja", source);
    sandbox
}

/// The demo's tokenizer with one of its parts replaced.
fn with_tokenizer(part: &str, value: Value) -> Sandbox {
    let sandbox = Sandbox::new();
    let path = sandbox.path("model/tokenizer.json");
    let mut definition: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    definition[part] = value;
    sandbox.write("model/tokenizer.json", &definition.to_string());
    sandbox
}

fn check(sandbox: &Sandbox) -> Finished {
    sandbox.run(&["check", "tiny.ron"])
}

#[test]
fn a_template_that_ends_its_process_is_named_with_the_cause() {
    let name = "model/chat_template.jinja";
    let (stack, memory) = ("a stack of 8 MiB", "1536 MiB of memory");
    let doubling = "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}\
                    {% set ns.s = ns.s ~ ns.s %}{% endfor %}";
    let nots = format!("{{{{ {} x }}}}", "not ".repeat(200_000));
    let filters = format!("{{{{ x{} }}}}", "|upper".repeat(200_000));
    for (source, cause) in [
        (ENDLESS, stack),
        (nots.as_str(), stack),
        (filters.as_str(), stack),
        (r#"{{ "{:>100000000000}".format("a") }}"#, memory),
        (doubling, memory),
    ] {
        let start = &source[..source.len().min(60)];
        let done = check(&with_template(source)).expect(1);
        assert!(done.stderr.contains(cause), "{start}: {}", done.stderr);
        assert_one_error(&done, &[name, "ends the process that tries it"]);
    }
}

/// A template that works, but on rows with this word ends its process.
fn with_poison() -> Sandbox {
    let turn = "{{ m.role }}: {{ m.content }}<|end|>";
    let poison = format!("{{% if 'poison' in m.content %}}{ENDLESS}{{% endif %}}");
    let sandbox = with_template(&format!("{{% for m in messages %}}{turn}{poison}{{% endfor %}}"));
    let mut rows = fs::read_to_string(sandbox.path("law-train.jsonl")).unwrap();
    rows.insert_str(0, "{\"instruction\": \"poison\", \"output\": \"one\"}\n");
    rows.push_str("{\"instruction\": \"poison\", \"output\": \"two\"}\n");
    sandbox.write("law-train.jsonl", &rows);
    sandbox
}

#[test]
fn a_row_on_which_a_template_ends_its_process_is_a_bad_row() {
    let sandbox = with_poison();
    let needles = ["law-train.jsonl, line 1:", "chat_template.jinja", "a stack of 8 MiB", "Skip"];
    assert_refused(check(&sandbox), &needles);
    for name in ["one", "two"] {
        let cache = format!("data.cache_dir={name:?}");
        sandbox.train(name, &["data.on_bad_row=Skip(2)", &cache]).expect(0);
        let record = sandbox.record(name);
        let law = of_kind(&record, "data_ready")[0];
        assert_eq!((&law["train_rows"], &law["skipped_rows"]), (&json!(40), &json!(2)));
    }
    assert_eq!(sandbox.last_weights("one"), sandbox.last_weights("two"));
}

#[test]
fn a_template_that_ends_one_process_after_another_is_given_up() {
    let sandbox = with_poison();
    let row = |i| format!("{{\"instruction\": \"poison {i}\", \"output\": \"x\"}}\n");
    sandbox.write("law-train.jsonl", &(0..20).map(row).collect::<String>());
    let done = sandbox.run(&["check", "tiny.ron", "--set", "data.on_bad_row=Skip(100)"]);
    assert_refused(done, &["chat_template.jinja", "more than 16 processes"]);
}

#[test]
fn a_tokenizer_that_is_known_to_break_is_refused_with_the_place() {
    let split = |pattern: Value| {
        json!({"type": "Split", "pattern": pattern, "behavior": "Isolated",
                                        "invert": false})
    };
    let replace = |pattern: Value| {
        json!({"type": "Sequence", "normalizers": [
        {"type": "Replace", "pattern": pattern, "content": "a"}]})
    };
    let template = json!({"type": "TemplateProcessing", "single": [
        {"SpecialToken": {"id": "[GONE]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [], "special_tokens": {}});
    let added = json!([{"id": 1_u64 << 31, "content": "x", "single_word": false, "lstrip": false,
                        "rstrip": false, "normalized": false, "special": true}]);
    for (part, value, place) in [
        ("pre_tokenizer", json!({"type": "FixedLength", "length": 0}), "pre_tokenizer.length is 0"),
        ("pre_tokenizer", split(json!({"String": ""})), "pre_tokenizer.pattern.String of a Split"),
        ("normalizer", replace(json!({"String": ""})), "normalizer.normalizers[0].pattern.String"),
        (
            "normalizer",
            json!({"type": "Precompiled", "precompiled_charsmap": "AAAA"}),
            "normalizer.precompiled_charsmap cannot be read",
        ),
        ("post_processor", template, "post_processor.single[0] names the token '[GONE]'"),
        ("added_tokens", added, "added_tokens[0].id is 2147483648"),
    ] {
        assert_refused(check(&with_tokenizer(part, value)), &["model/tokenizer.json", place]);
    }
}

#[test]
fn a_regular_expression_that_runs_away_is_named_with_its_row() {
    let pattern = json!({"Regex": r"(\w+\s?)*\.$$"});
    let split =
        json!({"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": false});
    let sandbox = with_tokenizer("pre_tokenizer", split);
    // Only a full stop makes it try, and what follows makes it fail.
    let output = "court clause court clause judge appeal party contract. And so on";
    sandbox.write("law-held.jsonl", &json!({"instruction": "Say", "output": output}).to_string());
    let needles = ["law-held.jsonl, line 1:", r"(\w+\s?)*\.$$", "10000000 steps", "tokenizer.json"];
    assert_refused(check(&sandbox), &needles);
}

#[test]
fn a_tokenizer_with_more_tokens_than_the_model_is_named() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("model/config.json");
    let config =
        fs::read_to_string(&path).unwrap().replace("\"vocab_size\":4096", "\"vocab_size\":99");
    sandbox.write("model/config.json", &config);
    assert_refused(check(&sandbox), &["model/tokenizer.json", "vocab_size of 99", "up to id"]);
}

#[test]
fn what_is_no_file_is_refused_before_it_is_opened() {
    let device = "it is a character device; only regular files are read";
    let sandbox = Sandbox::new();
    let config = sandbox.run(&["train", "/dev/zero"]).expect(2);
    assert_one_error(&config, &["/dev/zero", device]);
    for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "config.json"] {
        let sandbox = Sandbox::new();
        let path = sandbox.path("model").join(name);
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert_refused(check(&sandbox), &[name, device]);
    }
    let template = sandbox.train("x", &[r#"data.template=File("/dev/zero")"#]).expect(2);
    assert_one_error(&template, &["data.template", "a file that can be read"]);
}

#[test]
fn padding_and_truncation_of_a_tokenizer_are_not_used() {
    let padding = json!({"strategy": {"Fixed": 1_000_000_000_000_u64}, "direction": "Right",
        "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "<|pad|>"});
    check(&with_tokenizer("padding", padding)).expect(0);
}
