//! How long a step takes with a choice against another: what is the same for all is left out.

use super::{MemoryChoice, MemoryNeeds};
use crate::config::Precision;

/// FLOP in whose time a GPU moves a byte: about 150 on H100, 95 on A100, 100 on RTX 4090, at 60 % of their bf16
/// peaks. An assumption, not measured yet; it decides between choices that are nearly as fast.
const FLOP_OF_A_BYTE: f64 = 150.0;
/// FLOP in whose time the work of a layer is handed to a GPU, forward and backward: 129 launches as traced, 4 µs
/// each, at 60 % of an H100's peak. Smaller work takes as long.
const FLOP_OF_LAUNCHES: f64 = 3e11;

impl MemoryNeeds {
    /// Work of a step with a choice, in FLOP: the products with those that are repeated, the traffic of weights and
    /// gradients with each micro-batch, and that of the optimizer. Comparable among choices of one product rate.
    pub(super) fn work(&self, choice: MemoryChoice) -> f64 {
        let documents = self.step_tokens / self.sequence_length.max(1);
        let cu_seqlens: Vec<i64> =
            (0..=documents as i64).map(|document| document * self.sequence_length as i64).collect();
        let products = self.architecture.flops(&cu_seqlens, self.step_tokens as u64)
            + self.architecture.repeated_flops(&cu_seqlens, choice.recompute);
        let micro_batches = self.step_tokens.div_ceil(choice.micro_batch.0.max(1) as usize) as f64;
        let of_a_byte = self.architecture.parameter_count() as f64 * FLOP_OF_A_BYTE;
        let traffic = Traffic::of(choice.precision);
        let launches = FLOP_OF_LAUNCHES * self.architecture.layer_count() as f64;
        let micro_batch = products / micro_batches + traffic.micro_batch * of_a_byte;
        micro_batches * micro_batch.max(launches) + traffic.step * of_a_byte
    }
}

/// Bytes of a parameter that are moved beside the activations.
struct Traffic {
    /// By the optimizer: weight and moments read and written, the gradient read.
    step: f64,
    /// By a micro-batch: the weight read forward and backward, the gradient read and written.
    micro_batch: f64,
}

impl Traffic {
    fn of(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Traffic { step: 28.0, micro_batch: 16.0 },
            // The optimizer's step with the copy in bf16 that is made after it.
            Precision::MixedBf16 => Traffic { step: 34.0, micro_batch: 12.0 },
            Precision::PureBf16 => Traffic { step: 14.0, micro_batch: 8.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{QWEN, needs};
    use super::*;
    use crate::config::Recompute;
    use crate::unit::Tokens;

    #[test]
    fn recomputation_and_small_micro_batches_cost_and_formats_hardly_do() {
        let needs = MemoryNeeds { step_tokens: 16 * 4096, ..needs(QWEN) };
        let work = |precision, recompute, tokens| {
            needs.work(MemoryChoice { precision, recompute, micro_batch: Tokens(tokens) })
        };
        let pure = work(Precision::PureBf16, Recompute::None, 16_384);
        let against = |other: f64| other / pure;
        // By hand: the forward of the layers without down projections is 22.4 % of all products, gate and up are 16.9 %;
        // bytes are 1.8 % more.
        let full = against(work(Precision::PureBf16, Recompute::Full, 16_384));
        assert!((full - 1.2204).abs() < 1e-3, "{full}");
        let selective = against(work(Precision::PureBf16, Recompute::Selective, 16_384));
        assert!((selective - 1.1664).abs() < 1e-3, "{selective}");
        let half = Recompute::Layers { full: 14, selective: 0 };
        let half = against(work(Precision::PureBf16, half, 16_384));
        assert!((half - 1.0 - (full - 1.0) / 2.0).abs() < 1e-9, "{half} {full}");
        let mixed = against(work(Precision::MixedBf16, Recompute::None, 16_384));
        assert!((1.005..1.03).contains(&mixed), "{mixed}");
        let small = against(work(Precision::PureBf16, Recompute::None, 4096));
        assert!((1.01..1.10).contains(&small), "{small}");
    }
}
