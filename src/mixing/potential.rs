//! The paper's two quantities, γ and φ, and the average of held-out losses that they are taken of.

/// γ_j = max{(ℓ_j − r_j)/ℓ_j, 0}: learnable potential, Eq. 2 of the paper `[V]` (checked against the
/// authors' pipeline figure). Losses in nats, `loss` > 0; the result is in 0..=1.
pub fn learnable_potential(loss: f64, reference_loss: f64) -> f64 {
    excess(loss - reference_loss, loss)
}

/// φ_j(t) = max{(ℓ_j(t) − ℓ_j(t−1))/ℓ_j(t−1), 0}: forgetting degree, Eq. 3 of the paper `[V]` (checked
/// against the authors' pipeline figure). Losses in nats, `previous_loss` > 0; the result is finite
/// and ≥ 0.
pub fn forgetting(loss: f64, previous_loss: f64) -> f64 {
    excess(loss - previous_loss, previous_loss)
}

/// Whether a measured loss, nats, can be used: it is finite and positive.
pub fn is_usable(loss: f64) -> bool {
    loss.is_finite() && loss > 0.0
}

/// The average of held-out losses after `now` was measured; `smoothing` (0..1) is the weight of the
/// past. A loss that cannot be used keeps the last good one. Ours: the paper smooths nothing.
pub fn averaged_loss(past: f64, now: f64, smoothing: f64) -> f64 {
    if is_usable(now) { smoothing * past + (1.0 - smoothing) * now } else { past }
}

/// max(`difference`/`base`, 0), kept finite where the base is next to nothing.
fn excess(difference: f64, base: f64) -> f64 {
    if difference > 0.0 { (difference / base).clamp(0.0, f64::MAX) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn potential_and_forgetting_are_relative_and_never_negative() {
        // (2.0 − 1.5)/2.0 = 0.25; below its reference a domain has nothing left to learn.
        assert_eq!(learnable_potential(2.0, 1.5), 0.25);
        assert_eq!(learnable_potential(1.5, 2.0), 0.0);
        // (2.5 − 2.0)/2.0 = 0.25; a loss that falls forgets nothing.
        assert_eq!(forgetting(2.5, 2.0), 0.25);
        assert_eq!(forgetting(2.0, 2.5), 0.0);
    }

    #[test]
    fn both_are_finite_where_the_loss_is_next_to_nothing() {
        assert_eq!(forgetting(1e10, 1e-300), f64::MAX);
        assert_eq!(learnable_potential(0.0, 0.0), 0.0);
    }
}
