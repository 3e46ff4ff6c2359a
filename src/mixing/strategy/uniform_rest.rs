use crate::mixing::Mixture;
use crate::unit::DomainId;

/// `UniformRest`, a baseline of the paper for expansion `[R]` (in words: a domain is elevated,
/// "the remaining domains receive the balance in an evenly distributed manner"; to what share is
/// not said): w_e = `share`, the others (1 − `share`)/(K−1).
pub(super) fn shares(detected: &Mixture, target: DomainId, share: f64) -> Vec<f64> {
    let others = detected.len().saturating_sub(1).max(1) as f64;
    let even = (1.0 - share) / others;
    (0..detected.len()).map(|j| if j == target.0 { share } else { even }).collect()
}
