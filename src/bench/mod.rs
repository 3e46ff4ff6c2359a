//! `versatune bench`: training steps, generated texts or a checkpoint of a named shape or a model folder, timed,
//! and a device's numerics checked against f32 on the CPU.

mod check;
mod generation;
mod parts;
mod rate;
mod saving;
mod shape;
mod traced;
mod workload;

pub use check::{Difference, Numerics, check};
pub use generation::{GenerationPlan, GenerationResult, generation};
pub use parts::Parts;
pub use rate::{Rate, rate};
pub use saving::{SavePlan, SaveResult, SaveTime, saving};
pub use shape::Shape;
pub use traced::{Part, TracedPlan, TracedStep, traced};
pub use workload::{Workload, read_rows};

use crate::config::{Adam, DeviceChoice, Precision};
use crate::model::{Architecture, Model, PassOptions, Recompute};
use crate::torch::{self, Chosen, DeviceInfo};
use crate::train::{Budgets, StepObjective, StepOptions, TrainError, Trainer, TrainerOptions};
use crate::train::{MemoryChoice, MemoryNeeds, PlannedDevice};
use crate::unit::{Bytes, Step, Tokens};
use parts::timed_parts;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::Device;

/// What to time.
#[derive(Clone, Debug)]
pub struct BenchPlan {
    /// Folder with `config.json`, and weights unless they are to be random.
    pub folder: PathBuf,
    /// Number formats.
    pub precision: Precision,
    /// Device.
    pub device: DeviceChoice,
    /// CPU threads.
    pub threads: Option<usize>,
    /// What is computed again in the backward pass.
    pub recompute: Recompute,
    /// The examples of a step.
    pub workload: Workload,
    /// Tokens of a micro-batch.
    pub micro_batch: Tokens,
    /// Learning rate.
    pub lr: f64,
    /// Steps that are timed, after `warmup` that are not.
    pub steps: u64,
    /// Steps before the clock starts.
    pub warmup: u64,
    /// Whether one step more is timed by its parts.
    pub parts: bool,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct BenchResult {
    /// Device and its model.
    pub device: String,
    /// Parameters, tied ones once.
    pub parameters: u64,
    /// Tokens through the model per second, over all timed steps.
    pub tokens_per_s: f64,
    /// The same: nothing is padded here.
    pub useful_tokens_per_s: f64,
    /// Share of the device's peak, where that is known.
    pub mfu: Option<f64>,
    /// Peak memory: the allocator's on CUDA, the process's on CPU.
    pub peak_memory_bytes: u64,
    /// Seconds of a mean step.
    pub step_secs: f64,
    /// Loss of the first step, nats per token that is counted.
    pub first_loss: f64,
    /// Loss of the last step.
    pub last_loss: f64,
    /// Peak memory that was planned before anything was allocated.
    pub planned_memory_bytes: u64,
    /// Times that the micro-batch was halved because memory ran out.
    pub halved: u64,
    /// A step by its parts, where they were asked for.
    pub parts: Option<Parts>,
}

/// Times it.
pub fn bench(plan: &BenchPlan) -> Result<BenchResult, TrainError> {
    let Chosen { device, info, .. } = torch::choose(plan.device, plan.threads)?;
    let mut trainer = trainer(plan, device)?;
    let parameters = trainer.model.parameter_count();
    let vocabulary = trainer.model.architecture().vocabulary as u32;
    let planned = planned(plan, &info, trainer.model.architecture())?;

    let (mut secs, mut tokens, mut flops) = (0.0, 0.0, 0.0);
    let mut losses = Vec::new();
    for step in 0..plan.warmup + plan.steps {
        let examples = plan.workload.examples(step, vocabulary);
        torch::synchronize(device)?;
        let begun = Instant::now();
        let (lr, objective) = (plan.lr, StepObjective::Tokens);
        let options = StepOptions { step: Step(step + 1), lr, clip: Some(1.0), objective };
        let result = trainer.step(&examples, options)?;
        torch::synchronize(device)?;
        if step >= plan.warmup {
            secs += begun.elapsed().as_secs_f64();
            tokens += result.tokens.0 as f64;
            flops += result.flops;
        }
        losses.push(result.loss());
    }
    let last = plan.warmup + plan.steps;
    let parts = match plan.parts {
        true => {
            let examples = plan.workload.examples(last, vocabulary);
            Some(timed_parts(&mut trainer, &examples, Step(last + 1), plan.lr)?)
        }
        false => None,
    };
    Ok(BenchResult {
        device: format!("{} ({})", info.name, info.model),
        parameters,
        tokens_per_s: tokens / secs,
        useful_tokens_per_s: tokens / secs,
        mfu: info.peak_flops.map(|peak| flops / secs / peak),
        peak_memory_bytes: torch::memory_peak(device).unwrap_or(Bytes(0)).0,
        step_secs: secs / plan.steps.max(1) as f64,
        first_loss: losses.first().copied().unwrap_or(f64::NAN),
        last_loss: losses.last().copied().unwrap_or(f64::NAN),
        planned_memory_bytes: planned,
        halved: trainer.take_budget_reductions().len() as u64,
        parts,
    })
}

/// The model with an optimizer, as the plan has it.
fn trainer(plan: &BenchPlan, device: Device) -> Result<Trainer, TrainError> {
    let model = load(&plan.folder, device, plan.precision)?;
    let options = TrainerOptions {
        adam: ADAM,
        moments: plan.precision.moments(),
        seed: SEED,
        budgets: Budgets { training: plan.micro_batch, evaluation: plan.micro_batch },
        pass_options: PassOptions { recompute: plan.recompute, loss_chunk: LOSS_CHUNK },
        domains: 1,
    };
    Trainer::new(model, options)
}

/// Bytes that the steps were planned to take.
fn planned(
    plan: &BenchPlan,
    info: &DeviceInfo,
    architecture: &Architecture,
) -> Result<u64, TrainError> {
    let (sequence_length, step_tokens) = plan.workload.most_tokens();
    let needs = MemoryNeeds {
        architecture: architecture.clone(),
        reference: None,
        sequence_length,
        step_tokens,
        evaluation_tokens: Some(2),
        loss_chunk: LOSS_CHUNK,
        moments: None,
        domains: 1,
        sums_gradients: false,
    };
    let choice = MemoryChoice {
        precision: plan.precision,
        recompute: plan.recompute,
        micro_batch: plan.micro_batch,
    };
    Ok(needs.plan(&PlannedDevice::of(info), choice)?.total)
}

/// The folder's weights, or random ones where it has none.
fn load(folder: &Path, device: Device, precision: Precision) -> Result<Model, TrainError> {
    let has_weights = ["model.safetensors", "model.safetensors.index.json"]
        .iter()
        .any(|file| folder.join(file).exists());
    Ok(match has_weights {
        true => Model::open(folder, device, precision)?,
        false => Model::random(folder, SEED, device, precision)?,
    })
}

const SEED: u64 = 1;
const LOSS_CHUNK: usize = 1024;
const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
