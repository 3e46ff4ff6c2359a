//! A step counted on shapes alone, as on a GPU: how long it would take at rates that are assumed. It shows what a
//! change of the code is worth where there is no GPU, and nothing about a GPU.

use super::{ADAM, LOSS_CHUNK};
use crate::config::{Precision, Recompute};
use crate::model::{Architecture, Model, PassOptions};
use crate::torch::{OperatorCount, Trace, TracedDevice, count_operators, optim};
use crate::train::{MemoryNeeds, Optimizer, TrainError};
use crate::unit::Step;
use serde::Serialize;
use std::path::PathBuf;

/// What to count.
#[derive(Clone, Debug)]
pub struct TracedPlan {
    /// Folder with the model's `config.json`.
    pub folder: PathBuf,
    /// Number formats.
    pub precision: Precision,
    /// What is computed again in the backward pass.
    pub recompute: Recompute,
    /// Tokens of a document.
    pub length: usize,
    /// Tokens of a step.
    pub tokens: usize,
    /// Tokens of a micro-batch.
    pub micro_batch: usize,
}

/// A step as it was counted.
#[derive(Clone, Debug, Serialize)]
pub struct TracedStep {
    /// The GPU.
    pub device: &'static str,
    /// The rates, in words.
    pub assumed: String,
    /// Its parts; they add up to the step.
    pub parts: Vec<Part>,
    /// Tokens of a step by its seconds.
    pub tokens_per_s: f64,
    /// The FLOP that the model needs, recomputation not counted, by the GPU's peak.
    pub mfu: f64,
    /// Copies from the host for a micro-batch.
    pub uploads: u64,
    /// Every operator of a micro-batch, then those of the optimizer.
    pub operators: Vec<OperatorCount>,
}

/// Kernels of one kind in a step.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// What they do.
    pub name: &'static str,
    /// Their number.
    pub kernels: u64,
    /// What they compute, where they are products or attention.
    pub flops: f64,
    /// What they move.
    pub bytes: f64,
    /// Milliseconds at the assumed rates.
    pub ms: f64,
}

/// What is assumed of a GPU. Nothing of it was measured by this program.
struct Rates {
    device: &'static str,
    capability: (i32, i32),
    /// Dense bf16 peak, FLOP/s.
    peak: f64,
    /// Share of it that products reach.
    products: f64,
    /// FLOP/s of attention forward, and of its deterministic backward.
    attention: (f64, f64),
    /// Bytes/s of everything else.
    bandwidth: f64,
    /// Seconds between two kernels.
    gap: f64,
}

const H100: Rates = Rates {
    device: "H100 SXM",
    capability: (9, 0),
    peak: 989.4e12,
    products: 0.66,
    attention: (350e12, 250e12),
    bandwidth: 2.9e12,
    gap: 1e-6,
};

/// Counts a step.
///
/// # Errors
/// A shape that no step can have.
pub fn traced(plan: &TracedPlan) -> Result<TracedStep, TrainError> {
    let architecture = Architecture::read(&plan.folder)?;
    let (pass, optimizer) = count(plan, &architecture)?;
    let micro_batches = plan.tokens.div_ceil(plan.micro_batch.max(1)) as f64;
    let documents = plan.micro_batch / plan.length.max(1);
    let cu_seqlens: Vec<i64> =
        (0..=documents as i64).map(|document| document * plan.length as i64).collect();
    let targets = (plan.micro_batch - documents) as u64;
    let useful = micro_batches * architecture.flops(&cu_seqlens, targets);
    let attention = micro_batches * architecture.attention_flops(&cu_seqlens);
    let products = Kernels::of(&pass, micro_batches, is_product);
    // Where all is computed again the forward runs twice.
    let forwards = if plan.recompute == Recompute::Full { 2.0 } else { 1.0 };
    let (forward, backward) = (forwards * attention / 3.0, attention * 2.0 / 3.0);
    let attended =
        Kernels { flops: forward + backward, ..Kernels::of(&pass, micro_batches, is_attention) };
    let elementwise = Kernels::of(&pass, micro_batches, is_elementwise);
    let optimizer_step = Kernels { flops: 0.0, ..Kernels::of(&optimizer, 1.0, |_| true) };
    let moved = |kernels: &Kernels| kernels.bytes / H100.bandwidth;
    let parts = vec![
        products.part("products", products.flops / (H100.products * H100.peak)),
        attended.part("attention", forward / H100.attention.0 + backward / H100.attention.1),
        elementwise.part("elementwise", moved(&elementwise)),
        optimizer_step.part("optimizer", moved(&optimizer_step)),
    ];
    let step_secs = parts.iter().map(|part| part.ms).sum::<f64>() / 1e3;
    let uploads =
        pass.iter().find(|count| count.operator == "upload").map_or(0, |count| count.calls);
    Ok(TracedStep {
        device: H100.device,
        assumed: H100.words(),
        parts,
        tokens_per_s: plan.tokens as f64 / step_secs,
        mfu: useful / step_secs / H100.peak,
        uploads,
        operators: [pass, optimizer].concat(),
    })
}

/// Kernels of one kind.
struct Kernels {
    count: u64,
    flops: f64,
    bytes: f64,
}

impl Kernels {
    /// Those that `wanted` picks by their operator, so many times.
    fn of(counts: &[OperatorCount], times: f64, wanted: fn(&str) -> bool) -> Self {
        let none = Kernels { count: 0, flops: 0.0, bytes: 0.0 };
        counts.iter().filter(|count| wanted(&count.operator)).fold(none, |all, count| Kernels {
            count: all.count + (times * count.calls as f64) as u64,
            flops: all.flops + times * count.flops,
            bytes: all.bytes + times * count.bytes,
        })
    }

    /// The part of a step that they are, which takes so many seconds besides the gaps between them.
    fn part(&self, name: &'static str, secs: f64) -> Part {
        let Kernels { count, flops, bytes } = *self;
        let ms = 1e3 * (secs + H100.gap * count as f64);
        Part { name, kernels: count, flops, bytes, ms }
    }
}

fn is_product(operator: &str) -> bool {
    ["aten::mm", "aten::addmm", "aten::addmm_", "aten::bmm", "aten::baddbmm"].contains(&operator)
}

fn is_attention(operator: &str) -> bool {
    operator.contains("flash_attention")
}

fn is_elementwise(operator: &str) -> bool {
    !is_product(operator) && !is_attention(operator) && operator != "upload"
}

/// The operators of a micro-batch, and those that end the step.
fn count(
    plan: &TracedPlan,
    architecture: &Architecture,
) -> Result<(Vec<OperatorCount>, Vec<OperatorCount>), TrainError> {
    let trace = Trace::begin(TracedDevice::Gpu(H100.capability));
    let model = Model::traced(architecture, plan.precision, &trace)?;
    let mut optimizer = Optimizer::new(model.params(), ADAM, plan.precision.moments(), 0)?;
    let options = PassOptions { recompute: plan.recompute, loss_chunk: LOSS_CHUNK };
    let pass_of = |tokens: usize| -> Result<(), TrainError> {
        let sequence = MemoryNeeds::documents_of(plan.length, tokens, 1);
        model.trace_sequence(&sequence, 1, options, &trace)?;
        Ok(())
    };
    // The copies of the weights are made by the first pass of a step.
    pass_of(2)?;
    let pass = count_operators(|| pass_of(plan.micro_batch))?;
    let ending = count_operators(|| -> Result<(), TrainError> {
        let grads = model.grads()?;
        let norm = optim::grad_norm(&grads)?;
        optim::scale_in_place(&grads, &norm)?;
        optimizer.step(model.params(), Step(1), 1e-4)?;
        Ok(())
    })?;
    Ok((pass, ending))
}

impl Rates {
    fn words(&self) -> String {
        format!(
            "products {:.0} % of {:.0} TFLOP/s, attention {:.0} TFLOP/s forward and {:.0} backward, {:.1} TB/s, \
             {:.0} µs between kernels",
            100.0 * self.products,
            self.peak / 1e12,
            self.attention.0 / 1e12,
            self.attention.1 / 1e12,
            self.bandwidth / 1e12,
            1e6 * self.gap
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Shape;

    fn step(shape: Shape, recompute: Recompute) -> TracedStep {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), shape.config_json()).unwrap();
        let folder = folder.path().to_path_buf();
        let precision = Precision::PureBf16;
        let (length, tokens) = (4096, 8 * 4096);
        traced(&TracedPlan { folder, precision, recompute, length, tokens, micro_batch: 4096 })
            .unwrap()
    }

    /// The products that are counted are those of the formula: nothing is missed, nothing is counted twice.
    #[test]
    fn every_product_of_a_step_is_counted_once() {
        for shape in [Shape::Qwen25_7b, Shape::Llama3_8b] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("config.json");
            std::fs::write(&path, shape.config_json()).unwrap();
            let architecture = Architecture::read(folder.path()).unwrap();
            for recompute in [Recompute::None, Recompute::Selective, Recompute::Full] {
                let counted = step(shape, recompute).parts[0].flops;
                let cu_seqlens = [0, 4096];
                // Of a document's tokens all but the first are predicted.
                let needed = architecture.flops(&cu_seqlens, 4095)
                    - architecture.attention_flops(&cu_seqlens)
                    + architecture.repeated_flops(&cu_seqlens, recompute);
                let attention = match recompute {
                    Recompute::Full => architecture.attention_flops(&cu_seqlens) / 3.0,
                    _ => 0.0,
                };
                let ratio = counted / 8.0 / (needed - attention);
                assert!((ratio - 1.0).abs() < 1e-3, "{shape:?} {recompute:?}: {ratio}");
            }
        }
    }
}
