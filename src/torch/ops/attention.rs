use crate::torch::TorchError;
use crate::torch::ffi::{self, check, made, raw, raw_or_null, slots};
use tch::Tensor;

/// The result of [`attention`], and what its backward needs besides queries, keys and values.
#[derive(Debug)]
pub struct Attended {
    mixed_the: Tensor,
    /// Of the kernel; how many there are depends on it.
    others: [Option<Tensor>; 3],
}

/// Takes over the `cu_seqlens` that the next attentions of this thread have, i64, from where they are on the device
/// already, so that they need not be copied there.
///
/// # Errors
/// Lack of memory.
pub fn keep_cu_seqlens(cu_seqlens: &[i64], on_device: &Tensor) -> Result<(), TorchError> {
    let (ends, count) = (cu_seqlens.as_ptr(), cu_seqlens.len() as i64);
    // SAFETY: see the module `ffi`; there are `count` of them.
    check(unsafe { ffi::vt_keep_cu_seqlens(ends, count, raw(on_device)) })
}

/// Causal attention within each document: token t of document i sees the tokens
/// `cu_seqlens[i]..=t` and no other document. Queries `[t,h,e]`, keys and values `[t,g,e]`; `scale`
/// multiplies the scores.
///
/// # Errors
/// Shapes that do not fit, cu_seqlens that do not rise from 0 to t, lack of memory.
pub fn attention(
    query_the: &Tensor,
    key_tge: &Tensor,
    value_tge: &Tensor,
    cu_seqlens: &[i64],
    scale: f64,
) -> Result<Attended, TorchError> {
    let [q, k, v] = [query_the, key_tge, value_tge].map(raw);
    let (ends, count) = (cu_seqlens.as_ptr(), cu_seqlens.len() as i64);
    // SAFETY: see the module `ffi`; four slots are what the shim fills at most.
    let [mixed, a, b, c] =
        slots(|out| unsafe { ffi::vt_attention(out, q, k, v, ends, count, scale) })?;
    Ok(Attended { mixed_the: made(mixed)?, others: [a, b, c] })
}

impl Attended {
    /// The values of each head, mixed by its weights, `[t,h,e]`.
    pub fn mixed(&self) -> &Tensor {
        &self.mixed_the
    }

    /// Gradients of queries, keys and values for that of the result, `[t,h,e]`. The other arguments
    /// are those of the forward.
    ///
    /// # Errors
    /// As [`attention`].
    pub fn backward(
        &self,
        grad_the: &Tensor,
        [query_the, key_tge, value_tge]: [&Tensor; 3],
        cu_seqlens: &[i64],
        scale: f64,
    ) -> Result<[Tensor; 3], TorchError> {
        let [g, q, k, v] = [grad_the, query_the, key_tge, value_tge].map(raw);
        let [a, b, c] = self.others.each_ref().map(|kept| raw_or_null(kept.as_ref()));
        let saved = [raw(&self.mixed_the), a, b, c];
        let (ends, count) = (cu_seqlens.as_ptr(), cu_seqlens.len() as i64);
        // SAFETY: see the module `ffi`; the shim fills the three slots.
        let [gq, gk, gv] = slots(|out| unsafe {
            ffi::vt_attention_backward(out, g, q, k, v, saved.as_ptr(), 4, ends, count, scale)
        })?;
        Ok([made(gq)?, made(gk)?, made(gv)?])
    }
}
