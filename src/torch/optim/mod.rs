//! The optimizer's arithmetic, in few passes over memory.

mod adamw;
mod blockwise;
mod moments;
#[cfg(test)]
mod tests;

use super::TorchError;
use super::ffi::{self, check, one, raw, raws};
pub use adamw::{AdamW, Keys, adamw_step, fused_adamw};
pub use blockwise::{BLOCK, BlockMap, Blocks};
pub use moments::{MomentKind, Moments};
use tch::Tensor;

/// Euclidean norm of all gradients as one vector: a scalar tensor (f32, on their device), summed
/// in f32, not yet read back.
///
/// # Errors
/// An empty list.
pub fn grad_norm(grads: &[Tensor]) -> Result<Tensor, TorchError> {
    let list = raws(grads);
    // SAFETY: see the module `ffi`.
    one(|out| unsafe { ffi::vt_grad_norm(out, list.as_ptr(), list.len() as i64) })
}

/// Multiplies all tensors by a scalar tensor of their device, in place.
///
/// # Errors
/// A factor of more than one element.
pub fn scale_in_place(tensors: &[Tensor], factor: &Tensor) -> Result<(), TorchError> {
    let list = raws(tensors);
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_scale_in_place(list.as_ptr(), list.len() as i64, raw(factor)) })
}
