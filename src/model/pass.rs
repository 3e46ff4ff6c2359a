//! A packed sequence through the model: losses, and gradients layer by layer.
//!
//! The backward pass is by hand, outside of autograd. It walks the layers from the last to the first
//! trainable one, hands each its output's gradient, takes its input's, and lets go of what the layer
//! kept. Gradients are computed for trainable parameters alone, and an input's gradient only where
//! something below needs it. With [`Recompute`] a layer keeps less, and that part runs a second
//! time when its gradient is due. The head makes logits for a chunk of tokens at a time, so the full
//! logits never exist.

use super::layer::{KeptLayer, Layer};
use super::recompute::{Again, Recompute};
use super::sequence::DeviceSequence;
use super::{Model, ModelError};
use crate::data::PackedSequence;
use crate::torch::ops::{self, LossScale};
use crate::torch::{TorchError, Trace, TracedMemory};
use tch::{Kind, Tensor};

/// How a packed sequence is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassOptions {
    /// What of the layers' activations is computed again in the backward pass instead of being kept.
    pub recompute: Recompute,
    /// Tokens whose logits exist at one time, ≥ 1.
    pub loss_chunk: usize,
}

/// A part of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassPart {
    /// The sequence is on the device.
    Input,
    /// The layers.
    Forward,
    /// Head and loss, with their gradients.
    Loss,
    /// The layers back, and the embedding.
    Backward,
}

/// The memory of a pass by its parts, bytes, as [`Model::trace_sequence`] counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassMemory {
    /// What the layers keep for the backward.
    pub kept: u64,
    /// Beside all of that, the most that a layer of the forward takes.
    pub forward: u64,
    /// The same of the head with its loss: logits of a chunk of tokens, and their gradients.
    pub head: u64,
    /// The same of a layer of the backward.
    pub backward: u64,
}

impl PassMemory {
    /// The most of the whole pass.
    pub fn peak(&self) -> u64 {
        self.kept + self.forward.max(self.head).max(self.backward)
    }
}

/// What is kept of a layer for its backward pass.
struct Kept {
    input_td: Tensor,
    /// `None` where all is computed again.
    inside: Option<KeptLayer>,
}

/// What is to be predicted, and for which group of tokens each loss is counted: a domain or a document. On
/// the CPU: the head picks the tokens that count without waiting for the device.
struct Targets {
    labels_t: Tensor,
    groups_t: Tensor,
    groups: usize,
}

impl Targets {
    fn by_domain(packed: &PackedSequence, domains: usize) -> Result<Self, TorchError> {
        Self::new(packed, &packed.domains, domains)
    }

    fn by_document(packed: &PackedSequence) -> Result<Self, TorchError> {
        let ends = packed.cu_seqlens.windows(2).zip(0..);
        let document = |(ends, document): (&[i64], i64)| {
            std::iter::repeat_n(document, (ends[1] - ends[0]) as usize)
        };
        let documents: Vec<i64> = ends.flat_map(document).collect();
        Self::new(packed, &documents, packed.cu_seqlens.len() - 1)
    }

    fn new(packed: &PackedSequence, ids: &[i64], groups: usize) -> Result<Self, TorchError> {
        let labels_t = Tensor::f_from_slice(&packed.labels)?;
        Ok(Targets { labels_t, groups_t: Tensor::f_from_slice(ids)?, groups })
    }
}

/// What the head computes its losses from, besides hidden states.
#[derive(Clone, Copy)]
struct Loss<'a> {
    targets: &'a Targets,
    /// Tokens whose logits exist at one time.
    chunk: usize,
}

/// The losses of a sequence, on the device.
struct Losses {
    /// Their sums per domain, nats, `[k]`.
    sums_k: Tensor,
    /// Their scaled sum, `[1]`, where each token has a scale of its own.
    scaled: Option<Tensor>,
}

impl Model {
    /// Forward and backward of one sequence. Adds to every trainable parameter's gradient that of
    /// `scale` × the sum of the losses of the tokens that count (`scale` is 1 / the target tokens of
    /// the whole batch, so that sequences add up to the batch's token mean).
    ///
    /// Returns the sums of the losses per domain, nats, `[k]`, on the device.
    ///
    /// # Errors
    /// The sequence is not usable, or libtorch fails; gradients may then be half added: call
    /// [`Model::zero_grads`] before the batch is tried again.
    pub fn train_sequence(
        &self,
        packed: &PackedSequence,
        scale: f64,
        domains: usize,
        options: PassOptions,
    ) -> Result<Tensor, ModelError> {
        self.train_by_parts(packed, scale, domains, options, &mut |_| {})
    }

    /// As [`Model::train_sequence`], with a scale for each token of the sequence (those of tokens that
    /// do not count are not looked at).
    ///
    /// Returns the sums of the losses per domain, not scaled, `[k]`, and the scaled sum of all losses,
    /// `[1]`; both in nats, f64, on the device.
    ///
    /// # Errors
    /// As there.
    pub fn train_scaled_sequence(
        &self,
        packed: &PackedSequence,
        scales: &[f64],
        domains: usize,
        options: PassOptions,
    ) -> Result<(Tensor, Tensor), ModelError> {
        let scales_t = Tensor::f_from_slice(scales)?;
        let each = LossScale::Each(&scales_t);
        let trained = self.train(packed, each, domains, options, &mut |_| {})?;
        let scaled = trained.scaled.ok_or_else(|| TorchError::Failed("no scaled loss".into()))?;
        Ok((trained.sums_k, scaled))
    }

    /// As [`Model::train_sequence`]; `done` is called after each part of the pass, in order.
    ///
    /// # Errors
    /// As there.
    pub fn train_by_parts(
        &self,
        packed: &PackedSequence,
        scale: f64,
        domains: usize,
        options: PassOptions,
        done: &mut dyn FnMut(PassPart),
    ) -> Result<Tensor, ModelError> {
        Ok(self.train(packed, LossScale::Same(scale), domains, options, done)?.sums_k)
    }

    fn train(
        &self,
        packed: &PackedSequence,
        scale: LossScale<'_>,
        domains: usize,
        options: PassOptions,
        done: &mut dyn FnMut(PassPart),
    ) -> Result<Losses, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let sequence = self.on_device(packed, domains)?;
        self.params.ensure_grads()?;
        done(PassPart::Input);
        let (hidden_td, kept) = self.forward_keeping(&sequence, options.recompute)?;
        done(PassPart::Forward);
        let targets = Targets::by_domain(packed, domains)?;
        let loss = Loss { targets: &targets, chunk: options.loss_chunk };
        let (losses, grad_td) = self.head_backward(hidden_td, loss, scale, !kept.is_empty())?;
        done(PassPart::Loss);
        if let Some(grad_td) = grad_td {
            self.layers_backward(grad_td, kept, &sequence)?;
        }
        done(PassPart::Backward);
        Ok(losses)
    }

    /// The memory of [`Model::train_sequence`] on a traced model, by its parts, without what is there before.
    ///
    /// # Errors
    /// As there.
    pub fn trace_sequence(
        &self,
        packed: &PackedSequence,
        domains: usize,
        options: PassOptions,
        trace: &Trace,
    ) -> Result<PassMemory, ModelError> {
        self.params.ensure_grads()?;
        let before = trace.memory().live;
        let (mut memory, mut kept) = (PassMemory::default(), 0);
        let mut done = |part| {
            let TracedMemory { live, peak } = trace.memory();
            if part == PassPart::Forward {
                kept = live;
            }
            match part {
                PassPart::Input => {}
                PassPart::Forward => memory.forward = peak.saturating_sub(live),
                PassPart::Loss => memory.head = peak.saturating_sub(kept),
                PassPart::Backward => memory.backward = peak.saturating_sub(kept),
            }
        };
        drop(self.train_by_parts(packed, 1.0, domains, options, &mut done)?);
        let _ = trace.memory();
        Ok(PassMemory { kept: kept.saturating_sub(before), ..memory })
    }

    /// Sums of the losses of each document of a sequence, nats, `[e]`, on the device; no gradients. `domains`
    /// is the number of domains of the run.
    ///
    /// # Errors
    /// The sequence is not usable, or libtorch fails.
    pub fn document_losses(
        &self,
        packed: &PackedSequence,
        domains: usize,
        loss_chunk: usize,
    ) -> Result<Tensor, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let sequence = self.on_device(packed, domains)?;
        let targets = Targets::by_document(packed)?;
        let loss = Loss { targets: &targets, chunk: loss_chunk };
        let (normed_td, _) = self.final_norm.forward(&self.forward(&sequence)?)?;
        let head_vd = self.head_vd.in_kind(normed_td.kind())?;
        Ok(ops::cross_entropy_sums(&cross_entropy(&normed_td, &head_vd, loss))?)
    }

    /// Logits `[t, v]` in f32 of documents that begin at `cu_seqlens` (the last of which is t); no
    /// gradients. They are held in full: for tests and for looking at a few tokens.
    ///
    /// # Errors
    /// The documents are not usable, or libtorch fails.
    pub fn logits(&self, tokens: &[i64], cu_seqlens: &[i64]) -> Result<Tensor, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let positions: Vec<i64> =
            cu_seqlens.windows(2).flat_map(|ends| 0..ends[1] - ends[0]).collect();
        let (a, frequencies) = (self.architecture(), &self.frequencies);
        let sequence = DeviceSequence::new(tokens, &positions, cu_seqlens, a, frequencies)?;
        let (normed_td, _) = self.final_norm.forward(&self.forward(&sequence)?)?;
        Ok(ops::linear(&normed_td, &self.head_vd.in_kind(normed_td.kind())?, None)?
            .f_to_kind(Kind::Float)?)
    }

    /// Sets every gradient to zero.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn zero_grads(&self) -> Result<(), ModelError> {
        Ok(self.params.zero_grads()?)
    }

    /// The gradients of the trainable parameters, in the order of [`Model::params`]; they share
    /// memory with them.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn grads(&self) -> Result<Vec<Tensor>, ModelError> {
        self.params.ensure_grads()?;
        let trainable = self.params().iter().filter(|param| param.is_trainable());
        trainable.map(|param| Ok(param.tensor.f_grad()?)).collect()
    }

    fn on_device(
        &self,
        packed: &PackedSequence,
        domains: usize,
    ) -> Result<DeviceSequence, ModelError> {
        DeviceSequence::from_packed(packed, domains, self.architecture(), &self.frequencies)
    }

    /// The residual stream before the final norm, `[t, d]`.
    fn forward(&self, sequence: &DeviceSequence) -> Result<Tensor, TorchError> {
        let embedded_td = self.embed(&sequence.tokens_t)?;
        self.layers
            .iter()
            .try_fold(embedded_td, |hidden_td, layer| layer.forward(&hidden_td, sequence))
    }

    /// Index of the first layer that the backward reaches: 0 where the embedding is trainable, else
    /// that of the first layer of which anything is; behind the last where nothing is.
    fn first_trained_layer(&self) -> usize {
        let first = self.layers.iter().position(Layer::is_trainable).unwrap_or(self.layers.len());
        if self.trains_embedding() { 0 } else { first }
    }

    fn trains_embedding(&self) -> bool {
        self.embedding_vd.requires_grad()
    }

    /// As `forward`, with what the backward needs of the layers that it reaches.
    fn forward_keeping(
        &self,
        sequence: &DeviceSequence,
        recompute: Recompute,
    ) -> Result<(Tensor, Vec<Kept>), TorchError> {
        let first = self.first_trained_layer();
        let mut kept = Vec::with_capacity(self.layers.len() - first);
        let mut hidden_td = self.embed(&sequence.tokens_t)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let input_td = hidden_td;
            let mut inside = None;
            let again = recompute.of_layer(index);
            if index < first || again == Again::All {
                hidden_td = layer.forward(&input_td, sequence)?;
            } else {
                let (output_td, mut of_layer) = layer.forward_keeping(&input_td, sequence)?;
                if again == Again::Widest {
                    of_layer.forget_widest();
                }
                (hidden_td, inside) = (output_td, Some(of_layer));
            }
            if index >= first {
                kept.push(Kept { input_td, inside });
            }
        }
        Ok((hidden_td, kept))
    }

    /// The losses, and the gradient of the residual stream before the final norm if it is wanted.
    fn head_backward(
        &self,
        hidden_td: Tensor,
        loss: Loss<'_>,
        scale: LossScale<'_>,
        wanted: bool,
    ) -> Result<(Losses, Option<Tensor>), ModelError> {
        let (normed_td, rstd_t) = self.final_norm.forward(&hidden_td)?;
        let trains_head = self.head_vd.is_trainable();
        let mut weight = trains_head.then(|| self.head_vd.param().f_grad()).transpose()?;
        let head_vd = self.head_vd.in_kind(normed_td.kind())?;
        let gradients = ops::CrossEntropyGradients {
            scale,
            hidden: wanted || self.final_norm.is_trainable(),
            weight: weight.as_mut(),
        };
        let ops::CrossEntropyLosses { sums, scaled, hidden_grad } =
            ops::cross_entropy(&cross_entropy(&normed_td, &head_vd, loss), gradients)?;
        let losses = Losses { sums_k: sums, scaled };
        drop(normed_td);
        let Some(grad_td) = hidden_grad else { return Ok((losses, None)) };
        let grad_td = self.final_norm.backward(&hidden_td, &rstd_t, &grad_td, None)?;
        Ok((losses, wanted.then_some(grad_td)))
    }

    fn layers_backward(
        &self,
        mut grad_td: Tensor,
        kept: Vec<Kept>,
        sequence: &DeviceSequence,
    ) -> Result<(), TorchError> {
        let kept = kept.into_iter().enumerate().rev();
        for (layer, (above, Kept { input_td, inside })) in self.layers.iter().rev().zip(kept) {
            let inside = match inside {
                Some(inside) => inside,
                None => layer.keep_again(&input_td, sequence)?,
            };
            // The lowest of these layers has nothing trainable below, unless it is the embedding.
            let wanted = above > 0 || self.trains_embedding();
            match layer.backward(&grad_td, &input_td, inside, sequence, wanted)? {
                Some(grad) => grad_td = grad,
                None => return Ok(()),
            }
        }
        self.embedding_backward(&grad_td, sequence)
    }

    /// The residual stream before the first layer, `[t, d]`.
    pub(super) fn embed(&self, tokens_t: &Tensor) -> Result<Tensor, TorchError> {
        Ok(self.embedding_vd.f_index_select(0, tokens_t)?.f_to_kind(self.compute)?)
    }

    /// Adds each token's gradient to its row of the embedding's.
    fn embedding_backward(
        &self,
        grad_td: &Tensor,
        sequence: &DeviceSequence,
    ) -> Result<(), TorchError> {
        let mut grad_vd = self.embedding_vd.f_grad()?;
        let grad_td = grad_td.f_to_kind(grad_vd.kind())?;
        ops::add_rows(&mut grad_vd, &sequence.tokens_t, &grad_td)
    }
}

fn cross_entropy<'a>(
    normed_td: &'a Tensor,
    head_vd: &'a Tensor,
    loss: Loss<'a>,
) -> ops::CrossEntropy<'a> {
    ops::CrossEntropy {
        hidden: normed_td,
        weight: head_vd,
        labels: &loss.targets.labels_t,
        groups: &loss.targets.groups_t,
        group_count: loss.targets.groups as i64,
        chunk: loss.chunk as i64,
    }
}
