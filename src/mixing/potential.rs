/// γ_j = max{(ℓ_j − r_j)/ℓ_j, 0}: learnable potential, Eq. 2 of the paper (verified against the
/// authors' pipeline figure). Losses in nats, `loss` > 0.
pub fn learnable_potential(loss: f64, reference_loss: f64) -> f64 {
    ((loss - reference_loss) / loss).max(0.0)
}

/// φ_j(t) = max{(ℓ_j(t) − ℓ_j(t−1))/ℓ_j(t−1), 0}: forgetting degree, Eq. 3 of the paper (verified
/// against the authors' pipeline figure). Losses in nats, `previous_loss` > 0.
pub fn forgetting(loss: f64, previous_loss: f64) -> f64 {
    ((loss - previous_loss) / previous_loss).max(0.0)
}
