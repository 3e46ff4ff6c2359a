//! `versatune check`: the time and memory of a run, before it is started.

use super::error::TrainError;
use super::events::EventSink;
use super::examples::{draw_examples, train_counts};
use super::interrupt::{Break, Supervisor};
use super::objective::StepObjective;
use super::prepare::{Prepared, prepare_data};
use super::trainer::StepOptions;
use crate::config::{Precision, RunPlan};
use crate::data::{DataError, Sampler};
use crate::mixing::Mixture;
use crate::sandbox::Isolation;
use crate::telemetry::{DataSummary, DeviceInfo};
use crate::unit::Step;
use serde::Serialize;
use std::time::Instant;

/// What a run will take, from what was loaded and one step that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct PreflightReport {
    /// The device that the run would compute on.
    pub device: DeviceInfo,
    /// Family of the model.
    pub family: String,
    /// Number of the model's parameters, tied ones once.
    pub parameters: u64,
    /// Rows and tokens of each domain.
    pub domains: Vec<DataSummary>,
    /// What is to be said about the data, as sentences.
    pub notices: Vec<String>,
    /// Optimizer steps.
    pub steps: u64,
    /// Tokens that will go through the model, from the mean length of drawn examples.
    pub tokens: u64,
    /// Weights, gradients, moments, and the activations of one micro-batch; an estimate.
    pub memory_bytes: u64,
    /// Seconds of all steps, from one that was tried: no evaluation, no checkpoint, no reference
    /// tuning.
    pub secs: f64,
}

/// Loads device, data and model, tries a step with a learning rate of 0, and extrapolates. Nothing is
/// written but the token cache; `events` gets what a run would report while it loads.
///
/// # Errors
/// Errors that would also end the run before its first step.
pub fn preflight(
    plan: &RunPlan,
    isolation: &Isolation,
    events: EventSink,
) -> Result<PreflightReport, TrainError> {
    load_and_try(plan, isolation, events).map_err(|broken| match broken {
        Break::Error(error) => error,
        Break::Halt(_) => DataError::Stopped.into(),
    })
}

/// The supervisor of work that gets no requests.
pub(super) struct Unattended {
    pub events: EventSink,
}

impl Supervisor for Unattended {
    fn events(&mut self) -> &mut EventSink {
        &mut self.events
    }

    fn attend(&mut self) -> Result<(), Break> {
        Ok(())
    }

    fn is_urgent(&mut self) -> bool {
        false
    }
}

fn load_and_try(
    plan: &RunPlan,
    isolation: &Isolation,
    events: EventSink,
) -> Result<PreflightReport, Break> {
    let mut supervisor = Unattended { events };
    let data = prepare_data(plan, isolation, &mut supervisor)?;
    data.require_movement(plan)?;
    let (device, precision) = (data.device_info.clone(), data.precision);
    let measuring = data.measuring(plan, &Mixture::uniform(plan.data.domains.len()));
    let mut prepared = data.load_model(plan, Some(measuring.rows), &mut supervisor)?;
    let tried = try_steps(plan, &mut prepared)?;
    let steps = prepared.total_steps;
    Ok(PreflightReport {
        device,
        family: prepared.trainer.model.architecture().family.to_string(),
        parameters: prepared.trainer.model.parameter_count(),
        domains: prepared.corpus.summaries().to_vec(),
        notices: prepared.corpus.notices().iter().map(|notice| notice.text.clone()).collect(),
        steps,
        tokens: (tried.tokens_per_step * steps as f64) as u64,
        memory_bytes: memory_bytes(plan, precision, &prepared, tried.tokens_per_step),
        secs: tried.secs_per_step * steps as f64,
    })
}

struct Tried {
    tokens_per_step: f64,
    secs_per_step: f64,
}

/// Batches that are drawn to learn the mean length of an example.
const PROBES: usize = 8;

fn try_steps(plan: &RunPlan, prepared: &mut Prepared) -> Result<Tried, TrainError> {
    let mut sampler = Sampler::new(plan.seed, train_counts(&prepared.corpus));
    let mixture = Mixture::uniform(plan.data.domains.len());
    let mut batch =
        || draw_examples(&prepared.corpus, &mut sampler, &mixture, plan.training.batch_samples);
    let mut tokens = 0usize;
    for _ in 0..PROBES {
        tokens += batch()?.iter().map(|example| example.tokens.len()).sum::<usize>();
    }
    let examples = batch()?;
    let objective = StepObjective::new(plan.training.objective, mixture.as_slice());
    let options = StepOptions { step: Step(1), lr: 0.0, clip: None, objective };
    // The first step also pays for memory that later ones reuse; the second is what a run costs.
    prepared.trainer.step(&examples, options)?;
    let begun = Instant::now();
    prepared.trainer.step(&examples, options)?;
    let secs_per_step = begun.elapsed().as_secs_f64();
    Ok(Tried { tokens_per_step: tokens as f64 / PROBES as f64, secs_per_step })
}

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
