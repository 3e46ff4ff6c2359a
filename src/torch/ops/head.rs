use crate::torch::TorchError;
use crate::torch::ffi::{self, made, raw, raw_or_null, slots};
use tch::Tensor;

/// What the loss is taken from.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'a> {
    /// Last hidden states `[t,d]`, after the last norm.
    pub hidden: &'a Tensor,
    /// Weight of the head `[v,d]`.
    pub weight: &'a Tensor,
    /// Token to predict `[t]`, i64; −100 where nothing is counted. On the CPU it saves a wait for
    /// the GPU.
    pub labels: &'a Tensor,
    /// What each token's loss is summed for `[t]`, i64, below `group_count`, on the labels' device: its
    /// domain, or its document.
    pub groups: &'a Tensor,
    /// Number of groups.
    pub group_count: i64,
    /// Most tokens whose logits exist at one time.
    pub chunk: i64,
}

/// What multiplies the token losses before they are added up to the number that gradients are of.
#[derive(Clone, Copy, Debug)]
pub enum LossScale<'a> {
    /// The same for all.
    Same(f64),
    /// One for each token, `[t]`, f64, on the labels' device. That of a token without a label counts
    /// for nothing.
    Each(&'a Tensor),
}

/// The gradients that [`cross_entropy`] computes, of the scaled sum of all losses.
#[derive(Debug)]
pub struct CrossEntropyGradients<'a> {
    /// Multiplies the losses.
    pub scale: LossScale<'a>,
    /// Whether the gradient of the hidden states is wanted.
    pub hidden: bool,
    /// What the gradient of the weight is added to, `[v,d]`, of any float dtype; `None`: not wanted.
    pub weight: Option<&'a mut Tensor>,
}

/// What [`cross_entropy`] computes, on the device.
#[derive(Debug)]
pub struct CrossEntropyLosses {
    /// The sum of the token losses per group, not scaled: `[k]`, f64, nats.
    pub sums: Tensor,
    /// The scaled sum of all losses, `[1]`, f64, with [`LossScale::Each`]; otherwise it follows from
    /// the sums.
    pub scaled: Option<Tensor>,
    /// The gradient of the hidden states, `[t,d]`, if it is wanted.
    pub hidden_grad: Option<Tensor>,
}

/// Losses and their gradients.
///
/// # Errors
/// Shapes that do not fit, a label outside the vocabulary, lack of memory.
pub fn cross_entropy(
    loss: &CrossEntropy<'_>,
    gradients: CrossEntropyGradients<'_>,
) -> Result<CrossEntropyLosses, TorchError> {
    let CrossEntropyGradients { scale, hidden, weight } = gradients;
    let weight_grad = raw_or_null(weight.as_deref());
    let (scale, scales) = match scale {
        LossScale::Same(scale) => (scale, None),
        LossScale::Each(scales) => (1.0, Some(scales)),
    };
    // SAFETY: see the module `ffi`; the shim fills the three slots.
    let [sums, hidden_grad, scaled] = slots(|out| unsafe {
        ffi::vt_cross_entropy(
            out,
            raw(loss.hidden),
            raw(loss.weight),
            hidden,
            weight_grad,
            raw(loss.labels),
            raw(loss.groups),
            loss.group_count,
            scale,
            raw_or_null(scales),
            loss.chunk,
        )
    })?;
    Ok(CrossEntropyLosses { sums: made(sums)?, scaled, hidden_grad })
}

/// Only the sums of [`cross_entropy`].
///
/// # Errors
/// As there.
pub fn cross_entropy_sums(loss: &CrossEntropy<'_>) -> Result<Tensor, TorchError> {
    let none = CrossEntropyGradients { scale: LossScale::Same(1.0), hidden: false, weight: None };
    Ok(cross_entropy(loss, none)?.sums)
}
