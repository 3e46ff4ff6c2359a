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

/// The numbers of AdamW's step, as `shim/optim.h` has them.
#[repr(C)]
pub(super) struct AdamWStep {
    pub step: i64,
    pub lr: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub weight_decay: f64,
    pub eps: f64,
}

unsafe extern "C" {
    fn vt_free(text: *mut c_char);

    pub(super) fn vt_set_grad(leaf: Raw, grad: Raw) -> Status;

    pub(super) fn vt_fused_adamw(
        params: *const Raw,
        grads: *const Raw,
        exp_avgs: *const Raw,
        exp_avg_sqs: *const Raw,
        count: i64,
        of: *const AdamWStep,
    ) -> Status;
    pub(super) fn vt_adamw_step(
        weight: Raw,
        grad: Raw,
        first: Raw,
        second: Raw,
        first_largest: Raw,
        second_largest: Raw,
        keys: *const u64,
        of: *const AdamWStep,
    ) -> Status;
    pub(super) fn vt_encode_blocks(x: Raw, codes: Raw, largest: Raw, with_sign: bool) -> Status;
    pub(super) fn vt_decode_blocks(
        out: *mut Raw,
        codes: Raw,
        largest: Raw,
        with_sign: bool,
    ) -> Status;
    pub(super) fn vt_grad_norm(out: *mut Raw, grads: *const Raw, count: i64) -> Status;
    pub(super) fn vt_scale_in_place(tensors: *const Raw, count: i64, factor: Raw) -> Status;

    pub(super) fn vt_use_plain(kernel: c_int, plain: bool);
    pub(super) fn vt_is_plain(kernel: c_int) -> bool;

    pub(super) fn vt_matmul(out: *mut Raw, a: Raw, b: Raw) -> Status;
    pub(super) fn vt_matmul_into(out: Raw, a: Raw, b: Raw, add: bool) -> Status;
    pub(super) fn vt_rms_norm(out: *mut Raw, x: Raw, w: Raw, eps: f64) -> Status;
    pub(super) fn vt_rms_norm_again(out: *mut Raw, x: Raw, w: Raw, rstd: Raw) -> Status;
    pub(super) fn vt_rms_norm_backward(
        out: *mut Raw,
        x: Raw,
        w: Raw,
        rstd: Raw,
        gy: Raw,
        residual: Raw,
        weight_wanted: bool,
    ) -> Status;
    pub(super) fn vt_swiglu(out: *mut Raw, gate: Raw, up: Raw) -> Status;
    pub(super) fn vt_swiglu_backward(
        out: *mut Raw,
        gate: Raw,
        up: Raw,
        gy: Raw,
        result_wanted: bool,
    ) -> Status;
    pub(super) fn vt_add_rows(table: Raw, index: Raw, rows: Raw) -> Status;
    pub(super) fn vt_rope(x: Raw, cos: Raw, sin: Raw, back: bool) -> Status;
    pub(super) fn vt_keep_cu_seqlens(cu_seqlens: *const i64, count: i64, on_device: Raw) -> Status;
    pub(super) fn vt_attention(
        out: *mut Raw,
        q: Raw,
        k: Raw,
        v: Raw,
        cu_seqlens: *const i64,
        count: i64,
        scale: f64,
    ) -> Status;
    pub(super) fn vt_attention_backward(
        out: *mut Raw,
        gout: Raw,
        q: Raw,
        k: Raw,
        v: Raw,
        saved: *const Raw,
        saved_count: i64,
        cu_seqlens: *const i64,
        count: i64,
        scale: f64,
    ) -> Status;
    pub(super) fn vt_cross_entropy(
        out: *mut Raw,
        hidden: Raw,
        weight: Raw,
        hidden_grad_wanted: bool,
        weight_grad: Raw,
        labels: Raw,
        domains: Raw,
        domain_count: i64,
        scale: f64,
        scales: Raw,
        chunk: i64,
    ) -> Status;

    pub(super) fn vt_trace(major: c_int, minor: c_int);
    pub(super) fn vt_traced_memory(live: *mut i64, peak: *mut i64);
    pub(super) fn vt_traced_tensor(
        out: *mut Raw,
        size: *const i64,
        dims: i64,
        of_kind: Raw,
    ) -> Status;
    pub(super) fn vt_count_operators() -> Status;
    pub(super) fn vt_take_counts(lines: *mut *mut c_char) -> Status;
    pub(super) fn vt_full_beside(
        out: *mut Raw,
        size: *const i64,
        dims: i64,
        value: f64,
        of_kind: Raw,
        other: Raw,
    ) -> Status;
    pub(super) fn vt_beside(out: *mut Raw, tensor: Raw, other: Raw) -> Status;
    #[cfg(test)]
    pub(super) fn vt_measure_memory();
    #[cfg(test)]
    pub(super) fn vt_measured_peak() -> i64;

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
    pub(super) fn vt_search_nvrtc(folder: *const c_char);
    pub(super) fn vt_kernel_failures(lines: *mut *mut c_char) -> Status;
    pub(super) fn vt_nvrtc_version(version: *mut *mut c_char) -> Status;
    pub(super) fn vt_compile_kernels(
        architecture: *const c_char,
        names: *mut *mut c_char,
    ) -> Status;
    pub(super) fn vt_libtorch_version() -> *const c_char;
    pub(super) fn vt_driver_version(version: *mut c_int) -> Status;
    pub(super) fn vt_has_cuda(seen: *mut bool) -> Status;
    pub(super) fn vt_try_cuda(index: i64, major: c_int, minor: c_int) -> Status;
    pub(super) fn vt_on_warning(sink: unsafe extern "C" fn(*const c_char));
    pub(super) fn vt_prepare(threads: i64) -> Status;
    pub(super) fn vt_allow_nondeterminism() -> Status;
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

/// The shim's status as a `Result`.
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

/// Calls a function that fills slots for new tensors, and takes those over; an empty slot is `None`.
pub(super) fn slots<const N: usize>(
    call: impl FnOnce(*mut Raw) -> Status,
) -> Result<[Option<Tensor>; N], TorchError> {
    let mut made: [Raw; N] = [std::ptr::null_mut(); N];
    check(call(made.as_mut_ptr()))?;
    // SAFETY: what is not null is a fresh `new at::Tensor` of the shim, which nobody else owns.
    Ok(made.map(|raw| (!raw.is_null()).then(|| unsafe { Tensor::from_ptr(raw.cast()) })))
}

/// A tensor that the shim has to have made.
pub(super) fn made(slot: Option<Tensor>) -> Result<Tensor, TorchError> {
    slot.ok_or_else(|| TorchError::Failed("an operation gave no tensor".into()))
}

/// Calls a function that makes one tensor.
pub(super) fn one(call: impl FnOnce(*mut Raw) -> Status) -> Result<Tensor, TorchError> {
    let [slot] = slots(call)?;
    made(slot)
}
