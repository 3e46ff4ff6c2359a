use crate::data::error::{DataError, Unusable};
use crate::data::json::parse_pythons;
use crate::disk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The largest tokenizer.json that is read, bytes. That of Gemma, with 262,144 tokens, has 33 MB.
pub const LARGEST_DEFINITION: u64 = 128 << 20;

/// What the files of a tokenizer's folder hold, before anything of it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::data) struct TokenizerFiles {
    /// tokenizer.json.
    pub path: PathBuf,
    /// Its text.
    pub definition: String,
    /// `bos_token`, `eos_token` and the other named special tokens.
    pub special: BTreeMap<String, String>,
    /// Its chat template, with the file that holds it.
    pub chat_template: Option<(PathBuf, String)>,
}

impl TokenizerFiles {
    /// Reads the folder.
    ///
    /// # Errors
    /// It holds no tokenizer.json, or a file that cannot be read or is broken.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let path = folder.join("tokenizer.json");
        let definition = disk::read_text(&path, LARGEST_DEFINITION).map_err(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                return DataError::io("read", &path)(error);
            }
            let problem = "there is no tokenizer.json in this folder; a tokenizer.model alone has to be \
                           converted first (transformers: \
                           AutoTokenizer.from_pretrained(…).save_pretrained(…))";
            Unusable::tokenizer(folder, problem).into()
        })?;
        let config = read_json(&folder.join("tokenizer_config.json"))?;
        let special =
            special_tokens(&[read_json(&folder.join("special_tokens_map.json"))?, config.clone()]);
        let chat_template = chat_template(folder, &config)?;
        Ok(TokenizerFiles { path, definition, special, chat_template })
    }

    /// The token that ends an answer.
    pub fn eos(&self) -> Option<&str> {
        self.special.get("eos_token").map(String::as_str)
    }
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
    if let Some(source) = read_if_there(&path)? {
        return Ok(Some((path, source)));
    }
    let path = folder.join("tokenizer_config.json");
    let unusable = |problem| Err(Unusable::tokenizer(&path, problem).into());
    match config.get("chat_template") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(source)) => Ok(Some((path, source.clone()))),
        Some(Value::Array(named)) => {
            let default = named.iter().find(|entry| entry["name"] == "default");
            match default.and_then(|entry| entry["template"].as_str()) {
                Some(source) => Ok(Some((path, source.to_owned()))),
                None => unusable("chat_template is a list without an entry named default"),
            }
        }
        Some(_) => unusable("chat_template is neither a string nor a list"),
    }
}
