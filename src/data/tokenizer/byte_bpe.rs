//! Byte-level BPE from vocab.json and merges.txt, as transformers' own classes make it of them.

use serde_json::{Map, Value, json};

/// How Qwen's tokenizers cut a text up before BPE.
const QWEN_PIECES: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The definition of the tokenizer.
///
/// # Errors
/// A file is broken, or the class of the tokenizer is another one.
pub(super) fn definition(
    vocabulary: &str,
    merges: &str,
    config: &Map<String, Value>,
) -> Result<Value, String> {
    let vocabulary: Map<String, Value> = serde_json::from_str(vocabulary)
        .map_err(|error| format!("vocab.json is no JSON object of ids: {error}"))?;
    let prefix = config.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
    let bytes = |use_regex: bool| {
        json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": false,
            "use_regex": use_regex})
    };
    let (normalizer, pieces) = match class(config).trim_end_matches("Fast") {
        "GPT2Tokenizer" => (Value::Null, bytes(true)),
        "Qwen2Tokenizer" => {
            let split = json!({"type": "Split", "pattern": {"Regex": QWEN_PIECES},
                "behavior": "Isolated", "invert": false});
            let both = json!({"type": "Sequence", "pretokenizers": [split, bytes(false)]});
            (json!({"type": "NFC"}), both)
        }
        other => {
            return Err(format!(
                "there are vocab.json and merges.txt, but no tokenizer.json, and tokenizer_config.json names \
                 the class {}, of which only GPT2Tokenizer and Qwen2Tokenizer are known; make a tokenizer.json \
                 (transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…))",
                other.escape_debug()
            ));
        }
    };
    Ok(json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": normalizer, "pre_tokenizer": pieces,
        "post_processor": bytes(true), "decoder": bytes(true),
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false, "vocab": vocabulary, "merges": pairs(merges)?,
        },
    }))
}

/// The special tokens of the class, where the files name none.
pub(super) fn usual_special(config: &Map<String, Value>) -> [(&'static str, &'static str); 3] {
    const END: &str = "<|endoftext|>";
    match class(config).trim_end_matches("Fast") {
        "Qwen2Tokenizer" => [("eos_token", END), ("unk_token", END), ("pad_token", END)],
        _ => [("bos_token", END), ("eos_token", END), ("unk_token", END)],
    }
}

fn class(config: &Map<String, Value>) -> &str {
    config.get("tokenizer_class").and_then(Value::as_str).unwrap_or("GPT2Tokenizer")
}

/// The pairs of merges.txt, one a line, behind a line with its version.
fn pairs(merges: &str) -> Result<Vec<Value>, String> {
    let lines = merges.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let lines = lines.filter(|(number, line)| *number > 0 || !line.starts_with("#version"));
    let pair = |(number, line): (usize, &str)| match line.split(' ').collect::<Vec<_>>()[..] {
        [left, right] => Ok(json!([left, right])),
        _ => Err(format!(
            "merges.txt, line {}: it is not two pieces with a space between",
            number + 1
        )),
    };
    lines.map(pair).collect()
}
