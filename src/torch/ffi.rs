//! The shim's functions, and the two things that every call needs: pointers to tensors, and its
//! message as an error.
//!
//! Safety of every call here: the pointers come from references that outlive the call, tch's
//! `Tensor` is a pointer to an `at::Tensor`, and the shim neither keeps them nor throws.

use super::TorchError;
use std::ffi::{CStr, c_char, c_int};
use tch::Tensor;

/// A tensor as the shim sees it: a pointer to `at::Tensor`.
pub(super) type Raw = *mut std::ffi::c_void;

/// Null if all went well, else a message for [`check`].
type Status = *mut c_char;

/// Mirrors `vt_linear_weights`.
#[repr(C)]
pub(super) struct RawLinear {
    pub weight: Raw,
    pub bias: Raw,
}

/// Mirrors `vt_attention_block`.
#[repr(C)]
pub(super) struct RawAttentionBlock {
    pub norm: Raw,
    pub query: RawLinear,
    pub key: RawLinear,
    pub value: RawLinear,
    pub out: RawLinear,
    pub query_norm: Raw,
    pub key_norm: Raw,
    pub cos: Raw,
    pub sin: Raw,
    pub cu_seqlens: *const i64,
    pub cu_seqlens_count: i64,
    pub heads: i64,
    pub kv_heads: i64,
    pub eps: f64,
    pub scale: f64,
}

/// Mirrors `vt_mlp_block`.
#[repr(C)]
pub(super) struct RawMlpBlock {
    pub norm: Raw,
    pub gate: RawLinear,
    pub up: RawLinear,
    pub down: RawLinear,
    pub eps: f64,
}

unsafe extern "C" {
    fn vt_free(text: *mut c_char);

    pub(super) fn vt_backward(outputs: *const Raw, grads: *const Raw, count: i64) -> Status;

    pub(super) fn vt_fused_adamw(
        params: *const Raw,
        grads: *const Raw,
        exp_avgs: *const Raw,
        exp_avg_sqs: *const Raw,
        count: i64,
        step: i64,
        lr: f64,
        beta1: f64,
        beta2: f64,
        weight_decay: f64,
        eps: f64,
    ) -> Status;
    pub(super) fn vt_grad_norm(out: *mut Raw, grads: *const Raw, count: i64) -> Status;
    pub(super) fn vt_scale_in_place(tensors: *const Raw, count: i64, factor: Raw) -> Status;
    pub(super) fn vt_copy_stochastic(dst: Raw, src: Raw, key: u64, by_tensors: bool) -> Status;

    pub(super) fn vt_rms_norm(out: *mut Raw, x: Raw, w: Raw, eps: f64) -> Status;
    pub(super) fn vt_swiglu(out: *mut Raw, gate: Raw, up: Raw) -> Status;
    pub(super) fn vt_rope(out: *mut Raw, x: Raw, cos: Raw, sin: Raw) -> Status;
    pub(super) fn vt_attention(
        out: *mut Raw,
        q: Raw,
        k: Raw,
        v: Raw,
        cu_seqlens: *const i64,
        count: i64,
        scale: f64,
    ) -> Status;
    pub(super) fn vt_linear(out: *mut Raw, x: Raw, w: Raw, bias: Raw) -> Status;
    pub(super) fn vt_attention_block(out: *mut Raw, x: Raw, b: *const RawAttentionBlock) -> Status;
    pub(super) fn vt_mlp_block(out: *mut Raw, x: Raw, b: *const RawMlpBlock) -> Status;
    pub(super) fn vt_cross_entropy(
        sums: *mut Raw,
        hidden_grad: *mut Raw,
        hidden: Raw,
        weight: Raw,
        weight_grad: Raw,
        labels: Raw,
        domains: Raw,
        domain_count: i64,
        scale: f64,
        chunk: i64,
    ) -> Status;

    pub(super) fn vt_open_library(path: *const c_char) -> Status;
    pub(super) fn vt_libtorch_folder(folder: *mut *mut c_char) -> Status;
    pub(super) fn vt_driver_device(
        index: c_int,
        count: *mut c_int,
        name: *mut c_char,
        name_size: c_int,
        bytes: *mut u64,
        major: *mut c_int,
        minor: *mut c_int,
    ) -> Status;
    pub(super) fn vt_try_cuda(index: i64) -> Status;
    pub(super) fn vt_prepare(threads: i64) -> Status;
    pub(super) fn vt_memory_in_use(index: i64, bytes: *mut i64) -> Status;
    pub(super) fn vt_memory_peak(index: i64, bytes: *mut i64) -> Status;
    pub(super) fn vt_reset_peak(index: i64) -> Status;
    pub(super) fn vt_empty_cache() -> Status;
    pub(super) fn vt_synchronize(index: i64) -> Status;
}

/// A reference as the shim takes it. The shim changes only what its declarations name as changed.
pub(super) fn raw(tensor: &Tensor) -> Raw {
    tensor.as_ptr().cast_mut().cast()
}

/// A reference or null.
pub(super) fn raw_or_null(tensor: Option<&Tensor>) -> Raw {
    tensor.map_or(std::ptr::null_mut(), raw)
}

/// References as an array of pointers.
pub(super) fn raws<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Vec<Raw> {
    tensors.into_iter().map(raw).collect()
}

/// The shim's answer as a `Result`.
pub(super) fn check(status: Status) -> Result<(), TorchError> {
    match taken(status) {
        None => Ok(()),
        Some(message) => Err(TorchError::from_message(message)),
    }
}

/// A string of the shim as ours, freed there; `None` for null.
pub(super) fn taken(text: *mut c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so a string that strdup made for us to free, once.
    unsafe {
        let ours = CStr::from_ptr(text).to_string_lossy().into_owned();
        vt_free(text);
        Some(ours)
    }
}

/// Calls a function that puts one new tensor where it is told.
pub(super) fn one(call: impl FnOnce(*mut Raw) -> Status) -> Result<Tensor, TorchError> {
    let mut out: Raw = std::ptr::null_mut();
    check(call(&mut out))?;
    own(out)
}

/// Takes over a tensor that the shim made.
pub(super) fn own(made: Raw) -> Result<Tensor, TorchError> {
    if made.is_null() {
        return Err(TorchError::Failed("an operation gave no tensor".into()));
    }
    // SAFETY: a fresh `new at::Tensor` of the shim, which nobody else owns.
    Ok(unsafe { Tensor::from_ptr(made.cast()) })
}
