//! Where a text starts and ends: token ids of `config.json` and `generation_config.json`.

use crate::disk;
use crate::model::ModelError;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::Path;

/// The token that a text of the model starts with, and those that end one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialTokens {
    /// First token of a text.
    pub start: i64,
    /// Where it comes from, in words: `bos_token_id of config.json`.
    pub start_source: String,
    /// Tokens that end a text, in ascending order; may be none.
    pub ends: Vec<i64>,
}

/// The fields of either file that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTokens {
    bos_token_id: Option<i64>,
    eos_token_id: Option<OneOrMore>,
    vocab_size: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a token id or a list of them")]
enum OneOrMore {
    One(i64),
    More(Vec<i64>),
}

const CONFIG: &str = "config.json";
const GENERATION: &str = "generation_config.json";

impl SpecialTokens {
    /// Reads them from a model's folder.
    ///
    /// A text starts with the `bos_token_id` of config.json, else of generation_config.json. The
    /// tokenizers of the Qwen family have no such token, but their configs name the id: that of the
    /// token between documents. Where neither file names one and config.json has a single
    /// `eos_token_id`, that is taken: such models have seen documents begin after it.
    ///
    /// A text ends with any `eos_token_id` of either file.
    ///
    /// # Errors
    /// config.json cannot be read, either file is malformed, nothing names a start token, or it is
    /// not of the vocabulary.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(CONFIG);
        let text = disk::read_text(&path, disk::LARGEST_TEXT).map_err(ModelError::read(&path))?;
        let config = parse(&text, &path)?;
        let generation = read_if_there(&folder.join(GENERATION))?;
        let (start, start_source) = start(&config, &generation).ok_or_else(|| {
            ModelError::malformed(
                &path,
                format!(
                    "nothing says which token a text starts with: neither {CONFIG} nor \
                     {GENERATION} has a bos_token_id, and {CONFIG} has no single eos_token_id; add \
                     a bos_token_id to {CONFIG}"
                ),
            )
        })?;
        let vocabulary = config.vocab_size.unwrap_or(i64::MAX);
        if !(0..vocabulary).contains(&start) {
            let reason =
                format!("{start_source} is {start}, outside of the vocabulary of {vocabulary}");
            return Err(ModelError::malformed(&path, reason));
        }
        let mut ends: Vec<i64> = [config.eos_token_id, generation.eos_token_id]
            .into_iter()
            .flatten()
            .flat_map(Vec::from)
            .collect();
        ends.sort_unstable();
        ends.dedup();
        Ok(SpecialTokens { start, start_source, ends })
    }
}

impl From<OneOrMore> for Vec<i64> {
    fn from(ids: OneOrMore) -> Self {
        match ids {
            OneOrMore::One(id) => vec![id],
            OneOrMore::More(ids) => ids,
        }
    }
}

fn start(config: &RawTokens, generation: &RawTokens) -> Option<(i64, String)> {
    let named = |id: Option<i64>, file: &str| Some((id?, format!("bos_token_id of {file}")));
    let end = || {
        let ids = config.eos_token_id.clone().map(Vec::from)?;
        let [id] = ids[..] else { return None };
        Some((id, format!("eos_token_id of {CONFIG}, as no file has a bos_token_id")))
    };
    named(config.bos_token_id, CONFIG)
        .or_else(|| named(generation.bos_token_id, GENERATION))
        .or_else(end)
}

fn read_if_there(path: &Path) -> Result<RawTokens, ModelError> {
    match disk::read_text(path, disk::LARGEST_TEXT) {
        Ok(text) => parse(&text, path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(RawTokens::default()),
        Err(error) => Err(ModelError::read(path)(error)),
    }
}

fn parse(text: &str, path: &Path) -> Result<RawTokens, ModelError> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        ModelError::malformed(path, format!("field {}: {}", error.path(), error.inner()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str, generation: Option<&str>) -> Result<SpecialTokens, ModelError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(CONFIG), config).unwrap();
        if let Some(text) = generation {
            std::fs::write(folder.path().join(GENERATION), text).unwrap();
        }
        SpecialTokens::read(folder.path())
    }

    fn error(config: &str, generation: Option<&str>) -> String {
        read(config, generation).unwrap_err().to_string()
    }

    #[test]
    fn llama_starts_with_its_bos_and_ends_by_either_file() {
        let config = r#"{"vocab_size": 128256, "bos_token_id": 128000, "eos_token_id": 128001}"#;
        let generation = r#"{"bos_token_id": 128000, "eos_token_id": [128009, 128001, 128008]}"#;
        let tokens = read(config, Some(generation)).unwrap();
        assert_eq!(tokens.start, 128_000);
        assert_eq!(tokens.start_source, "bos_token_id of config.json");
        assert_eq!(tokens.ends, [128_001, 128_008, 128_009]);
    }

    #[test]
    fn qwen_starts_with_what_its_config_names() {
        let config = r#"{"vocab_size": 152064, "bos_token_id": 151643, "eos_token_id": 151643}"#;
        let tokens = read(config, None).unwrap();
        assert_eq!((tokens.start, tokens.ends), (151_643, vec![151_643]));

        let config = r#"{"bos_token_id": null, "eos_token_id": 151645}"#;
        let tokens = read(config, Some(r#"{"bos_token_id": 151643}"#)).unwrap();
        assert_eq!(tokens.start, 151_643);
        assert_eq!(tokens.start_source, "bos_token_id of generation_config.json");

        let tokens = read(config, Some(r#"{"eos_token_id": [151645, 151643]}"#)).unwrap();
        assert_eq!((tokens.start, tokens.ends), (151_645, vec![151_643, 151_645]));
        assert!(tokens.start_source.starts_with("eos_token_id of config.json"));
    }

    #[test]
    fn what_is_not_named_or_not_possible_is_an_error() {
        for config in ["{}", r#"{"eos_token_id": [7, 8]}"#] {
            let error = error(config, Some("{}"));
            assert!(error.contains("add a bos_token_id to config.json"), "{error}");
        }
        let outside = error(r#"{"vocab_size": 5, "bos_token_id": 5}"#, None);
        assert!(outside.contains("bos_token_id of config.json is 5, outside"), "{outside}");
        let word = error(r#"{"bos_token_id": 1}"#, Some(r#"{"eos_token_id": "</s>"}"#));
        assert!(word.contains("generation_config.json: field eos_token_id"), "{word}");
        assert!(word.contains("a token id or a list of them"), "{word}");
    }
}
