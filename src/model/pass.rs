//! A row through the model: losses, and gradients layer by layer.
//!
//! Every layer has a graph of its own: its input is cut off from what came before. The backward
//! pass walks the layers from the last to the first, hands each its output's gradient, takes its
//! input's, and lets go of what the layer kept. With recompute a layer keeps nothing but its input
//! and runs a second time when its gradient is due. The head stands outside of autograd: it makes
//! logits for a chunk of tokens at a time, so the full logits never exist.

use super::row::DeviceRow;
use super::{Model, ModelError};
use crate::data::PackedSequence;
use crate::torch::{TorchError, backward, ops};
use tch::{Kind, Tensor};

/// How a row is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOptions {
    /// Recompute each layer's activations in the backward pass instead of keeping them.
    pub recompute: bool,
    /// Tokens whose logits exist at one time, ≥ 1.
    pub loss_chunk: usize,
}

/// What a layer keeps for its backward pass.
struct Kept {
    /// Its input, a leaf.
    input_td: Tensor,
    /// Its output with its graph; `None` under recompute.
    output_td: Option<Tensor>,
}

/// What is to be predicted. On the CPU, where the head wants it: it picks the tokens that count
/// without waiting for the device.
struct Targets {
    labels_t: Tensor,
    domains_t: Tensor,
}

impl Targets {
    fn new(row: &PackedSequence) -> Result<Self, TorchError> {
        Ok(Targets {
            labels_t: Tensor::f_from_slice(&row.labels)?,
            domains_t: Tensor::f_from_slice(&row.domains)?,
        })
    }
}

impl Model {
    /// Forward and backward of one row. Adds to every parameter's gradient that of `scale` × the
    /// sum of the losses of the tokens that count (`scale` is 1 / the target tokens of the whole
    /// batch, so that rows add up to the batch's token mean).
    ///
    /// Returns the sums of the losses per domain, nats, `[k]`, on the device.
    ///
    /// # Errors
    /// The row is not usable, or libtorch fails; gradients may then be half added: call
    /// [`Model::zero_grads`] before the batch is tried again.
    pub fn train_row(
        &self,
        row: &PackedSequence,
        scale: f64,
        domains: usize,
        options: RowOptions,
    ) -> Result<Tensor, ModelError> {
        let device_row = DeviceRow::of(row, domains, self.architecture(), &self.frequencies)?;
        self.ensure_grads()?;
        let (hidden_td, kept) = self.forward_keeping(&device_row, options.recompute)?;
        let (sums_k, grad_td) = self.head_backward(hidden_td, row, scale, domains, options)?;
        self.layers_backward(grad_td, kept, &device_row)?;
        Ok(sums_k)
    }

    /// Sums of the losses per domain of one row, nats, `[k]`, on the device; no gradients.
    ///
    /// # Errors
    /// The row is not usable, or libtorch fails.
    pub fn evaluate_row(
        &self,
        row: &PackedSequence,
        domains: usize,
        loss_chunk: usize,
    ) -> Result<Tensor, ModelError> {
        let device_row = DeviceRow::of(row, domains, self.architecture(), &self.frequencies)?;
        let targets = Targets::new(row)?;
        tch::no_grad(|| {
            let normed_td = self.final_norm(&self.forward(&device_row)?)?;
            let of = self.loss_of(&normed_td, &targets, domains, loss_chunk);
            Ok(ops::cross_entropy_sums(&of)?)
        })
    }

    /// Logits `[t, v]` in f32 of documents that begin at `cu_seqlens` (the last bound is T); no
    /// gradients. They are held in full: for tests and for looking at a few tokens.
    ///
    /// # Errors
    /// The row is not usable, or libtorch fails.
    pub fn logits(&self, tokens: &[i64], cu_seqlens: &[i64]) -> Result<Tensor, ModelError> {
        let positions: Vec<i64> =
            cu_seqlens.windows(2).flat_map(|ends| 0..ends[1] - ends[0]).collect();
        let row =
            DeviceRow::new(tokens, &positions, cu_seqlens, self.architecture(), &self.frequencies)?;
        tch::no_grad(|| {
            let normed_td = self.final_norm(&self.forward(&row)?)?;
            Ok(ops::linear(&normed_td, &self.head_vd, None)?.f_to_kind(Kind::Float)?)
        })
    }

    /// Sets every gradient to zero.
    pub fn zero_grads(&self) -> Result<(), ModelError> {
        tch::no_grad(|| {
            for param in self.params() {
                let mut grad = param.tensor.f_grad()?;
                if grad.defined() {
                    let _ = grad.f_zero_()?;
                }
            }
            Ok(())
        })
    }

    /// Every parameter's gradient, in the order of [`Model::params`]; they share memory with it.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn grads(&self) -> Result<Vec<Tensor>, ModelError> {
        self.ensure_grads()?;
        self.params().iter().map(|param| Ok(param.tensor.f_grad()?)).collect()
    }

    /// The stream before the final norm, `[t, d]`.
    fn forward(&self, row: &DeviceRow) -> Result<Tensor, TorchError> {
        let embedded_td = self.embed(&row.tokens_t)?;
        self.layers.iter().try_fold(embedded_td, |hidden_td, layer| layer.forward(&hidden_td, row))
    }

    /// As `forward`, with what the backward pass needs.
    fn forward_keeping(
        &self,
        row: &DeviceRow,
        recompute: bool,
    ) -> Result<(Tensor, Vec<Kept>), TorchError> {
        let mut kept = Vec::with_capacity(self.layers.len());
        let mut hidden_td = tch::no_grad(|| self.embed(&row.tokens_t))?;
        for layer in &self.layers {
            let input_td = leaf(&hidden_td)?;
            let output_td = if recompute {
                hidden_td = tch::no_grad(|| layer.forward(&input_td, row))?;
                None
            } else {
                let output_td = layer.forward(&input_td, row)?;
                hidden_td = output_td.f_detach()?;
                Some(output_td)
            };
            kept.push(Kept { input_td, output_td });
        }
        Ok((hidden_td, kept))
    }

    /// Loss sums per domain, and the gradient of the stream before the final norm.
    fn head_backward(
        &self,
        hidden_td: Tensor,
        row: &PackedSequence,
        scale: f64,
        domains: usize,
        options: RowOptions,
    ) -> Result<(Tensor, Tensor), ModelError> {
        let targets = Targets::new(row)?;
        let hidden_td = leaf(&hidden_td)?;
        let normed_td = self.final_norm(&hidden_td)?;
        let cut_off_td = normed_td.f_detach()?;
        let of = self.loss_of(&cut_off_td, &targets, domains, options.loss_chunk);
        let (sums_k, grad_td) = ops::cross_entropy(&of, &mut self.head_vd.f_grad()?, scale)?;
        backward(&[&normed_td], &[&grad_td])?;
        Ok((sums_k, hidden_td.f_grad()?))
    }

    fn loss_of<'a>(
        &'a self,
        normed_td: &'a Tensor,
        targets: &'a Targets,
        domains: usize,
        chunk: usize,
    ) -> ops::CrossEntropy<'a> {
        ops::CrossEntropy {
            hidden: normed_td,
            weight: &self.head_vd,
            labels: &targets.labels_t,
            domains: &targets.domains_t,
            domain_count: domains as i64,
            chunk: chunk as i64,
        }
    }

    fn layers_backward(
        &self,
        mut grad_td: Tensor,
        mut kept: Vec<Kept>,
        row: &DeviceRow,
    ) -> Result<(), TorchError> {
        for layer in self.layers.iter().rev() {
            let Some(Kept { input_td, output_td }) = kept.pop() else { break };
            let output_td = match output_td {
                Some(output_td) => output_td,
                None => layer.forward(&input_td, row)?,
            };
            backward(&[&output_td], &[&grad_td])?;
            grad_td = input_td.f_grad()?;
        }
        self.embedding_backward(&grad_td, row)
    }

    /// The stream before the first layer, `[t, d]`.
    pub(super) fn embed(&self, tokens_t: &Tensor) -> Result<Tensor, TorchError> {
        Ok(self.embedding_vd.f_index_select(0, tokens_t)?.f_to_kind(self.compute)?)
    }

    /// Adds each token's gradient to its row of the embedding's, by the kernel that adds in a fixed
    /// order on this device.
    fn embedding_backward(&self, grad_td: &Tensor, row: &DeviceRow) -> Result<(), TorchError> {
        tch::no_grad(|| {
            let mut grad_vd = self.embedding_vd.f_grad()?;
            let grad_td = grad_td.f_to_kind(grad_vd.kind())?;
            let _ = if grad_vd.device().is_cuda() {
                grad_vd.f_index_put_(&[Some(&row.tokens_t)], &grad_td, true)?
            } else {
                grad_vd.f_index_add_(0, &row.tokens_t, &grad_td)?
            };
            Ok(())
        })
    }

    pub(super) fn final_norm(&self, hidden_td: &Tensor) -> Result<Tensor, TorchError> {
        ops::rms_norm(hidden_td, &self.norm_d, self.architecture().norm_eps)
    }

    /// Gives every parameter a gradient of zeros, unless it has one.
    fn ensure_grads(&self) -> Result<(), TorchError> {
        for param in self.params() {
            if !param.tensor.f_grad()?.defined() {
                let zeros = param.tensor.f_detach()?.f_zeros_like()?;
                backward(&[&param.tensor], &[&zeros])?;
            }
        }
        Ok(())
    }
}

/// The same values as the beginning of a new graph.
fn leaf(hidden_td: &Tensor) -> Result<Tensor, TorchError> {
    Ok(hidden_td.f_detach()?.f_set_requires_grad(true)?)
}
