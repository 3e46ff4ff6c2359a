//! Hostile model folders: config.json, tokenizer.json, chat templates, safetensors headers.

use crate::Kind;
use crate::bounded;
use crate::common::{Dice, Sandbox};
use crate::hub::MODEL;
use crate::mutate;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

pub const KIND: Kind = Kind { name: "model", share: 3.0, trial };

/// Templates that once ended the process.
const TEMPLATES: [&str; 8] = [
    "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
    "{{ \"{:>100000000000}\".format(\"a\") }}",
    "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{{ a * b }}{% endfor %}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ messages | map(attribute='content') | join('x' * 100000000) }}",
    "{{ ('a' * 1000000000) | upper }}",
    "{{ range(100000000000) | list }}",
];

/// Parts of which a long chain is made.
const LINKS: [&str; 6] = ["not ", "-", "(", "[", "1+", "messages|list + "];

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let model = sandbox.path("model");
    let source = format!("model.source=Folder({:?})", trained(&sandbox).display().to_string());
    let mut args = vec!["check", "tiny.ron", "--set", "data.template=Tokenizer"];
    let attacked = dice.below(6);
    match attacked {
        0 => json_file(dice, &sandbox.path("trained/config.json")),
        1 => json_file(dice, &model.join("tokenizer.json")),
        2 => template(dice, &model),
        4 => {
            let kind = ["sentencepiece", "unigram"][dice.below(2) as usize];
            other_form(dice, &model, kind, &["tokenizer.model", "tokenizer_config.json"])
        }
        5 => other_form(
            dice,
            &model,
            "qwen2",
            &["vocab.json", "merges.txt", "tokenizer_config.json"],
        ),
        _ => weights(dice, &sandbox.path("trained/model.safetensors")),
    }
    // Only weights bound the numbers of a config: random ones are of the size that the user wants.
    if attacked == 0 || attacked == 3 {
        args.extend(["--set", &source]);
    }
    let done = bounded::run(&mut sandbox.versatune(&args));
    assert!(done.code == 0 || done.output.contains("error: "), "{}", done.output);
    1
}

fn json_file(dice: &mut Dice, path: &Path) {
    let text = fs::read_to_string(path).expect("a file of the model");
    if dice.below(4) == 0 {
        fs::write(path, mutate::draw(dice, mutate::bytes(text))).expect("a file of the model");
        return;
    }
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let value = mutate::draw(dice, mutate::json(value));
    fs::write(path, value.to_string()).expect("a file of the model");
}

fn template(dice: &mut Dice, model: &Path) {
    let chatml =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
    let text = match dice.below(3) {
        0 => TEMPLATES[dice.below(TEMPLATES.len() as u64) as usize].to_owned(),
        1 => {
            let link = LINKS[dice.below(LINKS.len() as u64) as usize];
            let count = 10_usize.pow(1 + dice.below(6) as u32);
            let tail = ["", ".a", "|upper", "+1"][dice.below(4) as usize].repeat(count);
            format!("{{{{ {}1{tail} }}}}{chatml}", link.repeat(count))
        }
        _ => mutate::draw(dice, mutate::text(chatml)),
    };
    fs::write(model.join("chat_template.jinja"), text).expect("the template");
}

/// A tokenizer without a tokenizer.json, one of its files changed.
fn other_form(dice: &mut Dice, model: &Path, form: &str, names: &[&str]) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer_forms");
    fs::remove_file(model.join("tokenizer.json")).expect("a file of the model");
    let changed = dice.below(names.len() as u64) as usize;
    for (i, name) in names.iter().enumerate() {
        let mut bytes = fs::read(fixtures.join(form).join(name)).expect("a fixture");
        if i == changed {
            bytes = mutate::draw(dice, mutate::bytes(bytes));
        }
        fs::write(model.join(name), bytes).expect("a file of the model");
    }
}

/// The folder of a model that was trained.
fn trained(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.path("trained");
    fs::create_dir(&folder).expect("a folder");
    for (name, content) in MODEL.iter() {
        fs::write(folder.join(name), content).expect("a file of the model");
    }
    folder
}

/// A damaged header or body.
fn weights(dice: &mut Dice, path: &Path) {
    let mut bytes = fs::read(path).expect("weights");
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    match dice.below(3) {
        0 => bytes = mutate::draw(dice, mutate::bytes(bytes)),
        1 => bytes[..8].copy_from_slice(&dice.below(u64::MAX).to_le_bytes()),
        _ => {
            let text = String::from_utf8_lossy(&bytes[8..8 + header]).into_owned();
            let changed = mutate::draw(dice, mutate::text(text));
            let mut new = (changed.len() as u64).to_le_bytes().to_vec();
            new.extend(changed.as_bytes());
            new.extend(&bytes[8 + header..]);
            bytes = new;
        }
    }
    fs::write(path, bytes).expect("weights");
}
