//! A layer while texts are generated: over whole prompts, whose keys and values are kept, then
//! over one new token of each sample.

use super::{Layer, Linear};
use crate::model::generate::{KeyValues, Newest};
use crate::model::row::DeviceRow;
use crate::torch::{TorchError, ops};
use tch::Tensor;

/// Queries `[t, h, e]`, keys and values `[t, g, e]`, normalized and turned by their positions.
struct Heads {
    query_the: Tensor,
    key_tge: Tensor,
    value_tge: Tensor,
}

impl Layer {
    /// The stream after this layer, `[t, d]` → `[t, d]`, and the keys and values `[t, g, e]` that
    /// later tokens attend to.
    pub fn prefill(
        &self,
        hidden_td: &Tensor,
        row: &DeviceRow,
    ) -> Result<(Tensor, Tensor, Tensor), TorchError> {
        let Heads { query_the, key_tge, value_tge } =
            self.heads(hidden_td, &row.cos_te, &row.sin_te)?;
        let mixed_the =
            ops::attention(&query_the, &key_tge, &value_tge, &row.cu_seqlens, self.scale())?;
        Ok((self.rest(hidden_td, &mixed_the)?, key_tge, value_tge))
    }

    /// The stream after this layer for the newest token of each sample, `[b, d]` → `[b, d]`; puts
    /// the token's keys and values into `past`.
    ///
    /// The query heads that share a key head stand beside each other where attention expects
    /// several queries, so keys and values are read once for all of them and nothing is copied.
    pub fn step(
        &self,
        hidden_bd: &Tensor,
        newest: &Newest,
        past: &KeyValues,
    ) -> Result<Tensor, TorchError> {
        let Heads { query_the, key_tge, value_tge } =
            self.heads(hidden_bd, &newest.cos_be, &newest.sin_be)?;
        let (keys_bgce, values_bgce) = past.append(newest.column, &key_tge, &value_tge)?;
        let group = self.heads / self.kv_heads;
        let query_bgre = query_the.f_view([-1, self.kv_heads, group, self.head_dim])?;
        let mixed_bgre = Tensor::f_scaled_dot_product_attention(
            &query_bgre,
            &keys_bgce,
            &values_bgce,
            newest.mask_b11c.as_ref(),
            0.0,
            false,
            self.scale(),
            false,
        )?;
        self.rest(hidden_bd, &mixed_bgre)
    }

    fn heads(
        &self,
        hidden_td: &Tensor,
        cos_te: &Tensor,
        sin_te: &Tensor,
    ) -> Result<Heads, TorchError> {
        let normed_td = ops::rms_norm(hidden_td, &self.attention_norm_d, self.eps)?;
        let split = |by: &Linear, heads: i64| -> Result<Tensor, TorchError> {
            Ok(by.apply(&normed_td)?.f_view([-1, heads, self.head_dim])?)
        };
        let turned = |by: &Linear, heads: i64, norm_e: Option<&Tensor>| {
            let mut x_the = split(by, heads)?;
            if let Some(norm_e) = norm_e {
                let flat = x_the.f_view([-1, self.head_dim])?;
                x_the = ops::rms_norm(&flat, norm_e, self.eps)?.f_view_as(&x_the)?;
            }
            ops::rope(&x_the, cos_te, sin_te)
        };
        let norms = self.head_norms.as_ref();
        Ok(Heads {
            query_the: turned(&self.query, self.heads, norms.map(|norms| &norms.query_e))?,
            key_tge: turned(&self.key, self.kv_heads, norms.map(|norms| &norms.key_e))?,
            value_tge: split(&self.value, self.kv_heads)?,
        })
    }

    /// What follows attention: its output product, the feed-forward half, both sums.
    fn rest(&self, hidden_td: &Tensor, mixed: &Tensor) -> Result<Tensor, TorchError> {
        let mixed_td = mixed.f_reshape([-1, self.heads * self.head_dim])?;
        let hidden_td = self.output.apply(&mixed_td)?.f_add_(hidden_td)?;
        let normed_td = ops::rms_norm(&hidden_td, &self.mlp_norm_d, self.eps)?;
        let up_tf = self.up.apply(&normed_td)?;
        let bent_tf = self.gate.apply(&normed_td)?.f_silu_()?.f_mul_(&up_tf)?;
        Ok(self.down.apply(&bent_tf)?.f_add_(&hidden_td)?)
    }
}

impl Linear {
    fn apply(&self, x_td: &Tensor) -> Result<Tensor, TorchError> {
        product(x_td, &self.weight, self.bias.as_ref())
    }
}

/// x · weightᵀ + bias in x's kind, by libtorch's own product: no gradient is wanted here, and with
/// the few rows of a step it is faster than that of `ops`, which is made for many.
pub(in crate::model) fn product(
    x_td: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
) -> Result<Tensor, TorchError> {
    let kind = x_td.kind();
    let bias = bias.map(|bias| bias.f_to_kind(kind)).transpose()?;
    Ok(x_td.f_linear(&weight.f_to_kind(kind)?, bias)?)
}
