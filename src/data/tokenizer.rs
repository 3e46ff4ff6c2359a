//! The tokenizer's folder in HF layout: tokenizer.json, and the files beside it that name special
//! tokens and the chat template.

use super::error::DataError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer;

/// A tokenizer with its special tokens and chat template.
#[derive(Debug)]
pub(super) struct TokenizerFolder {
    /// Never adds a special token of its own accord, never cuts, never pads.
    pub tokenizer: Tokenizer,
    /// The bytes of tokenizer.json, for the fingerprint.
    pub definition: Vec<u8>,
    /// What the tokenizer puts before a running text (`<s>`, or nothing).
    pub text_prefix: Vec<u32>,
    /// `bos_token`, `eos_token` and the other named special tokens.
    pub special: BTreeMap<String, String>,
    /// Its chat template, with the file that holds it.
    pub chat_template: Option<(PathBuf, String)>,
}

impl TokenizerFolder {
    /// Reads the folder.
    ///
    /// # Errors
    /// It holds no usable tokenizer.json, or a broken file beside it.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let path = folder.join("tokenizer.json");
        let definition = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => unusable(
                folder,
                "there is no tokenizer.json in this folder; a tokenizer.model alone has to be \
                 converted first (transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…))",
            ),
            _ => DataError::io("read", &path)(error),
        })?;
        let mut tokenizer = Tokenizer::from_bytes(&definition)
            .map_err(|error| unusable(&path, format!("not a tokenizer definition: {error}")))?;
        let text_prefix =
            text_prefix(&tokenizer).map_err(|error| unusable(&path, error.to_string()))?;
        tokenizer.with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| unusable(&path, error.to_string()))?;
        let config = read_json(&folder.join("tokenizer_config.json"))?;
        let special =
            special_tokens(&[read_json(&folder.join("special_tokens_map.json"))?, config.clone()]);
        let chat_template = chat_template(folder, &config)?;
        Ok(TokenizerFolder { tokenizer, definition, text_prefix, special, chat_template })
    }

    /// The token that ends an answer.
    pub fn eos(&self) -> Option<&str> {
        self.special.get("eos_token").map(String::as_str)
    }

    /// The id of [`TokenizerFolder::eos`], if it is one token.
    pub fn eos_id(&self) -> Option<u32> {
        self.tokenizer.token_to_id(self.eos()?)
    }
}

/// The tokens that the post-processor puts before a text: those before the text's own.
fn text_prefix(tokenizer: &Tokenizer) -> tokenizers::Result<Vec<u32>> {
    let bare = tokenizer.encode_fast("a", false)?;
    let processed = tokenizer.encode_fast("a", true)?;
    let (bare, processed) = (bare.get_ids(), processed.get_ids());
    let start = processed.windows(bare.len().max(1)).position(|window| window == bare);
    Ok(processed[..start.unwrap_or(0)].to_vec())
}

/// Reads a JSON object; a file that is not there is empty, a broken one an error.
fn read_json(path: &Path) -> Result<Map<String, Value>, DataError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(DataError::io("read", path)(error)),
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| unusable(path, format!("not a JSON object: {error}")))
}

/// Every `*_token` that is a string, or an object with the string as its `content`. Later files win.
fn special_tokens(files: &[Map<String, Value>]) -> BTreeMap<String, String> {
    let entries = files.iter().flatten().filter(|(name, _)| name.ends_with("_token"));
    entries
        .filter_map(|(name, value)| {
            let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
            Some((name.clone(), text.to_owned()))
        })
        .collect()
}

/// Looked up as transformers does: the file first, then the config's field, which is a template or a
/// list of named ones.
fn chat_template(
    folder: &Path,
    config: &Map<String, Value>,
) -> Result<Option<(PathBuf, String)>, DataError> {
    let path = folder.join("chat_template.jinja");
    match std::fs::read_to_string(&path) {
        Ok(source) => return Ok(Some((path, source))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(DataError::io("read", &path)(error)),
    }
    let path = folder.join("tokenizer_config.json");
    match config.get("chat_template") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(source)) => Ok(Some((path, source.clone()))),
        Some(Value::Array(named)) => {
            let default = named.iter().find(|entry| entry["name"] == "default");
            match default.and_then(|entry| entry["template"].as_str()) {
                Some(source) => Ok(Some((path, source.to_owned()))),
                None => {
                    Err(unusable(&path, "chat_template is a list without an entry named default"))
                }
            }
        }
        Some(_) => Err(unusable(&path, "chat_template is neither a string nor a list")),
    }
}

fn unusable(path: &Path, problem: impl Into<String>) -> DataError {
    DataError::Tokenizer { path: path.to_owned(), problem: problem.into() }
}
