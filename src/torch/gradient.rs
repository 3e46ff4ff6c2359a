use super::TorchError;
use super::ffi::{check, raw, raw_or_null, vt_set_grad};
use tch::Tensor;

/// Sets `.grad()` of a leaf, for gradients that are not autograd's; `None` takes it away.
///
/// # Errors
/// A gradient of another shape, kind or device than the leaf's, or a leaf that needs none.
pub fn set_grad(leaf: &Tensor, grad: Option<&Tensor>) -> Result<(), TorchError> {
    if let Some(grad) = grad {
        let like = |t: &Tensor| (t.size(), t.kind(), t.device());
        if !leaf.requires_grad() || like(leaf) != like(grad) {
            return Err(TorchError::Failed(format!(
                "set_grad: {:?} is no gradient of {:?}, which requires one: {}",
                like(grad),
                like(leaf),
                leaf.requires_grad()
            )));
        }
    }
    // SAFETY: see the module `ffi`.
    check(unsafe { vt_set_grad(raw(leaf), raw_or_null(grad)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_has_the_gradient_that_it_was_given() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]).set_requires_grad(true);
        let grad = Tensor::from_slice(&[3.0f32, 4.0]);
        set_grad(&x, Some(&grad)).unwrap();
        assert_eq!(x.grad(), grad);
        assert_eq!(x.grad().data_ptr(), grad.data_ptr());
        set_grad(&x, None).unwrap();
        assert!(!x.grad().defined());
    }

    #[test]
    fn a_gradient_that_does_not_fit_is_an_error() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]).set_requires_grad(true);
        assert!(set_grad(&x, Some(&Tensor::from_slice(&[1.0f32; 3]))).is_err());
        assert!(set_grad(&x, Some(&Tensor::from_slice(&[1.0f64; 2]))).is_err());
        assert!(set_grad(&x.detach(), Some(&x.detach())).is_err());
    }
}
