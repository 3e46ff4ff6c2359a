use super::fixed::{Fixed, Shares};
use crate::mixing::Mixture;
use crate::mixing::interface::{Cadence, Source, StrategySpec};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Uniform",
    summary: "The same weight for each of the K domains, the paper's simplest baseline.",
    formula: "w_j = 1/K",
    sources: &[Source::Verified("the paper's words")],
    notes: "",
    moves: false,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Fixed(Uniform)),
};

struct Uniform;

impl Shares for Uniform {
    fn shares(&self, detected: &Mixture, _progress: f64) -> Vec<f64> {
        vec![1.0; detected.len()]
    }
}
