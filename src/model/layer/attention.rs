//! The attention half of a layer: out(attention(rotate(query(norm(x))), …)), added to x.

use super::parts::{Kernels, LayerParams, Linear, Norm};
use crate::model::ModelError;
use crate::model::architecture::AttentionSpec;
use crate::model::key_values::{KeyValues, Newest};
use crate::model::sequence::{DeviceSequence, Rotation};
use crate::torch::{TorchError, ops};
use ops::{Attended, Direction, Write};
use tch::Tensor;

#[derive(Debug)]
pub(super) struct Attention {
    norm: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    /// Norms of each head's queries and keys, before the rotation.
    query_norm: Option<Norm>,
    key_norm: Option<Norm>,
    heads: i64,
    kv_heads: i64,
    head_dim: i64,
    /// Factor of the attention scores.
    scale: f64,
}

/// Queries `[t, h, e]`, keys and values `[t, g, e]`.
#[derive(Debug)]
struct Heads {
    query_the: Tensor,
    key_tge: Tensor,
    value_tge: Tensor,
}

/// What attention keeps for its backward, besides its input.
#[derive(Debug)]
pub(super) struct KeptAttention {
    /// Of the norm, one number per token.
    rstd_t: Tensor,
    /// As projected. Queries or keys without a norm of their own are rotated already: their memory is
    /// the rotated heads'. With a norm it is needed for the backward, and the heads are made again.
    projected: Heads,
    attended: Attended,
}

impl Attention {
    pub fn new(spec: &AttentionSpec, params: &LayerParams<'_>) -> Result<Self, ModelError> {
        let head_norm = |part: Option<&_>| part.map(|norm| params.norm(norm)).transpose();
        Ok(Attention {
            norm: params.norm(&spec.norm)?,
            query: params.linear(&spec.query)?,
            key: params.linear(&spec.key)?,
            value: params.linear(&spec.value)?,
            output: params.linear(&spec.output)?,
            query_norm: head_norm(spec.head_norms.as_ref().map(|norms| &norms.query))?,
            key_norm: head_norm(spec.head_norms.as_ref().map(|norms| &norms.key))?,
            heads: spec.heads,
            kv_heads: spec.kv_heads,
            head_dim: spec.head_dim,
            scale: spec.scale,
        })
    }

    /// Whether any of its parameters is trainable.
    pub fn is_trainable(&self) -> bool {
        self.norm.is_trainable() || self.output.is_trainable() || self.trains_before_mixing()
    }

    /// Whether anything is trainable between the norm and the mixing of the values.
    fn trains_before_mixing(&self) -> bool {
        let head_norms = [&self.query_norm, &self.key_norm];
        self.projections().iter().any(|projection| projection.is_trainable())
            || head_norms.into_iter().flatten().any(Norm::is_trainable)
    }

    fn projections(&self) -> [&Linear; 3] {
        [&self.query, &self.key, &self.value]
    }

    /// The residual stream with attention added, `[t, d]`, and what the backward needs.
    pub fn forward(
        &self,
        hidden_td: &Tensor,
        sequence: &DeviceSequence,
    ) -> Result<(Tensor, KeptAttention), TorchError> {
        let (output_td, _, kept) = self.over_documents(hidden_td, sequence, Kernels::Training)?;
        Ok((output_td, kept))
    }

    /// The residual stream with attention added, over whole prompts, and the keys and values
    /// `[t, g, e]` that later tokens attend to.
    pub fn prefill(
        &self,
        hidden_td: &Tensor,
        prompts: &DeviceSequence,
    ) -> Result<(Tensor, Tensor, Tensor), TorchError> {
        let (output_td, heads, _) = self.over_documents(hidden_td, prompts, Kernels::Generation)?;
        Ok((output_td, heads.key_tge, heads.value_tge))
    }

    fn over_documents(
        &self,
        hidden_td: &Tensor,
        sequence: &DeviceSequence,
        kernels: Kernels,
    ) -> Result<(Tensor, Heads, KeptAttention), TorchError> {
        let (projected, rstd_t) = self.project(hidden_td, kernels)?;
        let heads = self.rotated(&projected, &sequence.rotation)?;
        let attended = self.attend(&heads, sequence)?;
        let output_td = self.add_output(hidden_td, attended.mixed(), kernels)?;
        Ok((output_td, heads, KeptAttention { rstd_t, projected, attended }))
    }

    /// The residual stream with attention added, for the newest token of each sample, `[b, d]`; puts
    /// the token's keys and values into `past`.
    ///
    /// The query heads that share a key/value head go where attention expects several queries, so keys and
    /// values are read once for all of them and nothing is copied.
    pub fn step(
        &self,
        hidden_bd: &Tensor,
        newest: &Newest,
        past: &KeyValues,
    ) -> Result<Tensor, TorchError> {
        let (projected, _) = self.project(hidden_bd, Kernels::Generation)?;
        let heads = self.rotated(&projected, &newest.rotation)?;
        let (keys_bgce, values_bgce) =
            past.append(newest.column, &heads.key_tge, &heads.value_tge)?;
        let group = self.heads / self.kv_heads;
        let query_bgre = heads.query_the.f_view([-1, self.kv_heads, group, self.head_dim])?;
        let mixed_bgre = Tensor::f_scaled_dot_product_attention(
            &query_bgre,
            &keys_bgce,
            &values_bgce,
            newest.mask_b11c.as_ref(),
            0.0,
            false,
            self.scale,
            false,
        )?;
        self.add_output(hidden_bd, &mixed_bgre, Kernels::Generation)
    }

    /// Adds the gradients of the trainable parameters, and gives that of the input if it is wanted.
    pub fn backward(
        &self,
        grad_td: &Tensor,
        hidden_td: &Tensor,
        kept: KeptAttention,
        sequence: &DeviceSequence,
        input_wanted: bool,
    ) -> Result<Option<Tensor>, TorchError> {
        let KeptAttention { rstd_t, projected, attended } = kept;
        let grad_td = grad_td.f_contiguous()?;
        self.output.add_weight_grad(&grad_td, &self.joined(attended.mixed())?)?;
        self.output.add_bias_grad(&grad_td)?;
        let normed_wanted = input_wanted || self.norm.is_trainable();
        if !normed_wanted && !self.trains_before_mixing() {
            return Ok(None);
        }
        let grads = self.mixing_backward(&grad_td, &projected, &attended, sequence)?;
        drop(attended);
        let grads = self.rotation_backward(grads, &projected, &sequence.rotation)?;
        drop(projected);
        let normed_td = self.normed_again(hidden_td, &rstd_t)?;
        for (projection, grad) in self.projections().into_iter().zip(&grads) {
            projection.add_weight_grad(grad, &normed_td)?;
            projection.add_bias_grad(grad)?;
        }
        if !normed_wanted {
            return Ok(None);
        }
        // The normalized input is not needed any more: its memory takes the gradient.
        let mut grad_normed_td = normed_td;
        let writes = [Write::Over, Write::Add, Write::Add];
        for ((projection, grad), write) in self.projections().into_iter().zip(&grads).zip(writes) {
            projection.input_grad_into(grad, &mut grad_normed_td, write)?;
        }
        let grad_td = self.norm.backward(hidden_td, &rstd_t, &grad_normed_td, Some(&grad_td))?;
        Ok(input_wanted.then_some(grad_td))
    }

    /// Queries, keys and values before norm and rotation, and the norm's numbers per token.
    fn project(&self, hidden_td: &Tensor, kernels: Kernels) -> Result<(Heads, Tensor), TorchError> {
        let (normed_td, rstd_t) = self.norm.forward(hidden_td)?;
        let split = |projection: &Linear, heads: i64| -> Result<Tensor, TorchError> {
            Ok(projection.forward(&normed_td, kernels)?.f_view([-1, heads, self.head_dim])?)
        };
        let heads = Heads {
            query_the: split(&self.query, self.heads)?,
            key_tge: split(&self.key, self.kv_heads)?,
            value_tge: split(&self.value, self.kv_heads)?,
        };
        Ok((heads, rstd_t))
    }

    /// The heads that attention takes. Those without a norm are rotated in place, in the memory of
    /// `projected`.
    fn rotated(&self, projected: &Heads, rotation: &Rotation) -> Result<Heads, TorchError> {
        Ok(Heads {
            query_the: rotated(&projected.query_the, self.query_norm.as_ref(), rotation)?,
            key_tge: rotated(&projected.key_tge, self.key_norm.as_ref(), rotation)?,
            value_tge: projected.value_tge.shallow_clone(),
        })
    }

    /// The heads that attention took, from what was kept: only those with a norm are made again.
    fn rotated_again(&self, kept: &Heads, rotation: &Rotation) -> Result<Heads, TorchError> {
        let again = |kept: &Tensor, norm: Option<&Norm>| match norm {
            Some(_) => rotated(kept, norm, rotation),
            None => Ok(kept.shallow_clone()),
        };
        Ok(Heads {
            query_the: again(&kept.query_the, self.query_norm.as_ref())?,
            key_tge: again(&kept.key_tge, self.key_norm.as_ref())?,
            value_tge: kept.value_tge.shallow_clone(),
        })
    }

    fn attend(&self, heads: &Heads, sequence: &DeviceSequence) -> Result<Attended, TorchError> {
        let Heads { query_the, key_tge, value_tge } = heads;
        ops::attention(query_the, key_tge, value_tge, &sequence.cu_seqlens, self.scale)
    }

    fn add_output(
        &self,
        hidden_td: &Tensor,
        mixed: &Tensor,
        kernels: Kernels,
    ) -> Result<Tensor, TorchError> {
        self.output.add_to(hidden_td, &self.joined(mixed)?, kernels)
    }

    /// The heads of each token behind one another, `[t, h·e]`.
    fn joined(&self, heads: &Tensor) -> Result<Tensor, TorchError> {
        Ok(heads.f_reshape([-1, self.heads * self.head_dim])?)
    }

    /// Gradients of the heads that attention took.
    fn mixing_backward(
        &self,
        grad_td: &Tensor,
        kept: &Heads,
        attended: &Attended,
        sequence: &DeviceSequence,
    ) -> Result<[Tensor; 3], TorchError> {
        let heads = self.rotated_again(kept, &sequence.rotation)?;
        let grad_mixed_the = self.output.input_grad(grad_td)?.f_view_as(&heads.query_the)?;
        let heads = [&heads.query_the, &heads.key_tge, &heads.value_tge];
        attended.backward(&grad_mixed_the, heads, &sequence.cu_seqlens, self.scale)
    }

    /// Gradients `[t, o]` of what the projections gave, from those of the heads that attention took.
    fn rotation_backward(
        &self,
        [query, key, value]: [Tensor; 3],
        kept: &Heads,
        rotation: &Rotation,
    ) -> Result<[Tensor; 3], TorchError> {
        let query = rotated_backward(query, &kept.query_the, self.query_norm.as_ref(), rotation)?;
        let key = rotated_backward(key, &kept.key_tge, self.key_norm.as_ref(), rotation)?;
        let flat = |grad: &Tensor, heads: i64| grad.f_view([-1, heads * self.head_dim]);
        let value = value.f_contiguous()?;
        Ok([flat(&query, self.heads)?, flat(&key, self.kv_heads)?, flat(&value, self.kv_heads)?])
    }

    /// The normalized input once more; only its memory, where no weight's gradient needs it.
    fn normed_again(&self, hidden_td: &Tensor, rstd_t: &Tensor) -> Result<Tensor, TorchError> {
        match self.projections().iter().any(|projection| projection.trains_weight()) {
            true => self.norm.again(hidden_td, rstd_t),
            false => Ok(hidden_td.f_empty_like()?),
        }
    }
}

/// Heads with their norm, if they have one, rotated by their positions. Without a norm the rotation
/// is done in the memory of `projected`; with one that stays as it is.
fn rotated(
    projected: &Tensor,
    norm: Option<&Norm>,
    rotation: &Rotation,
) -> Result<Tensor, TorchError> {
    let mut heads = match norm {
        Some(norm) => norm.forward(&rows_of_heads(projected)?)?.0.f_view_as(projected)?,
        None => projected.shallow_clone(),
    };
    ops::rope(&mut heads, &rotation.cos_te, &rotation.sin_te, Direction::Forward)?;
    Ok(heads)
}

/// Gradient of the projected heads for that of the rotated ones; adds that of their norm.
fn rotated_backward(
    grad: Tensor,
    projected: &Tensor,
    norm: Option<&Norm>,
    rotation: &Rotation,
) -> Result<Tensor, TorchError> {
    let mut grad = grad.f_contiguous()?;
    ops::rope(&mut grad, &rotation.cos_te, &rotation.sin_te, Direction::Back)?;
    let Some(norm) = norm else { return Ok(grad) };
    let rows = rows_of_heads(projected)?;
    let rstd = norm.forward(&rows)?.1;
    Ok(norm.backward(&rows, &rstd, &rows_of_heads(&grad)?, None)?.f_view_as(&grad)?)
}

/// Each head as a row, `[t·h, e]`.
fn rows_of_heads(heads: &Tensor) -> Result<Tensor, TorchError> {
    let (_, _, head_dim) = heads.size3()?;
    Ok(heads.f_view([-1, head_dim])?)
}
