use crate::torch::TorchError;
use crate::torch::ffi::{self, check, one, raw};
use tch::Tensor;

/// What a matmul does with what its result's memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Overwrites it.
    Over,
    /// Adds to it.
    Add,
}

/// a · b, `[m,k]` and `[k,n]` → `[m,n]`; either may be a transposed view.
///
/// # Errors
/// Shapes or dtypes that do not fit, lack of memory.
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor, TorchError> {
    count_one();
    // SAFETY: see the module `ffi`.
    one(|out| unsafe { ffi::vt_matmul(out, raw(a), raw(b)) })
}

/// As [`matmul`], into memory that is there: contiguous, of the result's shape. An `out` that is wider
/// than the factors is added to in its own dtype.
///
/// # Errors
/// As [`matmul`].
pub fn matmul_into(
    a: &Tensor,
    b: &Tensor,
    out: &mut Tensor,
    write: Write,
) -> Result<(), TorchError> {
    count_one();
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_matmul_into(raw(out), raw(a), raw(b), write == Write::Add) })
}

/// x · weightᵀ + bias in x's dtype. x `[t,i]`, weight `[o,i]`, bias `[o]` → `[t,o]`.
///
/// # Errors
/// As [`matmul`].
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TorchError> {
    let mut y = matmul(x, &weight.f_to_kind(x.kind())?.f_tr()?)?;
    if let Some(bias) = bias {
        let _ = y.f_add_(&bias.f_to_kind(x.kind())?)?;
    }
    Ok(y)
}

/// Adds the gradient `[o,i]` of a [`linear`]'s weight to `sum`, in its dtype: gradᵀ · x, for the gradient
/// `[t,o]` of its result.
///
/// # Errors
/// As [`matmul`].
pub fn add_weight_grad(grad: &Tensor, x: &Tensor, sum: &mut Tensor) -> Result<(), TorchError> {
    matmul_into(&grad.f_tr()?, x, sum, Write::Add)
}

/// Gradient `[o]` of a [`linear`]'s bias, in the bias's dtype: the sum over tokens.
///
/// # Errors
/// Lack of memory.
pub fn bias_grad(grad: &Tensor, bias: &Tensor) -> Result<Tensor, TorchError> {
    Ok(grad.f_sum_dim_intlist(&[0][..], false, bias.kind())?)
}

#[cfg(test)]
thread_local! {
    static COUNT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn count_one() {
    #[cfg(test)]
    COUNT.with(|count| count.set(count.get() + 1));
}

/// Matmuls that this thread has computed, for tests of what is left out.
#[cfg(test)]
pub(crate) fn count() -> usize {
    COUNT.with(std::cell::Cell::get)
}
