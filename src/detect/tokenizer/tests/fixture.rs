use crate::detect::tokenizer::{DomainTexts, Inference, InferenceError, Limits, infer_mixture};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{ModelWrapper, Tokenizer};

/// The demo's domains, in the order of the mixtures in these tests.
pub const DOMAINS: [&str; 6] = ["law", "medicine", "finance", "science", "code", "general"];

/// A tokenizer.json of these merges, `"a b"` each, that splits at spaces.
pub fn tokenizer(merges: &[&str]) -> Tokenizer {
    with_parts(merges, json!({"type": "WhitespaceSplit"}), Value::Null)
}

/// The same with a pre-tokenizer and a normalizer.
pub fn with_parts(merges: &[&str], pre_tokenizer: Value, normalizer: Value) -> Tokenizer {
    let pairs: Vec<(&str, &str)> =
        merges.iter().map(|merge| merge.split_once(' ').unwrap()).collect();
    let tokens = pairs.iter().flat_map(|(left, right)| {
        let merged = format!("{left}{right}");
        merged.chars().map(String::from).chain([merged.clone()]).collect::<Vec<_>>()
    });
    let letters = ('a'..='z').map(String::from);
    let vocabulary: BTreeSet<String> = tokens.chain(letters).collect();
    let ids: BTreeMap<String, usize> =
        vocabulary.into_iter().enumerate().map(|(id, token)| (token, id)).collect();
    from_json(&json!({
        "version": "1.0", "added_tokens": [],
        "pre_tokenizer": pre_tokenizer, "normalizer": normalizer,
        "model": {"type": "BPE", "vocab": ids, "merges": pairs},
    }))
}

pub fn from_json(definition: &Value) -> Tokenizer {
    Tokenizer::from_bytes(definition.to_string()).unwrap()
}

/// Infers from one text per domain.
pub fn infer(tokenizer: &Tokenizer, texts: &[&str]) -> Result<Inference, InferenceError> {
    let texts: Vec<[&str; 1]> = texts.iter().map(|text| [*text]).collect();
    let names = ["a", "b", "c"];
    let domains: Vec<DomainTexts<'_>> =
        names.iter().zip(&texts).map(|(name, texts)| DomainTexts { name, texts }).collect();
    infer_mixture(tokenizer, &domains, &Limits::default())
}

/// The demo's rows by domain, ordered by their hash, even and odd ones apart.
pub fn halves() -> Vec<[Vec<String>; 2]> {
    let mut domains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/data");
    for name in ["train.jsonl.gz", "held_out.jsonl.gz"] {
        let file = File::open(folder.join(name)).unwrap();
        for line in BufReader::new(GzDecoder::new(file)).lines() {
            let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let field = |name: &str| row[name].as_str().unwrap().to_owned();
            let text = format!("{}\n{}", field("instruction"), field("output"));
            domains.entry(field("domain")).or_default().push(text);
        }
    }
    DOMAINS
        .map(|name| {
            let mut texts = domains.remove(name).unwrap();
            texts.sort_by_cached_key(|text| Sha256::digest(text).to_vec());
            let (even, odd): (Vec<_>, Vec<_>) =
                texts.into_iter().enumerate().partition(|(place, _)| place % 2 == 0);
            [even, odd].map(|half| half.into_iter().map(|(_, text)| text).collect())
        })
        .into()
}

/// As many bytes of each domain as the mixture asks for and the scarcest domain allows: the texts,
/// and the mixture that whole texts really give.
pub fn mix(texts: &[Vec<String>], mixture: &[f64]) -> (Vec<Vec<String>>, Vec<f64>) {
    let bytes = |texts: &[String]| texts.iter().map(String::len).sum::<usize>() as f64;
    let wanted = texts.iter().zip(mixture).filter(|(_, share)| **share > 0.0);
    let total = wanted.map(|(texts, share)| bytes(texts) / share).fold(f64::INFINITY, f64::min);
    let chosen: Vec<Vec<String>> = texts
        .iter()
        .zip(mixture)
        .map(|(texts, share)| {
            let mut left = share * total;
            let fits = |text: &&String| {
                let fits = text.len() as f64 <= left;
                left -= if fits { text.len() as f64 } else { 0.0 };
                fits
            };
            texts.iter().filter(fits).cloned().collect()
        })
        .collect();
    let sum: f64 = chosen.iter().map(|texts| bytes(texts)).sum();
    let truth = chosen.iter().map(|texts| bytes(texts) / sum).collect();
    (chosen, truth)
}

/// A byte-level BPE of 4,000 tokens, some 3,700 of them merged.
pub fn train(texts: &[Vec<String>]) -> Tokenizer {
    let mut tokenizer = Tokenizer::new(ModelWrapper::BPE(BPE::default()));
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    let trainer = BpeTrainer::builder()
        .vocab_size(4000)
        .min_frequency(2)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect::<HashSet<char>>())
        .build();
    tokenizer.train(&mut TrainerWrapper::from(trainer), texts.iter().flatten()).unwrap();
    tokenizer
}

/// Infers from the texts of the demo's domains, in the given order of them.
pub fn infer_demo(
    tokenizer: &Tokenizer,
    texts: &[&Vec<String>],
    names: &[&str],
    limits: &Limits,
) -> Inference {
    let texts: Vec<Vec<&str>> =
        texts.iter().map(|texts| texts.iter().map(String::as_str).collect()).collect();
    let domains: Vec<DomainTexts<'_>> =
        names.iter().zip(&texts).map(|(name, texts)| DomainTexts { name, texts }).collect();
    infer_mixture(tokenizer, &domains, limits).unwrap()
}
