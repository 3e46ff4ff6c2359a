//! Which kernels compute: the fast ones, or libtorch's plain operators in the place of one that was found wrong.

use super::ffi;
use serde::{Deserialize, Serialize};

/// A kernel, or a group of them, with libtorch's plain operators as the alternative. The order is that of
/// `shim/kernels.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(i32)]
pub enum Kernel {
    /// The norm of rows, forward and backward.
    RmsNorm,
    /// silu(gate) · up, forward and backward.
    Swiglu,
    /// The rotation of queries and keys.
    Rope,
    /// Causal attention within documents, forward and backward.
    Attention,
    /// Logits to losses and their gradients.
    CrossEntropy,
    /// The optimizer's step, with its rounding.
    AdamW,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Kernel; 6] = [
        Kernel::RmsNorm,
        Kernel::Swiglu,
        Kernel::Rope,
        Kernel::Attention,
        Kernel::CrossEntropy,
        Kernel::AdamW,
    ];

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Kernel::RmsNorm => "RMSNorm",
            Kernel::Swiglu => "SwiGLU",
            Kernel::Rope => "RoPE",
            Kernel::Attention => "attention",
            Kernel::CrossEntropy => "cross-entropy",
            Kernel::AdamW => "AdamW",
        }
    }
}

/// Takes plain operators in place of a kernel on this thread from now on, or the kernel again.
pub fn use_plain(kernel: Kernel, plain: bool) {
    // SAFETY: see the module `ffi`.
    unsafe { ffi::vt_use_plain(kernel as i32, plain) }
}

/// Whether plain operators compute in place of a kernel on this thread.
pub fn is_plain(kernel: Kernel) -> bool {
    // SAFETY: see the module `ffi`.
    unsafe { ffi::vt_is_plain(kernel as i32) }
}

/// Does `work` with plain operators in place of a kernel; afterwards it is as it was.
pub(super) fn with_plain<T>(kernel: Kernel, work: impl FnOnce() -> T) -> T {
    let before = is_plain(kernel);
    use_plain(kernel, true);
    let done = work();
    use_plain(kernel, before);
    done
}
