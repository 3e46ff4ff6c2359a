//! Differentiable operations of a decoder, with backwards by hand that keep little memory.
//!
//! T tokens of a packed row (documents behind one another, no padding) · d width of the model ·
//! H query heads · K key heads (H a multiple of K) · D width of a head · f feed-forward ·
//! V vocabulary. Inputs share one dtype (f32, bf16); weights may be wider (f32 masters beside bf16
//! inputs): they are cast inside and get their gradient in their own dtype.
//!
//! [`attention_block`] and [`mlp_block`] are the two halves of a layer in one operation each: they
//! keep less than the single operations would, and use each result's memory again.

mod block;
mod head;
mod single;

pub use block::{AttentionBlock, Linear, MlpBlock, attention_block, mlp_block};
pub use head::{CrossEntropy, cross_entropy, cross_entropy_sums};
pub use single::{attention, linear, rms_norm, rope, swiglu};

#[cfg(test)]
mod tests;
