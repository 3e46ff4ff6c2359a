//! The families of decoders. A family is one file, which turns a `config.json` into an
//! [`Architecture`] with the names of its tensors and the description of its layers, and one line in
//! [`FAMILIES`].

mod family;
mod llama;
mod mistral;
mod qwen2;
mod qwen3;

use super::config::Config;
use super::{Architecture, ModelError};
use crate::disk;
use family::Family;
use std::path::Path;

const FAMILIES: &[Family] = &[llama::FAMILY, mistral::FAMILY, qwen2::FAMILY, qwen3::FAMILY];

impl Architecture {
    /// Reads `config.json` in `folder`.
    ///
    /// # Errors
    /// The file cannot be read, is no such config, or has values that are not supported; each names
    /// the file and the field.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("config.json");
        let text = disk::read_text(&path, disk::LARGEST_TEXT).map_err(ModelError::read(&path))?;
        Self::parse(&text, &path)
    }

    /// Reads the text of a `config.json`; `path` is for messages.
    ///
    /// # Errors
    /// As [`Architecture::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        let config = Config::parse(text, path)?;
        let family = find(&config)?;
        config.check_supported()?;
        (family.read)(&config)
    }
}

fn find(config: &Config<'_>) -> Result<&'static Family, ModelError> {
    let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    let supported = names.join(", ");
    let found = config.model_type().ok_or_else(|| {
        config.malformed(format!("model_type is missing; supported: {supported}"))
    })?;
    FAMILIES
        .iter()
        .find(|family| family.name == found)
        .ok_or_else(|| config.unsupported("model_type", format!("'{found}'"), &supported))
}
