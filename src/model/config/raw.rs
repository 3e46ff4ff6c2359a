//! `config.json` as written. Fields that do not bear on the arithmetic are not read.

use crate::model::ModelError;
use serde::{Deserialize, Deserializer};
use std::path::Path;

/// The fields of `config.json` that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawConfig {
    pub model_type: Option<String>,
    pub vocab_size: Option<i64>,
    pub hidden_size: Option<i64>,
    pub intermediate_size: Option<i64>,
    pub num_hidden_layers: Option<i64>,
    pub num_attention_heads: Option<i64>,
    pub num_key_value_heads: Option<i64>,
    pub head_dim: Option<i64>,
    pub hidden_act: Option<String>,
    pub max_position_embeddings: Option<usize>,
    pub initializer_range: Option<f64>,
    pub rms_norm_eps: Option<f64>,
    pub tie_word_embeddings: Option<bool>,
    pub attention_bias: Option<bool>,
    pub attention_dropout: Option<f64>,
    pub mlp_bias: Option<bool>,
    pub rope_theta: Option<f64>,
    pub rope_scaling: Option<RawRope>,
    pub rope_parameters: Option<RawRope>,
    pub rope_interleaved: Option<bool>,
    pub partial_rotary_factor: Option<f64>,
    pub use_sliding_window: Option<bool>,
    /// Absent and null differ: absent means the family's own default.
    #[serde(deserialize_with = "present")]
    pub sliding_window: Option<Option<usize>>,
    pub layer_types: Option<Vec<String>>,
    pub quantization_config: Option<serde_json::Value>,
}

/// `rope_scaling` or `rope_parameters`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRope {
    pub rope_type: Option<String>,
    /// The same in the oldest configs; some have both.
    #[serde(rename = "type")]
    pub old_type: Option<String>,
    pub rope_theta: Option<f64>,
    pub factor: Option<f64>,
    pub low_freq_factor: Option<f64>,
    pub high_freq_factor: Option<f64>,
    pub original_max_position_embeddings: Option<f64>,
    pub partial_rotary_factor: Option<f64>,
}

impl RawConfig {
    pub fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            ModelError::malformed(path, format!("field {}: {}", error.path(), error.inner()))
        })
    }
}

fn present<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Option<usize>>, D::Error> {
    Option::deserialize(json).map(Some)
}
