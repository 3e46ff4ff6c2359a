//! One decoder layer: attention and feed-forward, each behind a norm and added to the residual
//! stream.
//!
//! A layer is built once, from its [`LayerSpec`] and the model's parameters. The same [`Attention`]
//! and [`FeedForward`] compute the training pass with its backward, evaluation, and generation over
//! prompts and over single new tokens: the forms share every step, and differ in the kernels that
//! multiply ([`Kernels`]), in where attention finds keys and values, and in what they keep.

mod attention;
mod feed_forward;
mod parts;

use super::ModelError;
use super::architecture::LayerSpec;
use super::key_values::{KeyValues, Newest};
use super::sequence::DeviceSequence;
use crate::torch::TorchError;
use attention::{Attention, KeptAttention};
use feed_forward::{FeedForward, KeptFeedForward};
pub(super) use parts::{LayerParams, Norm, library_linear};
use tch::Tensor;

#[cfg(test)]
mod tests;

/// One layer. Its tensors are the model's parameters themselves, not copies.
#[derive(Debug)]
pub(super) struct Layer {
    attention: Attention,
    feed_forward: FeedForward,
}

/// What a layer keeps for its backward, besides its input: what is costly to compute again.
#[derive(Debug)]
pub(super) struct KeptLayer {
    attention: KeptAttention,
    /// The residual stream between the two halves, `[t, d]`.
    middle_td: Tensor,
    feed_forward: KeptFeedForward,
}

impl KeptLayer {
    /// Lets go of the widest part, which the backward computes again with two products.
    pub fn forget_widest(&mut self) {
        self.feed_forward.forget();
    }
}

impl Layer {
    /// The layer that `spec` describes, out of the model's parameters.
    pub fn new(spec: &LayerSpec, params: &LayerParams<'_>) -> Result<Self, ModelError> {
        Ok(Layer {
            attention: Attention::new(&spec.attention, params)?,
            feed_forward: FeedForward::new(&spec.feed_forward, params)?,
        })
    }

    /// Whether any of its parameters is trainable.
    pub fn is_trainable(&self) -> bool {
        self.attention.is_trainable() || self.feed_forward.is_trainable()
    }

    /// The residual stream after this layer, `[t, d]` → `[t, d]`; nothing is kept.
    pub fn forward(
        &self,
        hidden_td: &Tensor,
        sequence: &DeviceSequence,
    ) -> Result<Tensor, TorchError> {
        let (middle_td, _) = self.attention.forward(hidden_td, sequence)?;
        let (output_td, _) = self.feed_forward.forward(&middle_td)?;
        Ok(output_td)
    }

    /// As [`Layer::forward`], with what [`Layer::backward`] needs.
    pub fn forward_keeping(
        &self,
        hidden_td: &Tensor,
        sequence: &DeviceSequence,
    ) -> Result<(Tensor, KeptLayer), TorchError> {
        let (middle_td, attention) = self.attention.forward(hidden_td, sequence)?;
        let (output_td, feed_forward) = self.feed_forward.forward(&middle_td)?;
        Ok((output_td, KeptLayer { attention, middle_td, feed_forward }))
    }

    /// What [`Layer::backward`] needs, once more from the forward's input. The output is not computed.
    pub fn keep_again(
        &self,
        hidden_td: &Tensor,
        sequence: &DeviceSequence,
    ) -> Result<KeptLayer, TorchError> {
        let (middle_td, attention) = self.attention.forward(hidden_td, sequence)?;
        Ok(KeptLayer { attention, middle_td, feed_forward: KeptFeedForward::default() })
    }

    /// Adds the gradients of the trainable parameters for that of the output, `[t, d]`, and gives
    /// that of the input `[t, d]` if it is wanted. `hidden_td` is the forward's input.
    pub fn backward(
        &self,
        grad_td: &Tensor,
        hidden_td: &Tensor,
        kept: KeptLayer,
        sequence: &DeviceSequence,
        input_wanted: bool,
    ) -> Result<Option<Tensor>, TorchError> {
        let KeptLayer { attention, middle_td, feed_forward } = kept;
        let middle_wanted = input_wanted || self.attention.is_trainable();
        let grad_td =
            self.feed_forward.backward(grad_td, &middle_td, feed_forward, middle_wanted)?;
        drop(middle_td);
        match grad_td {
            Some(grad_td) => {
                self.attention.backward(&grad_td, hidden_td, attention, sequence, input_wanted)
            }
            None => Ok(None),
        }
    }

    /// The residual stream after this layer over whole prompts, `[t, d]` → `[t, d]`, and the keys
    /// and values `[t, g, e]` that later tokens attend to.
    pub fn prefill(
        &self,
        hidden_td: &Tensor,
        prompts: &DeviceSequence,
    ) -> Result<(Tensor, Tensor, Tensor), TorchError> {
        let (middle_td, key_tge, value_tge) = self.attention.prefill(hidden_td, prompts)?;
        Ok((self.feed_forward.generate(&middle_td)?, key_tge, value_tge))
    }

    /// The residual stream after this layer for the newest token of each sample, `[b, d]` →
    /// `[b, d]`; puts the token's keys and values into `past`.
    pub fn step(
        &self,
        hidden_bd: &Tensor,
        newest: &Newest,
        past: &KeyValues,
    ) -> Result<Tensor, TorchError> {
        self.feed_forward.generate(&self.attention.step(hidden_bd, newest, past)?)
    }
}
