//! What a run will take, before it is begun.

use super::desk::Desk;
use super::error::{Break, TrainError};
use super::prepare::{self, Prepared};
use super::reference::draw;
use super::trainer::StepOptions;
use crate::config::{Precision, RunPlan};
use crate::data::Sampler;
use crate::mixing::Mixture;
use crate::telemetry::{DataSummary, DeviceInfo};
use crate::unit::{DomainId, Step};
use serde::Serialize;
use std::time::Instant;

/// What `versatune check` finds out.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The device.
    pub device: DeviceInfo,
    /// Family of the model.
    pub family: String,
    /// Its parameters, tied ones once.
    pub parameters: u64,
    /// The data.
    pub domains: Vec<DataSummary>,
    /// What the user should know of the data.
    pub notices: Vec<String>,
    /// Optimizer steps.
    pub steps: u64,
    /// Tokens that will go through the model, from the mean length of drawn samples.
    pub tokens: u64,
    /// Weights, gradients, moments, and the activations of one micro-batch; an estimate.
    pub memory_bytes: u64,
    /// Seconds of all steps, from one that was tried: no evaluation, no checkpoint, no ceilings.
    pub secs: f64,
}

/// Loads device, data and model, tries one batch with a learning rate of 0, and multiplies out.
pub fn check(plan: &RunPlan, desk: &mut Desk) -> Result<Checked, TrainError> {
    check_phases(plan, desk).map_err(|broken| match broken {
        Break::Error(error) => error,
        Break::Halt(_) => TrainError::Data(crate::data::DataError::Stopped),
    })
}

fn check_phases(plan: &RunPlan, desk: &mut Desk) -> Result<Checked, Break> {
    let ground = prepare::ground(plan, desk)?;
    let (device, precision) = (ground.info.clone(), ground.precision);
    let mut prepared = ground.finish(plan, desk)?;
    let domains = plan.data.domains.len();
    let rows = (0..domains).map(|i| prepared.corpus.train_rows(DomainId(i))).collect();
    let mut sampler = Sampler::new(plan.seed, rows);
    let mixture = Mixture::uniform(domains);

    let mut tokens = 0usize;
    for _ in 0..PROBES {
        let samples = draw(&prepared.corpus, &mut sampler, &mixture, plan.training.batch_samples)?;
        tokens += samples.iter().map(|sample| sample.tokens.len()).sum::<usize>();
    }
    let tokens_per_step = tokens as f64 / PROBES as f64;
    let samples = draw(&prepared.corpus, &mut sampler, &mixture, plan.training.batch_samples)?;
    let options = StepOptions { step: Step(1), lr: 0.0, clip: None };
    // The first step also pays for memory that later ones reuse; the second is what a run costs.
    prepared.trainer.step(&samples, options)?;
    let begun = Instant::now();
    prepared.trainer.step(&samples, options)?;
    let secs_per_step = begun.elapsed().as_secs_f64();

    let steps = prepared.total_steps;
    Ok(Checked {
        device,
        family: prepared.trainer.model.architecture().family.to_string(),
        parameters: prepared.trainer.model.parameter_count(),
        domains: prepared.corpus.summaries().to_vec(),
        notices: prepared.corpus.notices().to_vec(),
        steps,
        tokens: (tokens_per_step * steps as f64) as u64,
        memory_bytes: memory_bytes(plan, precision, &prepared, tokens_per_step),
        secs: secs_per_step * steps as f64,
    })
}

/// Batches that are drawn to learn the mean length of a sample.
const PROBES: usize = 8;

/// Bytes per parameter for weight, gradient and two moments, and the activations that one
/// micro-batch keeps: with recompute one hidden state per layer, without about 14 of its size.
fn memory_bytes(
    plan: &RunPlan,
    precision: Precision,
    prepared: &Prepared,
    tokens_per_step: f64,
) -> u64 {
    let (per_parameter, activation) = match precision {
        Precision::F32 => (16, 4),
        Precision::MixedBf16 => (16, 2),
        Precision::PureBf16 => (8, 2),
    };
    let states = if plan.model.recompute { 1 } else { 14 };
    let architecture = prepared.trainer.model.architecture();
    let (layers, width) = (architecture.layer_count() as u64, architecture.hidden as u64);
    let tokens = plan.training.micro_batch.0.min(tokens_per_step.ceil() as u64);
    prepared.trainer.model.parameter_count() * per_parameter
        + layers * width * tokens * activation * states
}
