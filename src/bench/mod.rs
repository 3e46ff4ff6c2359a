//! `versatune bench`: training steps of a named shape or a model folder, timed.

mod shape;

pub use shape::Shape;

use crate::config::{Adam, DeviceChoice, Precision};
use crate::data::Sample;
use crate::model::{Model, RowOptions};
use crate::torch;
use crate::train::{StepOptions, TrainError, Trainer};
use crate::unit::{Bytes, DomainId, Step, Tokens};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to time.
#[derive(Clone, Debug)]
pub struct BenchPlan {
    /// Folder with `config.json`; weights are random.
    pub folder: PathBuf,
    /// Number formats.
    pub precision: Precision,
    /// Device.
    pub device: DeviceChoice,
    /// CPU threads.
    pub threads: Option<usize>,
    /// Recompute activations.
    pub recompute: bool,
    /// The samples of a step.
    pub workload: Workload,
    /// Tokens of a micro-batch.
    pub micro_batch: Tokens,
    /// Steps that are timed, after `warmup` that are not.
    pub steps: u64,
    /// Steps before the clock starts.
    pub warmup: u64,
}

/// The samples of a step.
#[derive(Clone, Debug)]
pub enum Workload {
    /// `rows` samples of `length` random tokens, every token counted by the loss.
    Fixed {
        /// Samples.
        rows: usize,
        /// Tokens each.
        length: usize,
    },
    /// Token ids by row, `batch` of them a step, in order, every token counted.
    Rows {
        /// The rows.
        rows: Vec<Vec<u32>>,
        /// Samples of a step.
        batch: usize,
    },
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
    /// Share of the device's peak, where that is known.
    pub mfu: Option<f64>,
    /// Peak memory: the allocator's on CUDA, the process's on CPU.
    pub peak_memory_bytes: u64,
    /// Seconds of a mean step.
    pub step_secs: f64,
    /// Loss of the last step, nats per token.
    pub loss: f64,
}

/// Times it.
pub fn bench(plan: &BenchPlan) -> Result<BenchResult, TrainError> {
    let (device, info) = torch::choose(plan.device, plan.threads)?;
    let model = Model::random(&plan.folder, SEED, device, plan.precision)?;
    let parameters = model.parameter_count();
    let vocabulary = model.architecture().vocabulary as u32;
    let options = RowOptions { recompute: plan.recompute, loss_chunk: LOSS_CHUNK };
    let mut trainer =
        Trainer::new(model, ADAM, plan.precision, SEED, plan.micro_batch, options, 1)?;

    let mut timed = Vec::new();
    let mut loss = f64::NAN;
    for step in 0..plan.warmup + plan.steps {
        let samples = plan.workload.samples(step, vocabulary);
        torch::synchronize(device)?;
        let begun = Instant::now();
        let result = trainer
            .step(&samples, StepOptions { step: Step(step + 1), lr: 1e-4, clip: Some(1.0) })?;
        torch::synchronize(device)?;
        if step >= plan.warmup {
            timed.push((begun.elapsed().as_secs_f64(), result.tokens.0 as f64, result.flops));
        }
        loss = result.loss();
    }
    let secs: f64 = timed.iter().map(|(secs, ..)| secs).sum();
    let tokens: f64 = timed.iter().map(|(_, tokens, _)| tokens).sum();
    let flops: f64 = timed.iter().map(|(.., flops)| flops).sum();
    Ok(BenchResult {
        device: format!("{} ({})", info.name, info.model),
        parameters,
        tokens_per_s: tokens / secs,
        mfu: info.peak_flops.map(|peak| flops / secs / peak),
        peak_memory_bytes: torch::memory_peak(device).unwrap_or(Bytes(0)).0,
        step_secs: secs / timed.len().max(1) as f64,
        loss,
    })
}

impl Workload {
    fn samples(&self, step: u64, vocabulary: u32) -> Vec<Sample> {
        match self {
            Workload::Fixed { rows, length } => {
                let mut random = ChaCha8Rng::seed_from_u64(step);
                let mut row = || (0..*length).map(|_| random.next_u32() % vocabulary).collect();
                (0..*rows).map(|_| counted(row())).collect()
            }
            Workload::Rows { rows, batch } => {
                let begin = step as usize * batch;
                (begin..begin + batch).map(|i| counted(rows[i % rows.len()].clone())).collect()
            }
        }
    }
}

fn counted(tokens: Vec<u32>) -> Sample {
    let mut answer = vec![true; tokens.len()];
    answer[0] = false;
    Sample { domain: DomainId(0), tokens, answer }
}

/// Reads token rows: a JSON array of ids on each line.
pub fn read_rows(path: &Path) -> Result<Vec<Vec<u32>>, TrainError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| TrainError::io("read", path, error))?;
    let rows = text
        .lines()
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_str(line)
                .map_err(|error| TrainError::stored(path, format!("line {}: {error}", index + 1)))
        })
        .collect::<Result<Vec<Vec<u32>>, _>>()?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.len() > 1).collect();
    if rows.is_empty() {
        return Err(TrainError::stored(path, "it has no row of two tokens or more"));
    }
    Ok(rows)
}

const SEED: u64 = 1;
const LOSS_CHUNK: usize = 1024;
const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
