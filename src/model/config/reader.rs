//! Typed access to a `config.json`: defaults, checks, refusals.

use super::raw::{RawConfig, RawRope};
use crate::model::ModelError;
use crate::model::rope::{Rope, RopeScaling};
use std::path::Path;

/// A `config.json` that was read; knows the file for its messages.
pub(in crate::model) struct Config<'a> {
    path: &'a Path,
    raw: RawConfig,
}

/// What families mean where their configs say nothing.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Defaults {
    /// Whether there are then as many key/value heads as query heads; otherwise they must be given.
    pub kv_heads_as_heads: bool,
    /// Size of a head; `None`: `hidden_size` / `num_attention_heads`.
    pub head_dim: Option<i64>,
}

/// The numbers that the layers are made by, checked.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Sizes {
    pub vocabulary: i64,
    pub hidden: i64,
    pub feed_forward: i64,
    pub layers: usize,
    pub heads: i64,
    pub kv_heads: i64,
    pub head_dim: i64,
    pub rope: Rope,
    pub norm_eps: f64,
}

/// Largest width, vocabulary and the like: a hundred times those of any model. With these limits no
/// product of sizes overflows, and a description of the layers stays small.
const WIDEST: i64 = 1 << 26;
/// Most heads of a layer, and largest size of one.
const MOST_HEADS: i64 = 1 << 16;
/// Most layers.
const DEEPEST: i64 = 10_000;

impl<'a> Config<'a> {
    /// Reads the text of a `config.json`; `path` is for messages.
    pub fn parse(text: &str, path: &'a Path) -> Result<Self, ModelError> {
        Ok(Config { path, raw: RawConfig::parse(text, path)? })
    }

    pub fn model_type(&self) -> Option<&str> {
        self.raw.model_type.as_deref()
    }

    pub fn attention_bias(&self) -> bool {
        self.raw.attention_bias.unwrap_or(false)
    }

    pub fn mlp_bias(&self) -> bool {
        self.raw.mlp_bias.unwrap_or(false)
    }

    /// Whether the head is the embedding.
    pub fn tied(&self) -> bool {
        self.raw.tie_word_embeddings.unwrap_or(false)
    }

    pub fn max_positions(&self) -> usize {
        self.raw.max_position_embeddings.unwrap_or(2048)
    }

    pub fn initializer_range(&self) -> Result<f64, ModelError> {
        self.positive("initializer_range", self.raw.initializer_range.unwrap_or(0.02))
    }

    /// Sizes, rotary positions and eps.
    ///
    /// # Errors
    /// One is missing, out of range, or does not go with another.
    pub fn sizes(&self, defaults: Defaults) -> Result<Sizes, ModelError> {
        let raw = &self.raw;
        let hidden = self.size("hidden_size", raw.hidden_size, WIDEST)?;
        let heads = self.size("num_attention_heads", raw.num_attention_heads, MOST_HEADS)?;
        let kv_heads = match raw.num_key_value_heads {
            None if defaults.kv_heads_as_heads => heads,
            other => self.size("num_key_value_heads", other, MOST_HEADS)?,
        };
        if heads % kv_heads != 0 {
            return Err(self.malformed(format!(
                "num_attention_heads is {heads}, not a multiple of num_key_value_heads, {kv_heads}"
            )));
        }
        Ok(Sizes {
            vocabulary: self.size("vocab_size", raw.vocab_size, WIDEST)?,
            hidden,
            feed_forward: self.size("intermediate_size", raw.intermediate_size, WIDEST)?,
            layers: self.size("num_hidden_layers", raw.num_hidden_layers, DEEPEST)? as usize,
            heads,
            kv_heads,
            head_dim: self.head_dim(defaults.head_dim, hidden, heads)?,
            rope: self.rope()?,
            norm_eps: self.positive("rms_norm_eps", raw.rms_norm_eps.unwrap_or(1e-6))?,
        })
    }

    /// Refuses options that change the arithmetic and are not computed.
    ///
    /// # Errors
    /// The first of them, by name.
    pub fn check_supported(&self) -> Result<(), ModelError> {
        let raw = &self.raw;
        if let Some(act) = raw.hidden_act.as_deref().filter(|act| !["silu", "swish"].contains(act))
        {
            return Err(self.unsupported("hidden_act", format!("'{act}'"), "silu"));
        }
        if let Some(dropout) = raw.attention_dropout.filter(|dropout| *dropout != 0.0) {
            return Err(self.unsupported("attention_dropout", dropout, "0"));
        }
        if let Some(share) = raw.partial_rotary_factor.filter(|share| *share != 1.0) {
            return Err(self.unsupported("partial_rotary_factor", share, "1"));
        }
        if raw.rope_interleaved == Some(true) {
            return Err(self.unsupported("rope_interleaved", true, "false"));
        }
        if raw.quantization_config.is_some() {
            let supported = "weights in f32, f16 or bf16 (remove the quantization first)";
            return Err(self.unsupported("quantization_config", "set", supported));
        }
        Ok(())
    }

    fn head_dim(&self, default: Option<i64>, hidden: i64, heads: i64) -> Result<i64, ModelError> {
        let head_dim = match (self.raw.head_dim, default) {
            (given @ Some(_), _) => self.size("head_dim", given, MOST_HEADS)?,
            (None, Some(default)) => default,
            (None, None) if hidden % heads == 0 => hidden / heads,
            (None, None) => {
                return Err(self.malformed(format!(
                    "hidden_size is {hidden}, not a multiple of num_attention_heads, {heads}, and \
                     head_dim is not given"
                )));
            }
        };
        if head_dim % 2 != 0 {
            return Err(self
                .malformed(format!("head_dim is {head_dim}; rotary positions need an even one")));
        }
        Ok(head_dim)
    }

    fn rope(&self) -> Result<Rope, ModelError> {
        let raw = &self.raw;
        // transformers 5 has all in rope_parameters; before, theta stood outside of rope_scaling.
        let (name, rope) = match (&raw.rope_parameters, &raw.rope_scaling) {
            (Some(rope), _) => ("rope_parameters", rope),
            (None, Some(rope)) => ("rope_scaling", rope),
            (None, None) => ("rope_parameters", &RawRope::default()),
        };
        let theta = rope.rope_theta.or(raw.rope_theta).unwrap_or(10_000.0);
        if let Some(share) = rope.partial_rotary_factor.filter(|share| *share != 1.0) {
            return Err(self.unsupported(&format!("{name}.partial_rotary_factor"), share, "1"));
        }
        let theta = self.positive("rope_theta", theta)?;
        Ok(Rope { theta, scaling: self.rope_scaling(name, rope)? })
    }

    fn rope_scaling(&self, name: &str, rope: &RawRope) -> Result<RopeScaling, ModelError> {
        let need = |field: &str, value: Option<f64>| match value {
            Some(value) => self.positive(&format!("{name}.{field}"), value),
            None => Err(self.malformed(format!("{name}.{field} is missing"))),
        };
        match rope.rope_type.as_deref().or(rope.old_type.as_deref()).unwrap_or("default") {
            "default" => Ok(RopeScaling::Default),
            "linear" => Ok(RopeScaling::Linear { factor: need("factor", rope.factor)? }),
            "llama3" => {
                let low = need("low_freq_factor", rope.low_freq_factor)?;
                let high = need("high_freq_factor", rope.high_freq_factor)?;
                if high <= low {
                    return Err(self.malformed(format!(
                        "{name}.high_freq_factor is {high}, which must exceed low_freq_factor, {low}"
                    )));
                }
                let original = rope
                    .original_max_position_embeddings
                    .or(self.raw.max_position_embeddings.map(|n| n as f64));
                Ok(RopeScaling::Llama3 {
                    factor: need("factor", rope.factor)?,
                    low,
                    high,
                    original: need("original_max_position_embeddings", original)?,
                })
            }
            other => Err(self.unsupported(
                &format!("{name}.rope_type"),
                format!("'{other}'"),
                "default, linear, llama3",
            )),
        }
    }

    /// Whether the config switches a window on, as those of the Qwen families may.
    pub fn has_window(&self) -> bool {
        let kinds = self.raw.layer_types.iter().flatten();
        self.raw.use_sliding_window.unwrap_or(false)
            || kinds.into_iter().any(|kind| kind == "sliding_attention")
    }

    /// The window of attention, where one is in use.
    ///
    /// # Errors
    /// A kind of layer that is not known, a window of 0.
    pub fn window(&self, in_use: bool) -> Result<Option<usize>, ModelError> {
        let raw = &self.raw;
        for kind in raw.layer_types.iter().flatten() {
            if kind != "full_attention" && kind != "sliding_attention" {
                let supported = "full_attention, sliding_attention";
                return Err(self.unsupported("layer_types", format!("'{kind}'"), supported));
            }
        }
        if !in_use {
            return Ok(None);
        }
        match raw.sliding_window {
            None => Ok(Some(4096)), // what transformers assumes then
            Some(None) => Ok(None),
            Some(Some(0)) => {
                Err(self.malformed("sliding_window is 0; it must be null or positive"))
            }
            Some(window) => Ok(window),
        }
    }

    fn size(&self, field: &str, value: Option<i64>, most: i64) -> Result<i64, ModelError> {
        match value {
            Some(value) if (1..=most).contains(&value) => Ok(value),
            Some(value) => {
                Err(self.malformed(format!("{field} is {value}; it must lie in 1..={most}")))
            }
            None => Err(self.malformed(format!("{field} is missing"))),
        }
    }

    fn positive(&self, field: &str, value: f64) -> Result<f64, ModelError> {
        if value.is_finite() && value > 0.0 {
            return Ok(value);
        }
        Err(self.malformed(format!("{field} is {value}; it must be a positive number")))
    }

    pub fn malformed(&self, reason: impl ToString) -> ModelError {
        ModelError::malformed(self.path, reason)
    }

    pub fn unsupported(&self, field: &str, found: impl ToString, supported: &str) -> ModelError {
        ModelError::Unsupported {
            path: self.path.to_owned(),
            field: field.into(),
            found: found.to_string(),
            supported: supported.into(),
        }
    }
}
