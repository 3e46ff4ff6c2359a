use super::moments::Moments;
use crate::torch::TorchError;
use crate::torch::ffi::{self, AdamWStep, check, raw, raw_or_null, raws};
use tch::Tensor;

/// AdamW's numbers for one step; see [`fused_adamw`].
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Number of this step, from 1: what the bias correction takes.
    pub step: u64,
    /// Learning rate.
    pub lr: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
}

impl AdamW {
    fn raw(self) -> AdamWStep {
        let AdamW { step, lr, beta1, beta2, weight_decay, eps } = self;
        AdamWStep { step: step as i64, lr, beta1, beta2, weight_decay, eps }
    }
}

/// Keys of the stochastic rounding of a parameter's tensors; each of those and each step needs its own.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Of the weight.
    pub weight: u64,
    /// Of the first moment.
    pub first: u64,
    /// Of the second moment.
    pub second: u64,
}

/// One AdamW step in place, in one pass over params, gradients and moments:
/// p ← p·(1 − lr·wd); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
/// p ← p − lr · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + eps).
///
/// The four lists have one entry per parameter, of its shape, dtype and device. This is for f32; see [`adamw_step`]
/// for other kinds.
///
/// # Errors
/// Lists of different length, tensors that do not fit.
pub fn fused_adamw(
    params: &[Tensor],
    grads: &[Tensor],
    exp_avgs: &[Tensor],
    exp_avg_sqs: &[Tensor],
    adam: AdamW,
) -> Result<(), TorchError> {
    let count = params.len();
    if [grads.len(), exp_avgs.len(), exp_avg_sqs.len()] != [count; 3] {
        return Err(TorchError::Failed(format!(
            "fused_adamw: {count} parameters, {} gradients, {} and {} moments",
            grads.len(),
            exp_avgs.len(),
            exp_avg_sqs.len()
        )));
    }
    let lists = [params, grads, exp_avgs, exp_avg_sqs].map(raws);
    let [params, grads, exp_avgs, exp_avg_sqs] = lists.each_ref().map(|list| list.as_ptr());
    // SAFETY: see the module `ffi`; all four arrays have `count` entries.
    check(unsafe {
        ffi::vt_fused_adamw(params, grads, exp_avgs, exp_avg_sqs, count as i64, &adam.raw())
    })
}

/// [`fused_adamw`] for one parameter in other kinds, also in one pass: weight and gradient f32 or bf16, moments in any
/// [form](super::MomentKind), but not all of them f32. It computes in f32.
///
/// What is bf16 is rounded up or down by chance, so that the expected value is the number itself (rounding to the
/// nearest would lose every update smaller than half a step). The chance is a hash of (key, index), so the same
/// keys give the same rounding on every run and device. Infinities and NaN stay what they are.
///
/// # Errors
/// Other kinds, shapes or devices than these, or tensors that are not contiguous.
pub fn adamw_step(
    weight: &Tensor,
    grad: &Tensor,
    moments: &Moments,
    adam: AdamW,
    keys: Keys,
) -> Result<(), TorchError> {
    let keys = [keys.weight, keys.first, keys.second];
    let [(first, first_largest), (second, second_largest)] = moments.parts();
    // SAFETY: see the module `ffi`; there are three keys.
    check(unsafe {
        ffi::vt_adamw_step(
            raw(weight),
            raw(grad),
            raw(first),
            raw(second),
            raw_or_null(first_largest),
            raw_or_null(second_largest),
            keys.as_ptr(),
            &adam.raw(),
        )
    })
}
