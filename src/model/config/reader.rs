//! From the raw config to the architecture: defaults, checks, refusals.

use super::raw::{RawConfig, RawRope};
use super::{Architecture, Family};
use crate::model::ModelError;
use crate::model::rope::{Rope, RopeScaling};
use std::path::Path;

/// Turns the raw config into the architecture; knows the file for its messages.
pub(super) struct Reader<'a> {
    path: &'a Path,
}

impl<'a> Reader<'a> {
    pub fn new(path: &'a Path) -> Self {
        Reader { path }
    }

    pub fn architecture(&self, raw: &RawConfig) -> Result<Architecture, ModelError> {
        let family = self.family(raw)?;
        self.supported(raw)?;
        let hidden = self.size("hidden_size", raw.hidden_size)?;
        let heads = self.size("num_attention_heads", raw.num_attention_heads)?;
        let kv_heads = match raw.num_key_value_heads {
            None if family == Family::Llama => heads,
            other => self.size("num_key_value_heads", other)?,
        };
        if heads % kv_heads != 0 {
            return Err(self.fault(format!(
                "num_attention_heads is {heads}, not a multiple of num_key_value_heads, {kv_heads}"
            )));
        }
        let attention_bias = raw.attention_bias.unwrap_or(false);
        Ok(Architecture {
            family,
            vocabulary: self.size("vocab_size", raw.vocab_size)?,
            hidden,
            feed_forward: self.size("intermediate_size", raw.intermediate_size)?,
            layers: self.size("num_hidden_layers", raw.num_hidden_layers)? as usize,
            heads,
            kv_heads,
            head_dim: self.head_dim(raw, family, hidden, heads)?,
            rope: self.rope(raw)?,
            norm_eps: self.positive("rms_norm_eps", raw.rms_norm_eps.unwrap_or(1e-6))?,
            tied: raw.tie_word_embeddings.unwrap_or(false),
            qkv_bias: match family {
                Family::Qwen2 => true,
                Family::Mistral => false,
                Family::Llama | Family::Qwen3 => attention_bias,
            },
            output_bias: matches!(family, Family::Llama | Family::Qwen3) && attention_bias,
            mlp_bias: family == Family::Llama && raw.mlp_bias.unwrap_or(false),
            qk_norm: family == Family::Qwen3,
            window: self.window(raw, family)?,
            max_positions: raw.max_position_embeddings.unwrap_or(2048),
            initializer_range: self
                .positive("initializer_range", raw.initializer_range.unwrap_or(0.02))?,
        })
    }

    fn family(&self, raw: &RawConfig) -> Result<Family, ModelError> {
        let supported = Family::ALL.map(Family::name).join(", ");
        let Some(found) = &raw.model_type else {
            return Err(self.fault(format!("model_type is missing; supported: {supported}")));
        };
        Family::ALL
            .into_iter()
            .find(|family| family.name() == found)
            .ok_or_else(|| self.unsupported("model_type", format!("'{found}'"), &supported))
    }

    /// Options that change the arithmetic and are not computed.
    fn supported(&self, raw: &RawConfig) -> Result<(), ModelError> {
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

    fn head_dim(
        &self,
        raw: &RawConfig,
        family: Family,
        hidden: i64,
        heads: i64,
    ) -> Result<i64, ModelError> {
        let head_dim = match raw.head_dim {
            Some(_) => self.size("head_dim", raw.head_dim)?,
            None if family == Family::Qwen3 => 128,
            None if hidden % heads == 0 => hidden / heads,
            None => {
                return Err(self.fault(format!(
                    "hidden_size is {hidden}, not a multiple of num_attention_heads, {heads}, and \
                     head_dim is not given"
                )));
            }
        };
        if head_dim % 2 != 0 {
            return Err(
                self.fault(format!("head_dim is {head_dim}; rotary positions need an even one"))
            );
        }
        Ok(head_dim)
    }

    fn rope(&self, raw: &RawConfig) -> Result<Rope, ModelError> {
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
        Ok(Rope { theta, scaling: self.rope_scaling(name, rope, raw)? })
    }

    fn rope_scaling(
        &self,
        name: &str,
        rope: &RawRope,
        raw: &RawConfig,
    ) -> Result<RopeScaling, ModelError> {
        let need = |field: &str, value: Option<f64>| match value {
            Some(value) => self.positive(&format!("{name}.{field}"), value),
            None => Err(self.fault(format!("{name}.{field} is missing"))),
        };
        match rope.rope_type.as_deref().or(rope.old_type.as_deref()).unwrap_or("default") {
            "default" => Ok(RopeScaling::Default),
            "linear" => Ok(RopeScaling::Linear { factor: need("factor", rope.factor)? }),
            "llama3" => {
                let low = need("low_freq_factor", rope.low_freq_factor)?;
                let high = need("high_freq_factor", rope.high_freq_factor)?;
                if high <= low {
                    return Err(self.fault(format!(
                        "{name}.high_freq_factor is {high}, which must exceed low_freq_factor, {low}"
                    )));
                }
                let original = rope
                    .original_max_position_embeddings
                    .or(raw.max_position_embeddings.map(|n| n as f64));
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

    fn window(&self, raw: &RawConfig, family: Family) -> Result<Option<usize>, ModelError> {
        let in_use = match family {
            Family::Llama => false,
            Family::Mistral => true,
            Family::Qwen2 | Family::Qwen3 => {
                raw.use_sliding_window.unwrap_or(false)
                    || raw.layer_types.iter().flatten().any(|kind| kind == "sliding_attention")
            }
        };
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
            Some(Some(0)) => Err(self.fault("sliding_window is 0; it must be null or positive")),
            Some(window) => Ok(window),
        }
    }

    fn size(&self, field: &str, value: Option<i64>) -> Result<i64, ModelError> {
        match value {
            Some(value) if (1..=1 << 31).contains(&value) => Ok(value),
            Some(value) => {
                Err(self.fault(format!("{field} is {value}; it must lie in 1..=2147483648")))
            }
            None => Err(self.fault(format!("{field} is missing"))),
        }
    }

    fn positive(&self, field: &str, value: f64) -> Result<f64, ModelError> {
        if value.is_finite() && value > 0.0 {
            return Ok(value);
        }
        Err(self.fault(format!("{field} is {value}; it must be a positive number")))
    }

    fn fault(&self, fault: impl ToString) -> ModelError {
        ModelError::malformed(self.path, fault)
    }

    fn unsupported(&self, field: &str, found: impl ToString, supported: &str) -> ModelError {
        ModelError::Unsupported {
            path: self.path.to_owned(),
            field: field.into(),
            found: found.to_string(),
            supported: supported.into(),
        }
    }
}
