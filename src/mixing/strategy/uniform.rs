use crate::mixing::Mixture;

/// `Uniform`, the paper's simplest baseline `[V]` (said in words): 1/K each.
pub(super) fn shares(detected: &Mixture) -> Vec<f64> {
    vec![1.0; detected.len()]
}
