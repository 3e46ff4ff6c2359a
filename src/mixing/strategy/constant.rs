use crate::mixing::Mixture;

/// `Constant`, the paper's knowledge consistency without adaptation (Eq. 1 `[R]`): w(0), the
/// detected distribution, for good.
pub(super) fn shares(detected: &Mixture) -> Vec<f64> {
    detected.as_slice().to_vec()
}
