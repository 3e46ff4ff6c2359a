//! One decoder layer: attention and feed-forward, each behind a norm and added to the stream.

use super::decoder::Params;
use super::row::DeviceRow;
use super::{Architecture, ModelError};
use crate::torch::{TorchError, ops};
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
            head_dim: a.head_dim,
            eps: a.norm_eps,
        })
    }

    /// The stream after this layer, `[t, d]` → `[t, d]`.
    pub fn forward(&self, hidden_td: &Tensor, row: &DeviceRow) -> Result<Tensor, TorchError> {
        let hidden_td = hidden_td.f_add(&self.attention(hidden_td, row)?)?;
        Ok(hidden_td.f_add(&self.mlp(&hidden_td)?)?)
    }

    fn attention(&self, hidden_td: &Tensor, row: &DeviceRow) -> Result<Tensor, TorchError> {
        let normed_td = ops::rms_norm(hidden_td, &self.attention_norm_d, self.eps)?;
        let query_the = self.heads(self.query.apply(&normed_td)?)?;
        let key_tge = self.heads(self.key.apply(&normed_td)?)?;
        let value_tge = self.heads(self.value.apply(&normed_td)?)?;
        let (query_the, key_tge) = match &self.head_norms {
            None => (query_the, key_tge),
            Some(norms) => (
                self.head_norm(&query_the, &norms.query_e)?,
                self.head_norm(&key_tge, &norms.key_e)?,
            ),
        };
        let query_the = ops::rope(&query_the, &row.cos_te, &row.sin_te)?;
        let key_tge = ops::rope(&key_tge, &row.cos_te, &row.sin_te)?;
        let scale = (self.head_dim as f64).powf(-0.5);
        let mixed_the = ops::attention(&query_the, &key_tge, &value_tge, &row.bounds, scale)?;
        let tokens = mixed_the.size()[0];
        self.output.apply(&mixed_the.f_reshape([tokens, -1])?)
    }

    fn mlp(&self, hidden_td: &Tensor) -> Result<Tensor, TorchError> {
        let normed_td = ops::rms_norm(hidden_td, &self.mlp_norm_d, self.eps)?;
        let product_tf = ops::swiglu(&self.gate.apply(&normed_td)?, &self.up.apply(&normed_td)?)?;
        self.down.apply(&product_tf)
    }

    /// `[t, heads·e]` → `[t, heads, e]`.
    fn heads(&self, flat: Tensor) -> Result<Tensor, TorchError> {
        let tokens = flat.size()[0];
        Ok(flat.f_view([tokens, -1, self.head_dim])?)
    }

    /// Every head is one vector to normalise.
    fn head_norm(&self, heads: &Tensor, weight_e: &Tensor) -> Result<Tensor, TorchError> {
        let shape = heads.size();
        let flat = heads.f_reshape([-1, self.head_dim])?;
        Ok(ops::rms_norm(&flat, weight_e, self.eps)?.f_view(shape.as_slice())?)
    }
}

impl Linear {
    fn apply(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        ops::linear(input, &self.weight, self.bias.as_ref())
    }
}
