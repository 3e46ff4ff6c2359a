use super::fixed::{Fixed, Shares};
use crate::mixing::Mixture;
use crate::mixing::interface::{Cadence, Source, StrategySpec};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Inverse",
    summary: "The more of a domain was detected, the less of it is drawn; a baseline of the paper.",
    formula: "w_j = (1 − w_j(0)) / Σ_i (1 − w_i(0))",
    sources: &[Source::Reconstructed(
        "the paper says \"in an inverse manner\" and gives no formula",
    )],
    notes: "",
    moves: false,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Fixed(Inverse)),
};

struct Inverse;

impl Shares for Inverse {
    fn shares(&self, detected: &Mixture, _progress: f64) -> Vec<f64> {
        detected.as_slice().iter().map(|w| (1.0 - w).max(0.0)).collect()
    }
}
