//! `config.json` of a model in HF layout, read into an [`Architecture`].
//!
//! The raw struct (`raw`) takes both spellings of every field (transformers 4 and 5); whatever
//! changes the arithmetic and is not computed here is an error, never ignored (`reader`).

mod raw;
mod reader;
mod special;

use super::{ModelError, Rope};
use raw::RawConfig;
use reader::Reader;
pub use special::SpecialTokens;
use std::fmt;
use std::path::Path;

/// A family of decoders, by `model_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama 1, 2, 3, 3.x, SmolLM2, and what else has this layout.
    Llama,
    /// Mistral.
    Mistral,
    /// Qwen 1.5, 2, 2.5: biases on q, k, v.
    Qwen2,
    /// Qwen 3: norms on each head's q and k.
    Qwen3,
}

impl Family {
    const ALL: [Family; 4] = [Family::Llama, Family::Mistral, Family::Qwen2, Family::Qwen3];

    /// As `model_type` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Family::Llama => "llama",
            Family::Mistral => "mistral",
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Shape of a decoder. Every size is positive, `heads` is a multiple of `kv_heads`, `head_dim` is
/// even. [`Architecture::read`] is the only way in.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Family.
    pub family: Family,
    /// V: tokens of the vocabulary.
    pub vocabulary: i64,
    /// d: width of the residual stream.
    pub hidden: i64,
    /// f: width of the feed-forward part.
    pub feed_forward: i64,
    /// Number of layers.
    pub layers: usize,
    /// H: query heads.
    pub heads: i64,
    /// G: key and value heads.
    pub kv_heads: i64,
    /// D: size of a head.
    pub head_dim: i64,
    /// Rotary positions.
    pub rope: Rope,
    /// Added to the mean square in every norm.
    pub norm_eps: f64,
    /// Whether the head is the embedding.
    pub tied: bool,
    /// Whether q, k and v have biases.
    pub qkv_bias: bool,
    /// Whether the attention's output has a bias.
    pub output_bias: bool,
    /// Whether gate, up and down have biases.
    pub mlp_bias: bool,
    /// Whether q and k are normalized per head.
    pub qk_norm: bool,
    /// Longest document that full causal attention computes rightly, where the model has a window.
    pub window: Option<usize>,
    /// Context length that the model was made for.
    pub max_positions: usize,
    /// Standard deviation of random weights.
    pub initializer_range: f64,
}

impl Architecture {
    /// Reads `config.json` in `folder`.
    ///
    /// # Errors
    /// The file cannot be read, is no such config, or asks for what is not supported; each names
    /// the file and the field.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("config.json");
        let text = std::fs::read_to_string(&path).map_err(ModelError::read(&path))?;
        Self::parse(&text, &path)
    }

    /// Reads the text of a `config.json`; `path` is for messages.
    ///
    /// # Errors
    /// As [`Architecture::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        Reader::new(path).architecture(&RawConfig::parse(text, path)?)
    }

    /// Checks that samples of up to `sequence_length` tokens are computed rightly.
    ///
    /// # Errors
    /// The model attends within a sliding window that is shorter.
    pub fn admits(&self, sequence_length: usize) -> Result<(), ModelError> {
        match self.window {
            Some(window) if window < sequence_length => {
                Err(ModelError::Window { tokens: sequence_length, window })
            }
            _ => Ok(()),
        }
    }
}
