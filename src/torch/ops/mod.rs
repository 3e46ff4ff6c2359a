//! Operations of a decoder layer and of the loss. Each has its backward by hand as a function of its
//! own, and autograd is not used: the caller keeps what the backward needs, and calls only the
//! backwards whose gradients are wanted.
//!
//! | letter | meaning |
//! |---|---|
//! | `t` | tokens of a packed sequence: documents behind one another, no padding |
//! | `d` | width of the model |
//! | `h`, `g` | query heads, key/value heads (`h` a multiple of `g`) |
//! | `e` | size of a head |
//! | `f` | width of the feed-forward part |
//! | `v` | vocabulary |
//! | `k` | domains |
//! | `i`, `o` | inputs and outputs of any projection |
//!
//! Inputs share one dtype (f32, bf16). Weights may be wider (f32 masters beside bf16 inputs): they
//! are cast inside and get their gradient in their own dtype.

mod attention;
mod elementwise;
mod head;
mod matmul;

pub use attention::{Attended, attention, keep_cu_seqlens};
pub use elementwise::{
    Direction, add_rows, rms_norm, rms_norm_again, rms_norm_backward, rope, swiglu,
};
pub use elementwise::{SwigluGradients, swiglu_backward};
pub use head::{CrossEntropy, CrossEntropyGradients, CrossEntropyLosses, LossScale};
pub use head::{cross_entropy, cross_entropy_sums};
pub use matmul::{Write, add_weight_grad, bias_grad, linear, matmul, matmul_into};

#[cfg(test)]
pub(crate) use matmul::count as matmul_count;
#[cfg(test)]
mod tests;
