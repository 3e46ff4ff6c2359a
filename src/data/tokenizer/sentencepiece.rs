//! SentencePiece's tokenizer.model: BPE as transformers' `LlamaTokenizer` makes it of that, Unigram as
//! SentencePiece itself does it (transformers 5 has no one way for these: its `LlamaTokenizer` takes every
//! model for BPE). One thing is as in `tokenizers`: a text that spells the name of a byte, `<0x0A>`, is read
//! as that byte.

use super::added::definition as added_token;
use prost::Message;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tokenizers::normalizers::Precompiled;

/// `model_type` of the kinds that language models use.
const UNIGRAM: i32 = 1;
const BPE: i32 = 2;
/// Types of pieces.
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
/// The largest model that is read, bytes; that of Gemma, with 256,000 pieces, has 4 MB.
pub(super) const LARGEST_MODEL: u64 = 32 << 20;
/// The longest piece, bytes: the ways to put one together are tried all.
const LONGEST_PIECE: usize = 256;
/// What SentencePiece writes for a space.
const SPACE: &str = "\u{2581}";

/// The parts of SentencePiece's `ModelProto` that are used, under the numbers of its definition.
#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(message, repeated, tag = "1")]
    pieces: Vec<Piece>,
    #[prost(message, optional, tag = "2")]
    trainer: Option<Trainer>,
    #[prost(message, optional, tag = "3")]
    normalizer: Option<Normalizer>,
}

#[derive(Clone, PartialEq, Message)]
struct Piece {
    #[prost(string, optional, tag = "1")]
    piece: Option<String>,
    #[prost(float, optional, tag = "2")]
    score: Option<f32>,
    #[prost(int32, optional, tag = "3", default = "1")]
    kind: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Trainer {
    #[prost(int32, optional, tag = "3", default = "1")]
    model_type: Option<i32>,
    #[prost(bool, optional, tag = "24")]
    treat_whitespace_as_suffix: Option<bool>,
    #[prost(bool, optional, tag = "35")]
    byte_fallback: Option<bool>,
    #[prost(int32, optional, tag = "40", default = "0")]
    unk_id: Option<i32>,
    #[prost(string, optional, tag = "45", default = "<unk>")]
    unk_piece: Option<String>,
    #[prost(string, optional, tag = "46", default = "<s>")]
    bos_piece: Option<String>,
    #[prost(string, optional, tag = "47", default = "</s>")]
    eos_piece: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Normalizer {
    #[prost(bytes = "vec", optional, tag = "2")]
    precompiled_charsmap: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "3", default = "true")]
    add_dummy_prefix: Option<bool>,
    #[prost(bool, optional, tag = "4", default = "true")]
    remove_extra_whitespaces: Option<bool>,
}

/// What a tokenizer.json would hold, and the special tokens as the model names them.
pub(super) struct Definition {
    pub json: Value,
    pub special: [(&'static str, String); 2],
}

/// The definition of the tokenizer.
///
/// # Errors
/// The bytes are no such model, or it is of another kind than BPE and Unigram.
pub(super) fn definition(bytes: &[u8], config: &Map<String, Value>) -> Result<Definition, String> {
    let model =
        Model::decode(bytes).map_err(|error| format!("not a SentencePiece model: {error}"))?;
    let trainer = model.trainer.clone().unwrap_or_default();
    require_known_class(config)?;
    let names: Vec<&str> = model.pieces.iter().map(Piece::piece).collect();
    if let Some(id) = names.iter().position(|name| name.len() > LONGEST_PIECE) {
        return Err(format!(
            "piece {id} has {} bytes, and at most {LONGEST_PIECE} are taken: it is damaged, or no tokenizer of a \
             language model",
            names[id].len()
        ));
    }
    let ids: HashMap<&str, usize> =
        names.iter().enumerate().map(|(id, name)| (*name, id)).collect();
    let normalizer = model.normalizer.clone().unwrap_or_default();
    let has_prefix = config.get("add_prefix_space").and_then(Value::as_bool);
    let has_prefix = has_prefix.unwrap_or(normalizer.add_dummy_prefix());
    if trainer.treat_whitespace_as_suffix() {
        return Err("its pieces end with their spaces (treat_whitespace_as_suffix), which is not done here; a \
                    tokenizer.json beside it is used instead"
            .into());
    }
    // LlamaTokenizer knows no normalization; a model that has one is not one of its own.
    let is_normalized =
        normalizer.precompiled_charsmap.as_ref().is_some_and(|charsmap| !charsmap.is_empty());
    let (kind, normalizations) = match trainer.model_type() {
        BPE if is_normalized => {
            (bpe(&names, &ids, &trainer), normalizations(&normalizer, has_prefix)?)
        }
        BPE => (bpe(&names, &ids, &trainer), Value::Null),
        UNIGRAM => (unigram(&model.pieces, &trainer)?, normalizations(&normalizer, has_prefix)?),
        _ => {
            return Err("a SentencePiece model of words or characters, and only BPE and Unigram are taken; a \
                        tokenizer.json beside it is used instead"
                .into());
        }
    };
    let mut decoders = vec![
        json!({"type": "Replace", "pattern": {"String": SPACE}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if has_prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let (bos, eos) = (trainer.bos_piece().to_owned(), trainer.eos_piece().to_owned());
    let is_legacy = config.get("legacy").and_then(Value::as_bool).unwrap_or(false);
    let scheme = match (has_prefix, is_legacy) {
        (false, _) => "never",
        (true, false) => "first",
        (true, true) => "always",
    };
    let json = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": added(&model.pieces, trainer.unk_piece()),
        "normalizer": normalizations,
        "pre_tokenizer": {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme,
            "split": false},
        "post_processor": post_processor(&bos, &ids, config),
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": kind,
    });
    Ok(Definition { json, special: [("bos_token", bos), ("eos_token", eos)] })
}

/// # Errors
/// The class numbers the pieces otherwise, or writes more around them.
fn require_known_class(config: &Map<String, Value>) -> Result<(), String> {
    const KNOWN: [&str; 5] = [
        "LlamaTokenizer",
        "CodeLlamaTokenizer",
        "MistralTokenizer",
        "PreTrainedTokenizer",
        "TokenizersBackend",
    ];
    let class = config.get("tokenizer_class").and_then(Value::as_str).unwrap_or(KNOWN[0]);
    match KNOWN.contains(&class.trim_end_matches("Fast")) {
        true => Ok(()),
        false => Err(format!(
            "there is a tokenizer.model, but no tokenizer.json, and tokenizer_config.json names the class {}, of \
             which only LlamaTokenizer is known; make a tokenizer.json (transformers: \
             AutoTokenizer.from_pretrained(…).save_pretrained(…))",
            class.escape_debug()
        )),
    }
}

fn bpe(names: &[&str], ids: &HashMap<&str, usize>, trainer: &Trainer) -> Value {
    let vocabulary: Map<String, Value> =
        names.iter().enumerate().map(|(id, name)| ((*name).to_owned(), id.into())).collect();
    json!({
        "type": "BPE", "dropout": null, "unk_token": trainer.unk_piece(),
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": true,
        "byte_fallback": trainer.byte_fallback(), "ignore_merges": false,
        "vocab": vocabulary, "merges": merges(names, ids),
    })
}

fn unigram(pieces: &[Piece], trainer: &Trainer) -> Result<Value, String> {
    if let Some(id) = pieces.iter().position(|piece| !piece.score().is_finite()) {
        return Err(format!(
            "the score of piece {id} is {}, and has to be a number",
            pieces[id].score()
        ));
    }
    let vocabulary: Vec<Value> =
        pieces.iter().map(|piece| json!([piece.piece(), f64::from(piece.score())])).collect();
    Ok(json!({
        "type": "Unigram", "unk_id": trainer.unk_id(), "byte_fallback": trainer.byte_fallback(),
        "vocab": vocabulary,
    }))
}

/// What SentencePiece does to a text first: its table of characters (NFKC, mostly), then white space.
fn normalizations(normalizer: &Normalizer, has_prefix: bool) -> Result<Value, String> {
    let mut steps = Vec::new();
    if let Some(charsmap) = normalizer.precompiled_charsmap.as_deref().filter(|map| !map.is_empty())
    {
        // Its first four bytes say how long a part of it is, and are believed.
        let length = charsmap.first_chunk().map_or(u32::MAX, |length| u32::from_le_bytes(*length));
        if length as usize > charsmap.len() - charsmap.len().min(4) {
            return Err("its precompiled_charsmap is shorter than it says".into());
        }
        let table = Precompiled::from(charsmap)
            .map_err(|error| format!("its precompiled_charsmap cannot be read: {error}"))?;
        steps.push(json!(table));
    }
    if normalizer.remove_extra_whitespaces() {
        // Spaces at the beginning become the prefix, where there is one.
        steps.push(json!({"type": "Strip", "strip_left": !has_prefix, "strip_right": true}));
        steps.push(json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}));
    }
    Ok(json!({"type": "Sequence", "normalizers": steps}))
}

/// Control pieces are special, those that a user defined are not.
fn added(pieces: &[Piece], unknown: &str) -> Vec<Value> {
    let numbered = pieces.iter().enumerate();
    let wanted = numbered.filter(|(_, piece)| {
        piece.piece() == unknown || matches!(piece.kind(), CONTROL | USER_DEFINED)
    });
    wanted
        .map(|(id, piece)| {
            let special = piece.kind() != USER_DEFINED;
            let options = json!({"special": special, "normalized": false});
            added_token(id as u64, piece.piece(), &options)
        })
        .collect()
}

/// Puts the first token before a text, unless the config says that there is none.
fn post_processor(bos: &str, ids: &HashMap<&str, usize>, config: &Map<String, Value>) -> Value {
    let wanted = config.get("add_bos_token").and_then(Value::as_bool).unwrap_or(true);
    let Some(id) = ids.get(bos).filter(|_| wanted) else { return Value::Null };
    let token = json!({"SpecialToken": {"id": bos, "type_id": 0}});
    let text = |side: &str| json!({"Sequence": {"id": side, "type_id": 0}});
    json!({
        "type": "TemplateProcessing",
        "single": [token, text("A")], "pair": [token, text("A"), token, text("B")],
        "special_tokens": {bos: {"id": bos, "ids": [id], "tokens": [bos]}},
    })
}

/// Every way to put a piece together out of two, in the order of the pieces' ids, which is that of BPE's
/// own merges.
fn merges(names: &[&str], ids: &HashMap<&str, usize>) -> Vec<Value> {
    let mut merges: Vec<([usize; 5], [&str; 2])> = Vec::new();
    for (id, name) in names.iter().enumerate() {
        for (at, _) in name.char_indices().skip(1) {
            let (left, right) = name.split_at(at);
            if let (Some(a), Some(b)) = (ids.get(left), ids.get(right)) {
                let order = [id, left.chars().count(), right.chars().count(), *a, *b];
                merges.push((order, [left, right]));
            }
        }
    }
    merges.sort();
    merges.into_iter().map(|(_, pair)| json!(pair)).collect()
}
