use crate::torch::TorchError;
use crate::torch::ffi::{self, one, raw, raw_or_null};
use tch::Tensor;

/// weight · (x / √(mean(x²) + eps)) per row, statistics in f32, as in HF's Llama.
/// x `[T,d]`, weight `[d]` → `[T,d]`.
///
/// # Errors
/// Shapes that do not fit, lack of memory.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor, TorchError> {
    // SAFETY: see the module `ffi`; so for all functions here.
    one(|out| unsafe { ffi::vt_rms_norm(out, raw(x), raw(weight), eps) })
}

/// silu(gate) · up, keeping only the two inputs. Both `[T,f]` → `[T,f]`.
///
/// # Errors
/// Shapes that differ, lack of memory.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor, TorchError> {
    one(|out| unsafe { ffi::vt_swiglu(out, raw(gate), raw(up)) })
}

/// Turns each head by the angles of its token, first half against second half (HF's `rotate_half`).
/// x `[T,H,D]`, cos and sin `[T,D]` (both halves alike) → `[T,H,D]`.
///
/// # Errors
/// Shapes that do not fit, an odd D, lack of memory.
pub fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor, TorchError> {
    one(|out| unsafe { ffi::vt_rope(out, raw(x), raw(cos), raw(sin)) })
}

/// Causal attention within each document: token t of document i sees the tokens
/// `cu_seqlens[i]..=t` and no other document. q `[T,H,D]`, k and v `[T,K,D]` → `[T,H,D]`.
///
/// # Errors
/// Shapes that do not fit, cu_seqlens that do not rise from 0 to T, lack of memory.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    cu_seqlens: &[i64],
    scale: f64,
) -> Result<Tensor, TorchError> {
    let count = cu_seqlens.len() as i64;
    one(|out| unsafe {
        ffi::vt_attention(out, raw(q), raw(k), raw(v), cu_seqlens.as_ptr(), count, scale)
    })
}

/// x · weightᵀ + bias. x `[T,i]`, weight `[o,i]`, bias `[o]` → `[T,o]` in x's dtype.
///
/// # Errors
/// Shapes that do not fit, lack of memory.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TorchError> {
    one(|out| unsafe { ffi::vt_linear(out, raw(x), raw(weight), raw_or_null(bias)) })
}
