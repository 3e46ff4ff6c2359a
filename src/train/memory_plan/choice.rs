//! What can be chosen to make a run fit, and what would.

use super::{MemoryNeeds, MemoryPlan, PlannedDevice};
use crate::config::{Precision, Recompute};
use crate::train::error::TrainError;
use crate::unit::Tokens;
use serde::Serialize;

/// What decides a run's memory and its speed, and changes no formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryChoice {
    /// Number formats.
    pub precision: Precision,
    /// What is computed again in the backward.
    pub recompute: Recompute,
    /// Most tokens of a micro-batch.
    pub micro_batch: Tokens,
}

/// Fewest tokens of a micro-batch that is proposed.
const LEAST: u64 = 256;
/// Tokens from which on a larger micro-batch is little faster.
const LARGE: u64 = 2048;

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
                if plan.states() > plan.capacity {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// A choice and what takes less, what costs least time first: half the micro-batch as long as it is large, more
    /// that is computed again, then smaller micro-batches still.
    fn with_less(&self, choice: MemoryChoice) -> Vec<MemoryChoice> {
        // A micro-batch holds the longest row.
        let least = LEAST.max(self.sequence_length as u64);
        let first = choice.micro_batch.min(Tokens((self.step_tokens as u64).max(least)));
        let halves = std::iter::successors(Some(first), |tokens| {
            (tokens.0 > least).then_some(Tokens((tokens.0 / 2).max(least)))
        });
        let (large, small): (Vec<Tokens>, Vec<Tokens>) =
            halves.partition(|tokens| tokens.0 >= LARGE || *tokens == first);
        let more = match choice.recompute {
            Recompute::Full => &[][..],
            Recompute::Selective => &[Recompute::Full],
            _ => &[Recompute::Selective, Recompute::Full],
        };
        let policies = [&[choice.recompute], more].concat();
        let most = policies.last().copied().into_iter().flat_map(|most| with(choice, most, &small));
        let large = policies.iter().flat_map(|policy| with(choice, *policy, &large));
        large.chain(most.collect::<Vec<_>>()).collect()
    }
}

/// The choice with these micro-batches.
fn with(choice: MemoryChoice, recompute: Recompute, sizes: &[Tokens]) -> Vec<MemoryChoice> {
    sizes.iter().map(|size| MemoryChoice { micro_batch: *size, recompute, ..choice }).collect()
}
