//! One decoder layer: attention and feed-forward, each behind a norm and added to the stream.

mod cached;

use super::decoder::Params;
use super::row::DeviceRow;
use super::{Architecture, ModelError};
use crate::torch::{TorchError, ops};
pub(super) use cached::product;
use tch::Tensor;

/// One layer. Its tensors are the model's parameters themselves, not copies.
#[derive(Debug)]
pub(super) struct Layer {
    attention_norm_d: Tensor,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    head_norms: Option<HeadNorms>,
    mlp_norm_d: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
    heads: i64,
    kv_heads: i64,
    head_dim: i64,
    eps: f64,
}

/// A product with a weight, and its bias where the architecture has one.
#[derive(Debug)]
struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

/// Norms of each head's queries and keys.
#[derive(Debug)]
struct HeadNorms {
    query_e: Tensor,
    key_e: Tensor,
}

impl Layer {
    /// The layer at `place`, out of the model's parameters.
    pub fn new(place: usize, a: &Architecture, params: &Params) -> Result<Self, ModelError> {
        let tensor = |part: &str| params.in_layer(place, part);
        let linear = |part: &str, biased: bool| -> Result<Linear, ModelError> {
            let weight = tensor(&format!("{part}.weight"))?;
            let bias = biased.then(|| tensor(&format!("{part}.bias"))).transpose()?;
            Ok(Linear { weight, bias })
        };
        let head_norms = || -> Result<HeadNorms, ModelError> {
            let query_e = tensor("self_attn.q_norm.weight")?;
            Ok(HeadNorms { query_e, key_e: tensor("self_attn.k_norm.weight")? })
        };
        Ok(Layer {
            attention_norm_d: tensor("input_layernorm.weight")?,
            query: linear("self_attn.q_proj", a.qkv_bias)?,
            key: linear("self_attn.k_proj", a.qkv_bias)?,
            value: linear("self_attn.v_proj", a.qkv_bias)?,
            output: linear("self_attn.o_proj", a.output_bias)?,
            head_norms: a.qk_norm.then(head_norms).transpose()?,
            mlp_norm_d: tensor("post_attention_layernorm.weight")?,
            gate: linear("mlp.gate_proj", a.mlp_bias)?,
            up: linear("mlp.up_proj", a.mlp_bias)?,
            down: linear("mlp.down_proj", a.mlp_bias)?,
            heads: a.heads,
            kv_heads: a.kv_heads,
            head_dim: a.head_dim,
            eps: a.norm_eps,
        })
    }

    /// The stream after this layer, `[t, d]` → `[t, d]`.
    pub fn forward(&self, hidden_td: &Tensor, row: &DeviceRow) -> Result<Tensor, TorchError> {
        let attention = ops::AttentionBlock {
            norm: &self.attention_norm_d,
            query: self.query.borrow(),
            key: self.key.borrow(),
            value: self.value.borrow(),
            out: self.output.borrow(),
            query_norm: self.head_norms.as_ref().map(|norms| &norms.query_e),
            key_norm: self.head_norms.as_ref().map(|norms| &norms.key_e),
            heads: self.heads,
            kv_heads: self.kv_heads,
            eps: self.eps,
            scale: self.scale(),
        };
        let mlp = ops::MlpBlock {
            norm: &self.mlp_norm_d,
            gate: self.gate.borrow(),
            up: self.up.borrow(),
            down: self.down.borrow(),
            eps: self.eps,
        };
        let hidden_td =
            ops::attention_block(hidden_td, &attention, &row.cos_te, &row.sin_te, &row.cu_seqlens)?;
        ops::mlp_block(&hidden_td, &mlp)
    }

    /// Factor of the attention scores.
    fn scale(&self) -> f64 {
        (self.head_dim as f64).powf(-0.5)
    }
}

impl Linear {
    fn borrow(&self) -> ops::Linear<'_> {
        ops::Linear { weight: &self.weight, bias: self.bias.as_ref() }
    }
}
