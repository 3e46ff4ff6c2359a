//! `versatune check`: the time and memory of a run, before it is started.

mod cost;
mod shares;
mod tried;

pub use cost::{CeilingTime, CheckpointTime, EvaluationTime, RunTime};
pub use shares::FirstWeight;

use crate::config::{Precision, RunPlan};
use crate::mixing::Mixture;
use crate::sandbox::Isolation;
use crate::telemetry::{DataSummary, DeviceInfo, Event};
use crate::train::error::TrainError;
use crate::train::events::EventSink;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::measuring::Measuring;
use crate::train::prepare::{Prepared, prepare_data};
use cost::run_time;
use serde::Serialize;
pub(in crate::train) use shares::first_mixture;
use shares::first_weights;
use std::cell::RefCell;
use std::rc::Rc;
use tried::try_steps;

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
    /// What is to be said about model and data, as sentences.
    pub notices: Vec<String>,
    /// Weights that the run begins with, and what they come to; where the run measures them itself, equal
    /// ones.
    pub weights: Vec<FirstWeight>,
    /// Whether these are the weights that the run begins with.
    pub weights_known: bool,
    /// Optimizer steps.
    pub steps: u64,
    /// Optimizer steps between two mixture updates.
    pub every: u64,
    /// Mixture updates.
    pub updates: u64,
    /// What is measured, and the share of the run's work that it takes.
    pub measuring: Measuring,
    /// What is to be said where that is more than the budget.
    pub over_budget: Option<String>,
    /// Tokens that will go through the model, from the mean length of drawn examples.
    pub tokens: u64,
    /// Weights, gradients, moments, and the activations of one micro-batch; an estimate.
    pub memory_bytes: u64,
    /// Seconds of all that `time` knows; detection and downloads are not in it.
    pub secs: f64,
    /// The same by parts, from small ones that were tried.
    pub time: RunTime,
}

/// Loads device, data and model, tries a step with a learning rate of 0, a few held-out rows and a small
/// file, and extrapolates. Nothing is left on disk but the token cache; `events` gets what a run would
/// report while it loads.
///
/// # Errors
/// Errors that would also end the run before its first step.
pub fn preflight(
    plan: &RunPlan,
    isolation: &Isolation,
    events: EventSink,
) -> Result<PreflightReport, TrainError> {
    let notices = Rc::default();
    let report = load_and_try(plan, isolation, keeping_notices(events, &notices));
    let report = report.map(|report| PreflightReport { notices: notices.take(), ..report });
    report.map_err(Break::into_error)
}

/// The supervisor of work that gets no requests.
pub(in crate::train) struct Unattended {
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

/// A sink that hands every event on to `events`, and keeps the notices among them.
fn keeping_notices(mut events: EventSink, notices: &Rc<RefCell<Vec<String>>>) -> EventSink {
    let notices = notices.clone();
    EventSink::new(move |event| {
        if let Event::Notice { text, .. } = &event {
            notices.borrow_mut().push(text.clone());
        }
        events.emit(event)
    })
}

fn load_and_try(
    plan: &RunPlan,
    isolation: &Isolation,
    events: EventSink,
) -> Result<PreflightReport, Break> {
    let mut supervisor = Unattended { events };
    let data = prepare_data(plan, None, isolation, &mut supervisor)?;
    data.require_movement(plan)?;
    let (device, precision) = (data.device_info.clone(), data.precision);
    let first = first_mixture(plan)?;
    let mixture = first.clone().unwrap_or(Mixture::uniform(plan.data.domains.len()));
    let measuring = data.measuring(plan, plan.evaluation.budget, &mixture);
    let mut prepared = data.load_model(plan, Some(measuring.rows), None, &mut supervisor)?;
    let tried = try_steps(plan, &mut prepared, &mixture)?;
    let time = run_time(plan, &mut prepared, &tried, &measuring)?;
    let steps = prepared.total_steps;
    let every = measuring.every;
    Ok(PreflightReport {
        device,
        family: prepared.trainer.model.architecture().family.to_string(),
        parameters: prepared.trainer.model.parameter_count(),
        domains: prepared.corpus.summaries().to_vec(),
        notices: Vec::new(),
        weights: first_weights(&mixture, prepared.corpus.summaries()),
        weights_known: first.is_some(),
        steps,
        every,
        updates: steps.saturating_sub(1) / every,
        over_budget: measuring.over(plan.evaluation.budget),
        measuring,
        tokens: (tried.tokens_per_step * steps as f64) as u64,
        memory_bytes: memory_bytes(plan, precision, &prepared, tried.tokens_per_step),
        secs: time.total_secs(),
        time,
    })
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
    // A strategy that compares gradients keeps their sum beside each: a fourth tensor more.
    let per_parameter = match plan.mixing.strategy.spec().needs_gradients {
        true => per_parameter + per_parameter / 4,
        false => per_parameter,
    };
    let states = if plan.model.recompute { 1 } else { 14 };
    let architecture = prepared.trainer.model.architecture();
    let (layers, width) = (architecture.layer_count() as u64, architecture.hidden as u64);
    let tokens = plan.training.micro_batch.0.min(tokens_per_step.ceil() as u64);
    prepared.trainer.model.parameter_count() * per_parameter
        + layers * width * tokens * activation * states
}
