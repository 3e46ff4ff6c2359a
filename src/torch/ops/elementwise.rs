use crate::torch::TorchError;
use crate::torch::ffi::{self, check, made, one, raw, raw_or_null, slots};
use tch::Tensor;

/// weight · (x / √(mean(x²) + eps)) per row, statistics in f32, as in HF's Llama: x `[t,d]`, weight
/// `[d]` → `[t,d]`, and 1 / √… of each row, which the backward needs.
///
/// # Errors
/// Shapes that do not fit, lack of memory.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<(Tensor, Tensor), TorchError> {
    // SAFETY: see the module `ffi`; so for all functions here.
    let [y, rstd] = slots(|out| unsafe { ffi::vt_rms_norm(out, raw(x), raw(weight), eps) })?;
    Ok((made(y)?, made(rstd)?))
}

/// The first result of [`rms_norm`] once more, from the second.
///
/// # Errors
/// As [`rms_norm`].
pub fn rms_norm_again(x: &Tensor, weight: &Tensor, rstd: &Tensor) -> Result<Tensor, TorchError> {
    one(|out| unsafe { ffi::vt_rms_norm_again(out, raw(x), raw(weight), raw(rstd)) })
}

/// Gradients of [`rms_norm`] for that of its result: of x `[t,d]`, to which `residual` is added, and
/// of the weight `[d]` if that is wanted.
///
/// # Errors
/// As [`rms_norm`].
pub fn rms_norm_backward(
    x: &Tensor,
    weight: &Tensor,
    rstd: &Tensor,
    grad: &Tensor,
    residual: Option<&Tensor>,
    weight_wanted: bool,
) -> Result<(Tensor, Option<Tensor>), TorchError> {
    let (x, w, rstd, grad) = (raw(x), raw(weight), raw(rstd), raw(grad));
    let residual = raw_or_null(residual);
    let [gx, gw] = slots(|out| unsafe {
        ffi::vt_rms_norm_backward(out, x, w, rstd, grad, residual, weight_wanted)
    })?;
    Ok((made(gx)?, gw))
}

/// silu(gate) · up. Both `[t,f]` → `[t,f]`.
///
/// # Errors
/// Shapes that differ, lack of memory.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor, TorchError> {
    one(|out| unsafe { ffi::vt_swiglu(out, raw(gate), raw(up)) })
}

/// What [`swiglu_backward`] gives, each `[t,f]`.
#[derive(Debug)]
pub struct SwigluGradients {
    /// Gradient of the gate.
    pub gate: Tensor,
    /// Gradient of the other factor.
    pub up: Tensor,
    /// The forward's result once more, if it was wanted.
    pub result: Option<Tensor>,
}

/// Gradients of [`swiglu`]; the memory of `grad` is used again.
///
/// # Errors
/// As [`swiglu`].
pub fn swiglu_backward(
    gate: &Tensor,
    up: &Tensor,
    grad: Tensor,
    result_wanted: bool,
) -> Result<SwigluGradients, TorchError> {
    let [ggate, gup, result] = slots(|out| unsafe {
        ffi::vt_swiglu_backward(out, raw(gate), raw(up), raw(&grad), result_wanted)
    })?;
    Ok(SwigluGradients { gate: made(ggate)?, up: made(gup)?, result })
}

/// Adds `rows` `[t,d]` to those rows of `table` `[v,d]` that `index` `[t]` names, by the kernel that adds in a fixed
/// order on the device.
///
/// # Errors
/// Shapes or dtypes that do not fit, lack of memory.
pub fn add_rows(table: &mut Tensor, index: &Tensor, rows: &Tensor) -> Result<(), TorchError> {
    check(unsafe { ffi::vt_add_rows(raw(table), raw(index), raw(rows)) })
}

/// Which way [`rope`] rotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// By the angles of the tokens.
    Forward,
    /// By the negative angles: the gradient of the rotation.
    Back,
}

/// Rotates each head by the angles of its token, in place, first half against second half (HF's
/// `rotate_half`). x `[t,h,e]`, cos and sin `[t,e]` (both halves alike).
///
/// # Errors
/// Shapes that do not fit, an odd e, lack of memory.
pub fn rope(
    x: &mut Tensor,
    cos: &Tensor,
    sin: &Tensor,
    direction: Direction,
) -> Result<(), TorchError> {
    let back = direction == Direction::Back;
    check(unsafe { ffi::vt_rope(raw(x), raw(cos), raw(sin), back) })
}
