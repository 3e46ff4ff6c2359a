use super::chat_templates::BroughtTemplates;
use super::{added, byte_bpe, sentencepiece};
use crate::data::error::{DataError, Unusable};
use crate::data::json::parse_pythons;
use crate::disk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The largest tokenizer.json that is read, bytes. That of Gemma, with 262,144 tokens, has 33 MB.
pub const LARGEST_DEFINITION: u64 = 128 << 20;

/// What the files of a tokenizer's folder hold, before anything of it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::data) struct TokenizerFiles {
    /// tokenizer.json, or the file that stands for it.
    pub path: PathBuf,
    /// What a tokenizer.json holds.
    pub definition: String,
    /// `bos_token`, `eos_token` and the other named special tokens.
    pub special: BTreeMap<String, String>,
    /// Tokens that the files beside the definition add, by their ids.
    pub added: BTreeMap<u32, String>,
    /// Its chat templates, if it has any.
    pub chat_templates: Option<BroughtTemplates>,
}

/// Names of a tokenizer's definition, the first that is there.
const DEFINITIONS: [&str; 3] = ["tokenizer.json", "vocab.json", "tokenizer.model"];

impl TokenizerFiles {
    /// Reads the folder: tokenizer.json, or vocab.json with merges.txt, or SentencePiece's tokenizer.model.
    ///
    /// # Errors
    /// It holds none of them, or a file that cannot be read or is broken.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let config = read_json(&folder.join("tokenizer_config.json"))?;
        let map = read_json(&folder.join("special_tokens_map.json"))?;
        let mut special = special_tokens(&[&map, &config]);
        let mut named = added::special_tokens(&[&map, &config]);
        let is_there = |name: &&str| fs::symlink_metadata(folder.join(name)).is_ok();
        let Some(name) = DEFINITIONS.into_iter().find(is_there) else {
            let problem = "there is no tokenizer.json in this folder, nor vocab.json with merges.txt, nor \
                           tokenizer.model";
            return Err(Unusable::tokenizer(folder, problem).into());
        };
        let path = folder.join(name);
        let unusable = |problem: String| DataError::from(Unusable::tokenizer(&path, problem));
        let text = |path: &Path| {
            disk::read_text(path, LARGEST_DEFINITION).map_err(DataError::io("read", path))
        };
        let definition = match name {
            "vocab.json" => {
                let (vocabulary, merges) = (text(&path)?, text(&folder.join("merges.txt"))?);
                let made = byte_bpe::definition(&vocabulary, &merges, &config).map_err(unusable)?;
                for (name, token) in byte_bpe::usual_special(&config) {
                    if !special.contains_key(name) {
                        special.insert(name.into(), token.into());
                        named.push(token.into());
                    }
                }
                made.to_string()
            }
            "tokenizer.model" => {
                let bytes = disk::read(&path, sentencepiece::LARGEST_MODEL);
                let bytes = bytes.map_err(DataError::io("read", &path))?;
                let made = sentencepiece::definition(&bytes, &config).map_err(unusable)?;
                for (name, token) in made.special {
                    special.entry(name.into()).or_insert(token);
                }
                made.json.to_string()
            }
            _ => text(&path)?,
        };
        let added = read_json(&folder.join("added_tokens.json"))?;
        let added = added::tokens(&config, &added).map_err(unusable)?;
        let definition = with_added(definition, &added, &named).map_err(unusable)?;
        let chat_templates = BroughtTemplates::read(folder, &config)?;
        let added = added
            .into_iter()
            .filter_map(|(id, token)| Some((u32::try_from(id).ok()?, token.content().to_owned())));
        Ok(TokenizerFiles { path, definition, special, added: added.collect(), chat_templates })
    }

    /// The token that ends an answer.
    pub fn eos(&self) -> Option<&str> {
        self.special.get("eos_token").map(String::as_str)
    }
}

/// The definition with the added and the special tokens that it lacks.
fn with_added(
    definition: String,
    added: &added::Added,
    special: &[String],
) -> Result<String, String> {
    if added.is_empty() && special.is_empty() {
        return Ok(definition);
    }
    // What is no JSON is told of where it is used.
    let Ok(mut json) = serde_json::from_str::<Value>(&definition) else { return Ok(definition) };
    if !json.is_object() {
        return Ok(definition);
    }
    let adds = added::add(&mut json, added)?;
    let adds_special = added::add_special(&mut json, special);
    Ok(if adds || adds_special { json.to_string() } else { definition })
}

/// The text of a file beside tokenizer.json, if it is there.
fn read_if_there(path: &Path) -> Result<Option<String>, DataError> {
    match disk::read_text(path, disk::LARGEST_TEXT) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DataError::io("read", path)(error)),
    }
}

/// Reads a JSON object; a file that is not there is empty, a broken one an error.
fn read_json(path: &Path) -> Result<Map<String, Value>, DataError> {
    let Some(text) = read_if_there(path)? else { return Ok(Map::new()) };
    parse_pythons(&text)
        .map_err(|error| Unusable::tokenizer(path, format!("not a JSON object: {error}")).into())
}

/// Every `*_token` that is a string, or an object with the string as its `content`. Later files win.
fn special_tokens(files: &[&Map<String, Value>]) -> BTreeMap<String, String> {
    let entries = files.iter().copied().flatten().filter(|(name, _)| name.ends_with("_token"));
    entries
        .filter_map(|(name, value)| {
            let text = added::text_of(value)?;
            Some((name.clone(), text.to_owned()))
        })
        .collect()
}
