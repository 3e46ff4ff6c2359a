//! Trains the demo's tokenizer: `cargo run --example demo-tokenizer -- <rows.jsonl.gz> <folder>`.
//!
//! A byte-level BPE (no unknown token: every text round-trips) of 4,096 tokens. Every domain gives
//! the same number of bytes, those of the smallest one, so that no domain is tokenized worse than
//! the others. Rows are taken in the order of a hash, so that the answer depends on the rows alone.

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, TokenizerBuilder,
};

const VOCABULARY: usize = 4096;
const PAD: &str = "<|pad|>";
const BOS: &str = "<|bos|>";
/// Ends a turn, and is the model's end of text.
const END: &str = "<|end|>";
const SYSTEM: &str = "<|system|>";
const USER: &str = "<|user|>";
const ASSISTANT: &str = "<|assistant|>";
/// In the order of their ids, from 0.
const SPECIAL: [&str; 6] = [PAD, BOS, END, SYSTEM, USER, ASSISTANT];

/// One mark a turn instead of ChatML's words and line ends: the demo's sequences are short.
const CHAT_TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}\
    {{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(rows), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        bail!("usage: demo-tokenizer <rows.jsonl.gz> <folder>");
    };
    let texts = balanced(texts_by_domain(&rows)?);
    train(texts, &folder.join("tokenizer.json"))?;
    write_config(&folder.join("tokenizer_config.json"))
}

/// The texts of each domain, ordered by their hash.
fn texts_by_domain(rows: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let file = File::open(rows).with_context(|| format!("cannot open {}", rows.display()))?;
    let mut domains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (index, line) in BufReader::new(GzDecoder::new(file)).lines().enumerate() {
        let place = || format!("{}, line {}", rows.display(), index + 1);
        let row: serde_json::Value = serde_json::from_str(&line.with_context(place)?)
            .with_context(|| format!("{}: not JSON", place()))?;
        let field = |name: &str| {
            row[name].as_str().with_context(|| format!("{}: no text in `{name}`", place()))
        };
        let text = format!("{}\n{}", field("instruction")?, field("output")?);
        domains.entry(field("domain")?.to_owned()).or_default().push(text);
    }
    for texts in domains.values_mut() {
        texts.sort_by_cached_key(|text| (Sha256::digest(text).to_vec(), text.clone()));
    }
    Ok(domains)
}

/// From each domain as many texts as fit into the bytes of the smallest one.
fn balanced(domains: BTreeMap<String, Vec<String>>) -> Vec<String> {
    let bytes = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
    let budget_bytes = domains.values().map(|texts| bytes(texts)).min().unwrap_or(0);
    let mut chosen = Vec::new();
    for (domain, texts) in domains {
        let mut used_bytes = 0;
        let before = chosen.len();
        for text in texts {
            used_bytes += text.len();
            if used_bytes > budget_bytes {
                break;
            }
            chosen.push(text);
        }
        println!("{domain}: {} rows", chosen.len() - before);
    }
    chosen
}

fn train(texts: Vec<String>, path: &Path) -> Result<()> {
    // Digits one by one: numbers of articles, years and positions in a molecule take no vocabulary.
    let split = Sequence::new(vec![
        PreTokenizerWrapper::from(Digits::new(true)),
        PreTokenizerWrapper::from(ByteLevel::new(false, true, true)),
    ]);
    let mut tokenizer = TokenizerBuilder::<
        BPE,
        NormalizerWrapper,
        PreTokenizerWrapper,
        PostProcessorWrapper,
        DecoderWrapper,
    >::new()
    .with_model(BPE::default())
    .with_pre_tokenizer(Some(PreTokenizerWrapper::from(split)))
    .with_decoder(Some(DecoderWrapper::from(ByteLevel::new(false, true, true))))
    .build()
    .map_err(anyhow::Error::from_boxed)?;
    let mut trainer = BpeTrainer::builder()
        .vocab_size(VOCABULARY)
        .min_frequency(2)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect::<HashSet<char>>())
        .special_tokens(SPECIAL.map(|token| AddedToken::from(token, true)).to_vec())
        .build();
    tokenizer.train(&mut trainer, texts.into_iter()).map_err(anyhow::Error::from_boxed)?;
    let size = tokenizer.get_vocab_size(true);
    if size != VOCABULARY {
        bail!("the rows give {size} tokens, {VOCABULARY} are needed: give more rows");
    }
    tokenizer.save(path, true).map_err(anyhow::Error::from_boxed)?;
    println!("{size} tokens in {}", path.display());
    Ok(())
}

/// What `transformers` and this program read beside `tokenizer.json`.
fn write_config(path: &Path) -> Result<()> {
    let config = serde_json::json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": END,
        "pad_token": PAD,
        "additional_special_tokens": [SYSTEM, USER, ASSISTANT],
        "model_max_length": 512,
        "clean_up_tokenization_spaces": false,
        "chat_template": CHAT_TEMPLATE,
    });
    let text = serde_json::to_string_pretty(&config)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
