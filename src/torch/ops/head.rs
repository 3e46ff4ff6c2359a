use crate::torch::TorchError;
use crate::torch::ffi::{self, one, own, raw};
use tch::Tensor;

/// What the loss is taken of.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'a> {
    /// Last hidden states `[T,d]`, after the last norm.
    pub hidden: &'a Tensor,
    /// Weight of the head `[V,d]`.
    pub weight: &'a Tensor,
    /// Token to predict `[T]`, i64; −100 where nothing is counted. On the CPU it saves a wait for
    /// the GPU.
    pub labels: &'a Tensor,
    /// Domain `[T]` of each token, i64, below `domain_count`, on the labels' device.
    pub domains: &'a Tensor,
    /// Number of domains.
    pub domain_count: i64,
    /// Most tokens whose logits exist at one time.
    pub chunk: i64,
}

/// Loss and its gradients, outside the graph: returns the sum of the token losses per domain
/// (`[domain_count]`, f64, nats, on the device) and the gradient of hidden (`[T,d]`, for
/// [`crate::torch::backward`]), and adds the gradient of the weight to `weight_grad` (`[V,d]`, of
/// any float dtype). Both gradients are those of `scale` times the sum of all losses.
///
/// # Errors
/// Shapes that do not fit, a label outside the vocabulary, lack of memory.
pub fn cross_entropy(
    of: &CrossEntropy<'_>,
    weight_grad: &mut Tensor,
    scale: f64,
) -> Result<(Tensor, Tensor), TorchError> {
    let mut hidden_grad = std::ptr::null_mut();
    let sums = one(|sums| call(of, sums, &mut hidden_grad, raw(weight_grad), scale))?;
    Ok((sums, own(hidden_grad)?))
}

/// Only the sums of [`cross_entropy`].
///
/// # Errors
/// As there.
pub fn cross_entropy_sums(of: &CrossEntropy<'_>) -> Result<Tensor, TorchError> {
    one(|sums| call(of, sums, &mut std::ptr::null_mut(), std::ptr::null_mut(), 1.0))
}

fn call(
    of: &CrossEntropy<'_>,
    sums: *mut ffi::Raw,
    hidden_grad: &mut ffi::Raw,
    weight_grad: ffi::Raw,
    scale: f64,
) -> *mut std::ffi::c_char {
    // SAFETY: see the module `ffi`; both places for results live until the call returns.
    unsafe {
        ffi::vt_cross_entropy(
            sums,
            hidden_grad,
            raw(of.hidden),
            raw(of.weight),
            weight_grad,
            raw(of.labels),
            raw(of.domains),
            of.domain_count,
            scale,
            of.chunk,
        )
    }
}
