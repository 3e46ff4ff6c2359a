use crate::torch::TorchError;
use crate::torch::ffi::{self, RawAttentionBlock, RawLinear, RawMlpBlock, one, raw, raw_or_null};
use tch::Tensor;

/// The weights of a projection.
#[derive(Clone, Copy, Debug)]
pub struct Linear<'a> {
    /// `[o,i]`.
    pub weight: &'a Tensor,
    /// `[o]`.
    pub bias: Option<&'a Tensor>,
}

impl Linear<'_> {
    fn raw(self) -> RawLinear {
        RawLinear { weight: raw(self.weight), bias: raw_or_null(self.bias) }
    }
}

/// What the attention half of a layer is made of.
#[derive(Clone, Copy, Debug)]
pub struct AttentionBlock<'a> {
    /// Weight `[d]` of the norm before the projections.
    pub norm: &'a Tensor,
    /// `[H·D,d]`.
    pub query: Linear<'a>,
    /// `[K·D,d]`.
    pub key: Linear<'a>,
    /// `[K·D,d]`.
    pub value: Linear<'a>,
    /// `[d,H·D]`.
    pub out: Linear<'a>,
    /// Norm `[D]` of each query head before the turn (Qwen 3).
    pub query_norm: Option<&'a Tensor>,
    /// Norm `[D]` of each key head before the turn (Qwen 3).
    pub key_norm: Option<&'a Tensor>,
    /// H.
    pub heads: i64,
    /// K.
    pub kv_heads: i64,
    /// Of the norms.
    pub eps: f64,
    /// Factor of the scores, usually 1/√D.
    pub scale: f64,
}

/// x + out(attention(turn(query(norm(x))), …)): the attention half of a layer with its residual
/// sum. x `[T,d]`, cos and sin `[T,D]` → `[T,d]`. For the backward it keeps x, the heads, the
/// attention's result and one number per token and head.
///
/// # Errors
/// As [`super::attention`], [`super::linear`] and [`super::rms_norm`].
pub fn attention_block(
    x: &Tensor,
    block: &AttentionBlock<'_>,
    cos: &Tensor,
    sin: &Tensor,
    cu_seqlens: &[i64],
) -> Result<Tensor, TorchError> {
    let block = RawAttentionBlock {
        norm: raw(block.norm),
        query: block.query.raw(),
        key: block.key.raw(),
        value: block.value.raw(),
        out: block.out.raw(),
        query_norm: raw_or_null(block.query_norm),
        key_norm: raw_or_null(block.key_norm),
        cos: raw(cos),
        sin: raw(sin),
        cu_seqlens: cu_seqlens.as_ptr(),
        cu_seqlens_count: cu_seqlens.len() as i64,
        heads: block.heads,
        kv_heads: block.kv_heads,
        eps: block.eps,
        scale: block.scale,
    };
    // SAFETY: see the module `ffi`; the struct mirrors the shim's.
    one(|out| unsafe { ffi::vt_attention_block(out, raw(x), &block) })
}

/// What the feed-forward half of a layer is made of.
#[derive(Clone, Copy, Debug)]
pub struct MlpBlock<'a> {
    /// Weight `[d]` of the norm before the projections.
    pub norm: &'a Tensor,
    /// `[f,d]`.
    pub gate: Linear<'a>,
    /// `[f,d]`.
    pub up: Linear<'a>,
    /// `[d,f]`.
    pub down: Linear<'a>,
    /// Of the norm.
    pub eps: f64,
}

/// x + down(silu(gate(norm(x))) · up(norm(x))): the feed-forward half of a layer with its residual
/// sum. x `[T,d]` → `[T,d]`. For the backward it keeps x, gate and up.
///
/// # Errors
/// As [`super::linear`], [`super::swiglu`] and [`super::rms_norm`].
pub fn mlp_block(x: &Tensor, block: &MlpBlock<'_>) -> Result<Tensor, TorchError> {
    let block = RawMlpBlock {
        norm: raw(block.norm),
        gate: block.gate.raw(),
        up: block.up.raw(),
        down: block.down.raw(),
        eps: block.eps,
    };
    // SAFETY: see the module `ffi`; the struct mirrors the shim's.
    one(|out| unsafe { ffi::vt_mlp_block(out, raw(x), &block) })
}
