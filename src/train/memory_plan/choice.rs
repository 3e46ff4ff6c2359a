//! What can be chosen to make a run fit, and what would.

use super::{MemoryNeeds, MemoryPlan, PlannedDevice};
use crate::config::Precision;
use crate::train::error::TrainError;
use crate::unit::Tokens;
use serde::Serialize;

/// What decides a run's memory and its speed, and changes no formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryChoice {
    /// Number formats.
    pub precision: Precision,
    /// Whether activations are computed again in the backward.
    pub recompute: bool,
    /// Most tokens of a micro-batch.
    pub micro_batch: Tokens,
}

/// Fewest tokens of a micro-batch that is proposed.
const LEAST: u64 = 256;

impl MemoryNeeds {
    /// The choice nearest to another that fits the device: first the same with a smaller micro-batch or
    /// recomputation, then in fewer bytes a number; `None` where nothing fits.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn nearest(
        &self,
        device: &PlannedDevice,
        wanted: MemoryChoice,
    ) -> Result<Option<MemoryPlan>, TrainError> {
        let precisions = [wanted.precision, Precision::PureBf16];
        let fewer = wanted.precision != Precision::PureBf16;
        for precision in &precisions[..if fewer { 2 } else { 1 }] {
            for choice in self.with_less(MemoryChoice { precision: *precision, ..wanted }) {
                let plan = self.plan(device, choice)?;
                if plan.fits() {
                    return Ok(Some(plan));
                }
                // A smaller micro-batch frees nothing of the states.
                if plan.weights + plan.gradients + plan.moments > plan.capacity {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// A choice and what takes less: half the micro-batch as long as it is large, recomputation, then smaller
    /// ones still. Recomputation costs a third of a step, a micro-batch of 2,048 tokens little.
    fn with_less(&self, choice: MemoryChoice) -> Vec<MemoryChoice> {
        let step = Tokens((self.step_tokens as u64).max(LEAST));
        let first = choice.micro_batch.min(step);
        let halves = std::iter::successors(Some(first), |tokens| {
            (tokens.0 > LEAST).then_some(Tokens((tokens.0 / 2).max(LEAST)))
        });
        let (large, small): (Vec<Tokens>, Vec<Tokens>) =
            halves.partition(|tokens| tokens.0 >= 2048 || *tokens == first);
        let with = |recompute: bool, sizes: &[Tokens]| {
            let each = |micro_batch: &Tokens| MemoryChoice {
                micro_batch: *micro_batch,
                recompute,
                ..choice
            };
            sizes.iter().map(each).collect::<Vec<_>>()
        };
        let kept = if choice.recompute { Vec::new() } else { with(false, &large) };
        [kept, with(true, &large), with(true, &small)].concat()
    }
}
