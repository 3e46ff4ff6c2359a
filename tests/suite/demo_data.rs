//! The demo's rows, tokenizer, chat template and model shape agree with each other.

use flate2::read::GzDecoder;
use minijinja::{Environment, context};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer;

const DOMAINS: [&str; 6] = ["code", "finance", "general", "law", "medicine", "science"];
/// The demo's sequence length.
const SEQUENCE_TOKENS: usize = 256;

fn demo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo").join(path)
}

fn rows(name: &str) -> Vec<Value> {
    let file = File::open(demo("data").join(name)).unwrap();
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("no `{field}` in {row}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(demo(path)).unwrap()).unwrap()
}

fn tokenizer() -> Tokenizer {
    Tokenizer::from_file(demo("model/tokenizer.json")).unwrap()
}

/// The turns (role, text) as the tokenizer's own template writes them.
fn rendered(turns: &[(&str, &str)], add_generation_prompt: bool) -> String {
    let config = json("model/tokenizer_config.json");
    let messages = turns.iter().map(|&(role, content)| context! { role, content });
    let context = context! {
        messages => messages.collect::<Vec<_>>(),
        bos_token => text(&config, "bos_token"),
        add_generation_prompt,
    };
    Environment::new().render_str(text(&config, "chat_template"), context).unwrap()
}

#[test]
fn every_domain_has_its_share_and_names_its_sources() {
    for (name, least, most) in [("train.jsonl.gz", 1150, 1200), ("held_out.jsonl.gz", 120, 150)] {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows(name) {
            *counts.entry(text(&row, "domain").to_owned()).or_default() += 1;
            assert!(!text(&row, "source").is_empty() && !text(&row, "license").is_empty(), "{row}");
        }
        assert_eq!(counts.keys().collect::<Vec<_>>(), DOMAINS, "{name}");
        assert!(counts.values().all(|n| (least..=most).contains(n)), "{name}: {counts:?}");
    }
}

#[test]
fn no_held_out_question_or_answer_is_trained_on() {
    let key = |row: &Value, field: &str| {
        (text(row, "domain").to_owned(), text(row, field).to_lowercase())
    };
    for field in ["instruction", "output"] {
        let trained: HashSet<_> =
            rows("train.jsonl.gz").iter().map(|row| key(row, field)).collect();
        for row in rows("held_out.jsonl.gz") {
            assert!(!trained.contains(&key(&row, field)), "{row}");
        }
    }
}

/// Fails when the tokenizer or the template was changed and the rows were not.
#[test]
fn every_row_fits_a_sequence_and_comes_back_from_its_tokens() {
    let tokenizer = tokenizer();
    let mut seen = 0;
    for name in ["train.jsonl.gz", "held_out.jsonl.gz"] {
        for row in rows(name) {
            let turns = [("user", text(&row, "instruction")), ("assistant", text(&row, "output"))];
            let whole = rendered(&turns, false);
            let encoding = tokenizer.encode(whole.as_str(), false).unwrap();
            assert!(encoding.len() <= SEQUENCE_TOKENS, "{} tokens: {row}", encoding.len());
            assert_eq!(tokenizer.decode(encoding.get_ids(), false).unwrap(), whole);
            seen += 1;
        }
    }
    assert!(seen > 8000, "{seen} rows");
}

/// The ids that `transformers.AutoTokenizer.apply_chat_template` gives for the same messages.
#[test]
fn a_chat_has_the_ids_that_transformers_gives() {
    let turns = [("user", "What is naïve 1234?"), ("assistant", "def f(x):\n    return x")];
    let ids = tokenizer().encode(rendered(&turns, false), false).unwrap();
    let expected = [
        1, 4, 343, 297, 323, 70, 133, 113, 694, 226, 22, 23, 24, 25, 36, 2, 5, 605, 285, 13, 93,
        524, 381, 485, 1529, 2,
    ];
    assert_eq!(ids.get_ids(), expected);

    let prompt = rendered(&[("user", "Hi")], true);
    assert_eq!(prompt, "<|bos|><|user|>Hi<|end|><|assistant|>");
}

#[test]
fn model_and_tokenizer_name_the_same_tokens() {
    let (config, tokenizer) = (json("model/config.json"), tokenizer());
    let names = json("model/tokenizer_config.json");
    assert_eq!(config["vocab_size"], tokenizer.get_vocab_size(true));
    for kind in ["bos", "eos", "pad"] {
        let id = tokenizer.token_to_id(text(&names, &format!("{kind}_token"))).unwrap();
        assert_eq!(config[format!("{kind}_token_id")], id, "{kind}");
    }
}
