//! The feed-forward half of a layer: down(silu(gate(norm(x))) · up(norm(x))), added to x.

use super::parts::{Kernels, LayerParams, Linear, Norm, swiglu};
use crate::model::ModelError;
use crate::model::architecture::FeedForwardSpec;
use crate::torch::{TorchError, ops};
use ops::{SwigluGradients, Write};
use tch::Tensor;

#[derive(Debug)]
pub(super) struct FeedForward {
    norm: Norm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// What the feed-forward half keeps for its backward, besides its input.
#[derive(Debug, Default)]
pub(super) struct KeptFeedForward(Option<Inner>);

/// What lies between the norm and the product of gate and up.
#[derive(Debug)]
struct Inner {
    /// Of the norm, one number per token.
    rstd_t: Tensor,
    gate_tf: Tensor,
    up_tf: Tensor,
}

impl KeptFeedForward {
    /// Lets go of it: the backward computes it again, with two products.
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

impl FeedForward {
    pub fn new(spec: &FeedForwardSpec, params: &LayerParams<'_>) -> Result<Self, ModelError> {
        Ok(FeedForward {
            norm: params.norm(&spec.norm)?,
            gate: params.linear(&spec.gate)?,
            up: params.linear(&spec.up)?,
            down: params.linear(&spec.down)?,
        })
    }

    /// Whether any of its parameters is trainable.
    pub fn is_trainable(&self) -> bool {
        self.norm.is_trainable() || self.down.is_trainable() || self.trains_inner()
    }

    fn trains_inner(&self) -> bool {
        self.gate.is_trainable() || self.up.is_trainable()
    }

    /// The residual stream with the feed-forward half added, `[t, d]`, and what the backward needs.
    pub fn forward(&self, hidden_td: &Tensor) -> Result<(Tensor, KeptFeedForward), TorchError> {
        let kernels = Kernels::Training;
        let inner = self.project(hidden_td, kernels)?;
        let gate_tf = inner.gate_tf.shallow_clone();
        let output_td = self.add_output(hidden_td, gate_tf, &inner.up_tf, kernels)?;
        Ok((output_td, KeptFeedForward(Some(inner))))
    }

    /// The residual stream with the feed-forward half added, by the kernels of generation.
    pub fn generate(&self, hidden_td: &Tensor) -> Result<Tensor, TorchError> {
        let kernels = Kernels::Generation;
        let Inner { gate_tf, up_tf, .. } = self.project(hidden_td, kernels)?;
        self.add_output(hidden_td, gate_tf, &up_tf, kernels)
    }

    /// Adds the gradients of the trainable parameters, and gives that of the input if it is wanted.
    pub fn backward(
        &self,
        grad_td: &Tensor,
        hidden_td: &Tensor,
        kept: KeptFeedForward,
        input_wanted: bool,
    ) -> Result<Option<Tensor>, TorchError> {
        let grad_td = grad_td.f_contiguous()?;
        self.down.add_bias_grad(&grad_td)?;
        let normed_wanted = input_wanted || self.norm.is_trainable();
        if !(normed_wanted || self.trains_inner() || self.down.trains_weight()) {
            return Ok(None);
        }
        let Inner { rstd_t, gate_tf, up_tf } = match kept.0 {
            Some(inner) => inner,
            None => self.project(hidden_td, Kernels::Training)?,
        };
        let grad_gated_tf = self.down.input_grad(&grad_td)?;
        let SwigluGradients { gate: grad_gate_tf, up: grad_up_tf, result: gated_tf } =
            ops::swiglu_backward(&gate_tf, &up_tf, grad_gated_tf, self.down.trains_weight())?;
        drop((gate_tf, up_tf));
        if let Some(gated_tf) = gated_tf {
            self.down.add_weight_grad(&grad_td, &gated_tf)?;
        }
        if !(normed_wanted || self.trains_inner()) {
            return Ok(None);
        }
        let normed_td = self.normed_again(hidden_td, &rstd_t)?;
        for (projection, grad) in [(&self.gate, &grad_gate_tf), (&self.up, &grad_up_tf)] {
            projection.add_weight_grad(grad, &normed_td)?;
            projection.add_bias_grad(grad)?;
        }
        if !normed_wanted {
            return Ok(None);
        }
        // The normalized input is not needed any more: its memory takes the gradient.
        let mut grad_normed_td = normed_td;
        self.gate.input_grad_into(&grad_gate_tf, &mut grad_normed_td, Write::Over)?;
        self.up.input_grad_into(&grad_up_tf, &mut grad_normed_td, Write::Add)?;
        let grad_td = self.norm.backward(hidden_td, &rstd_t, &grad_normed_td, Some(&grad_td))?;
        Ok(input_wanted.then_some(grad_td))
    }

    /// Gate and up, and the norm's numbers per token.
    fn project(&self, hidden_td: &Tensor, kernels: Kernels) -> Result<Inner, TorchError> {
        let (normed_td, rstd_t) = self.norm.forward(hidden_td)?;
        let gate_tf = self.gate.forward(&normed_td, kernels)?;
        Ok(Inner { rstd_t, gate_tf, up_tf: self.up.forward(&normed_td, kernels)? })
    }

    fn add_output(
        &self,
        hidden_td: &Tensor,
        gate_tf: Tensor,
        up_tf: &Tensor,
        kernels: Kernels,
    ) -> Result<Tensor, TorchError> {
        let gated_tf = swiglu(gate_tf, up_tf, kernels)?;
        self.down.add_to(hidden_td, &gated_tf, kernels)
    }

    /// The normalized input once more; only its memory, where no weight's gradient needs it.
    fn normed_again(&self, hidden_td: &Tensor, rstd_t: &Tensor) -> Result<Tensor, TorchError> {
        match self.gate.trains_weight() || self.up.trains_weight() {
            true => self.norm.again(hidden_td, rstd_t),
            false => Ok(hidden_td.f_empty_like()?),
        }
    }
}
