use crate::mixing::Mixture;
use crate::unit::DomainId;

/// `Only`, the paper's "100 % specific domain" baseline `[V]` (said in words): one domain has
/// everything. A floor leaves it 1 − (K−1)·floor.
pub(super) fn shares(detected: &Mixture, domain: DomainId) -> Vec<f64> {
    (0..detected.len()).map(|j| if j == domain.0 { 1.0 } else { 0.0 }).collect()
}
