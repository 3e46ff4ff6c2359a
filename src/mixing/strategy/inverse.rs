use crate::mixing::Mixture;

/// `Inverse`, a baseline of the paper: (1 − w_j)/Σ(1 − w_i) of the detected weights `[R]` (the
/// paper says "in an inverse manner" and gives no formula).
pub(super) fn shares(detected: &Mixture) -> Vec<f64> {
    detected.as_slice().iter().map(|w| (1.0 - w).max(0.0)).collect()
}
