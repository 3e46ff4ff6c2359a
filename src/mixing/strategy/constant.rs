use super::fixed::{Fixed, Shares};
use crate::mixing::Mixture;
use crate::mixing::interface::{Cadence, Source, StrategySpec};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Constant",
    summary: "Keeps the detected distribution: knowledge consistency without adaptation.",
    formula: "w_j = w_j(0)",
    sources: &[Source::Reconstructed("Eq. 1 of the paper")],
    notes: "",
    moves: false,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Fixed(Constant)),
};

struct Constant;

impl Shares for Constant {
    fn shares(&self, detected: &Mixture, _progress: f64) -> Vec<f64> {
        detected.as_slice().to_vec()
    }
}
