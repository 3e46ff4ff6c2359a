//! The optimizer's arithmetic over lists of tensors, in few passes over memory.

use super::TorchError;
use super::ffi::{self, check, one, raw, raws};
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

/// One AdamW step in place, in one pass over params, gradients and moments:
/// p ← p·(1 − lr·wd); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
/// p ← p − lr · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + eps).
///
/// The four lists have one entry per parameter, of its shape, dtype and device.
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
    // SAFETY: see the module `ffi`; all four arrays have `count` entries.
    check(unsafe {
        ffi::vt_fused_adamw(
            lists[0].as_ptr(),
            lists[1].as_ptr(),
            lists[2].as_ptr(),
            lists[3].as_ptr(),
            count as i64,
            adam.step as i64,
            adam.lr,
            adam.beta1,
            adam.beta2,
            adam.weight_decay,
            adam.eps,
        )
    })
}

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

/// Writes f32 numbers into a bf16 tensor of the same shape, each rounded up or down by chance so
/// that the expected value is the number itself (rounding to nearest would lose every update
/// smaller than half a step). The chance is a hash of (`key`, index), so the same key gives the
/// same rounding on every run and device. Infinities and NaN stay what they are.
///
/// # Errors
/// Other dtypes, shapes or devices than these, or tensors that are not contiguous.
pub fn copy_stochastic(
    dst_bf16: &mut Tensor,
    src_f32: &Tensor,
    key: u64,
) -> Result<(), TorchError> {
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_copy_stochastic(raw(dst_bf16), raw(src_f32), key) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torch::kernels::{Kernel, with_plain};
    use tch::{Device, Kind};

    const CPU: (Kind, Device) = (Kind::Float, Device::Cpu);

    #[test]
    fn two_adamw_steps_by_hand() {
        let [p, g, m, v] = [1.0f32, 0.5, 0.0, 0.0].map(|x| [Tensor::from_slice(&[x])]);
        let step = |n: u64| {
            let adam =
                AdamW { step: n, lr: 0.1, beta1: 0.9, beta2: 0.99, weight_decay: 0.2, eps: 1e-8 };
            fused_adamw(&p, &g, &m, &v, adam).unwrap();
            (p[0].double_value(&[0]), m[0].double_value(&[0]), v[0].double_value(&[0]))
        };
        // p = 1·(1 − 0.1·0.2) = 0.98; m = 0.05, v = 0.0025; m̂ = 0.5, v̂ = 0.25: p −= 0.1·0.5/0.5.
        let (p1, m1, v1) = step(1);
        assert!((p1 - 0.88).abs() < 1e-6 && (m1 - 0.05).abs() < 1e-7 && (v1 - 0.0025).abs() < 1e-8);
        // A constant gradient keeps m̂ = 0.5 and v̂ = 0.25: p = 0.88·0.98 − 0.1.
        let (p2, m2, v2) = step(2);
        assert!((p2 - 0.7624).abs() < 1e-6);
        assert!((m2 - 0.095).abs() < 1e-7 && (v2 - 0.004975).abs() < 1e-8);
    }

    #[test]
    fn adamw_wants_full_lists() {
        let adam =
            AdamW { step: 1, lr: 0.1, beta1: 0.9, beta2: 0.99, weight_decay: 0.0, eps: 1e-8 };
        let x = [Tensor::zeros([3], CPU)];
        assert!(fused_adamw(&x, &[], &x, &x, adam).is_err());
        fused_adamw(&[], &[], &[], &[], adam).unwrap();
    }

    #[test]
    fn norm_and_scale_span_all_tensors() {
        let grads = [Tensor::from_slice(&[3.0f32, 0.0]), Tensor::from_slice(&[4.0f32])];
        assert_eq!(grad_norm(&grads).unwrap().double_value(&[]), 5.0);
        scale_in_place(&grads, &Tensor::from(0.5f32)).unwrap();
        assert_eq!(grad_norm(&grads).unwrap().double_value(&[]), 2.5);
        assert!(grad_norm(&[]).is_err());
    }

    #[test]
    fn the_norm_of_bf16_gradients_is_summed_in_f32() {
        let ones = Tensor::ones([100_000], (Kind::BFloat16, Device::Cpu));
        let norm = grad_norm(&[ones]).unwrap();
        assert_eq!(norm.kind(), Kind::Float);
        assert!((norm.double_value(&[]) - 100_000f64.sqrt()).abs() < 0.01);
    }

    /// By the loop, or by operators.
    fn rounded(src: &Tensor, key: u64, plain: bool) -> Tensor {
        let mut dst = Tensor::zeros(src.size(), (Kind::BFloat16, Device::Cpu));
        let mut round = || copy_stochastic(&mut dst, src, key).unwrap();
        match plain {
            true => with_plain(Kernel::Rounding, round),
            false => round(),
        }
        dst
    }

    #[test]
    fn stochastic_rounding_is_unbiased_and_takes_only_neighbours() {
        // A quarter of the way from 1 to the next bf16, 1 + 2⁻⁷.
        let (low, step) = (1.0, 1.0 / 128.0);
        let n = 200_000;
        let src = Tensor::full([n], low + step / 4.0, CPU);
        let dst = rounded(&src, 7, false).to_kind(Kind::Double);
        let up = dst.eq(low + step).sum(Kind::Double).double_value(&[]) / n as f64;
        let down = dst.eq(low).sum(Kind::Double).double_value(&[]) / n as f64;
        assert_eq!(up + down, 1.0);
        // Five standard errors of a share of 1/4.
        assert!((up - 0.25).abs() < 5.0 * (0.25f64 * 0.75 / n as f64).sqrt(), "{up}");
    }

    #[test]
    fn rounding_depends_on_key_and_index_alone() {
        let src = Tensor::linspace(-3.0, 3.0, 10_007, CPU);
        assert!(rounded(&src, 1, false).equal(&rounded(&src, 1, false)));
        assert!(!rounded(&src, 1, false).equal(&rounded(&src, 2, false)));
        assert!(!rounded(&src, 1, false).equal(&rounded(&src, 1 << 40 | 1, false)));
        // The operators give the same bits.
        assert!(rounded(&src, 1 << 40 | 5, false).equal(&rounded(&src, 1 << 40 | 5, true)));
    }

    #[test]
    fn rounding_keeps_what_is_exact_or_not_finite() {
        let exact = [0.0f32, -0.0, 1.0, -2.5, f32::INFINITY, f32::NEG_INFINITY];
        for plain in [false, true] {
            let dst = rounded(&Tensor::from_slice(&exact), 3, plain);
            assert_eq!(Vec::<f32>::try_from(dst.to_kind(Kind::Float)).unwrap(), exact);
            let quiet = f32::from_bits(0x7f80_0001);
            let nan = rounded(&Tensor::from_slice(&[f32::NAN, quiet]), 3, plain);
            assert_eq!(nan.isnan().sum(Kind::Int64).int64_value(&[]), 2);
        }
    }

    #[test]
    fn rounding_refuses_other_dtypes() {
        let mut dst = Tensor::zeros([3], CPU);
        assert!(copy_stochastic(&mut dst, &Tensor::zeros([3], CPU), 0).is_err());
    }
}
