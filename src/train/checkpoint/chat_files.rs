//! The files of a checkpoint that say how to talk with the model: the chat template that it was trained
//! with, and the tokens at which it ends an answer.

use super::folders::remove_dir;
use crate::data::ChatFormat;
use crate::disk;
use crate::train::error::TrainError;
use crate::train::folder::write_atomic;
use serde_json::{Map, Value, json};
use std::io::ErrorKind;
use std::path::Path;

const TEMPLATE: &str = "chat_template.jinja";
const NAMED_TEMPLATES: &str = "additional_chat_templates";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const GENERATION: &str = "generation_config.json";

/// Writes them over what was carried over from the model that was tuned.
pub(super) fn write(folder: &Path, format: &ChatFormat) -> Result<(), TrainError> {
    if let Some(template) = &format.template {
        write_atomic(&folder.join(TEMPLATE), template.as_bytes())?;
        // Those of the model that was tuned would be taken before it, such as for tools.
        remove_dir(&folder.join(NAMED_TEMPLATES))?;
        // Where older programs look for it.
        change(&folder.join(TOKENIZER_CONFIG), |config| {
            config.insert("chat_template".into(), json!(template));
        })?;
    }
    if !format.end_tokens.is_empty() {
        change(&folder.join(GENERATION), |config| {
            let eos = config.get("eos_token_id").map(ids).unwrap_or_default();
            let new = format.end_tokens.iter().map(|id| u64::from(*id));
            let more: Vec<_> = new.filter(|id| !eos.contains(id)).collect();
            config.insert("eos_token_id".into(), json!([eos, more].concat()));
        })?;
    }
    Ok(())
}

/// One id or a list of them.
fn ids(value: &Value) -> Vec<u64> {
    match value {
        Value::Array(ids) => ids.iter().filter_map(Value::as_u64).collect(),
        one => one.as_u64().into_iter().collect(),
    }
}

/// Changes a file of one JSON object; one that is not there is empty.
fn change(path: &Path, edit: impl FnOnce(&mut Map<String, Value>)) -> Result<(), TrainError> {
    let mut object = match disk::read_text(path, disk::LARGEST_TEXT) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| TrainError::stored(path, format!("it is no JSON object: {error}")))?,
        Err(error) if error.kind() == ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(TrainError::io("read", path, error)),
    };
    edit(&mut object);
    let text = serde_json::to_string_pretty(&object)
        .map_err(|error| TrainError::stored(path, error.to_string()))?;
    write_atomic(path, format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_template_and_the_end_tokens_are_those_of_the_training() {
        let dir = tempfile::tempdir().unwrap();
        let read = |name: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(dir.path().join(name)).unwrap()).unwrap()
        };
        fs::write(
            dir.path().join(TOKENIZER_CONFIG),
            r#"{"eos_token": "</s>", "chat_template": "old"}"#,
        )
        .unwrap();
        fs::write(dir.path().join(GENERATION), r#"{"eos_token_id": 2, "top_p": 0.9}"#).unwrap();
        let named = dir.path().join(NAMED_TEMPLATES);
        fs::create_dir(&named).unwrap();
        fs::write(named.join("tool_use.jinja"), "old").unwrap();
        write(dir.path(), &ChatFormat::default()).unwrap();
        assert!(named.exists(), "the tokenizer's own were used");
        let format = ChatFormat { template: Some("new".into()), end_tokens: vec![7, 2] };
        write(dir.path(), &format).unwrap();
        assert!(!named.exists());
        assert_eq!(fs::read_to_string(dir.path().join(TEMPLATE)).unwrap(), "new");
        let expected = json!({"eos_token": "</s>", "chat_template": "new"});
        assert_eq!(read(TOKENIZER_CONFIG), expected);
        assert_eq!(read(GENERATION), json!({"eos_token_id": [2, 7], "top_p": 0.9}));

        // Nothing is invented where nothing was used.
        let bare = tempfile::tempdir().unwrap();
        write(bare.path(), &ChatFormat::default()).unwrap();
        assert_eq!(fs::read_dir(bare.path()).unwrap().count(), 0);
    }
}
