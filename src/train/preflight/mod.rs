//! `versatune check`: the time and memory of a run, before it is started.

mod cost;
mod shares;
mod tried;

pub use cost::{CeilingTime, CheckpointTime, EvaluationTime, RunTime};
pub use shares::FirstWeight;

use crate::config::RunPlan;
use crate::mixing::Mixture;
use crate::sandbox::Isolation;
use crate::telemetry::{DataSummary, DeviceInfo, Event};
use crate::train::error::TrainError;
use crate::train::events::EventSink;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::measuring::Measuring;
use crate::train::memory_plan::{PlannedDevice, PlannedMemory};
use crate::train::prepare::{prepare_data, take_device};
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
    /// The memory of the run by its parts, from shapes alone.
    pub memory: PlannedMemory,
    /// Seconds of all that `time` knows; detection and downloads are not in it.
    pub secs: f64,
    /// The same by parts, from small ones that were tried.
    pub time: RunTime,
}

/// Plans the memory; where that fits, loads device, data and model, tries a step with a learning rate of 0, a few held-out rows and a small
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

/// The memory of a run on a device that need not be here: nothing is allocated, and nothing of the models but
/// their configs is read, or fetched.
///
/// # Errors
/// A model's config cannot be had or used.
pub fn memory_on(
    plan: &RunPlan,
    device: &PlannedDevice,
    events: EventSink,
) -> Result<PlannedMemory, TrainError> {
    PlannedMemory::of(plan, device, &mut Unattended { events }).map_err(Break::into_error)
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
    let chosen = take_device(plan, &mut supervisor)?;
    let memory = PlannedMemory::of(plan, &PlannedDevice::of(&chosen.info), &mut supervisor)?;
    memory.require_fit()?;
    let mut plan = plan.clone();
    memory.decide(&mut plan);
    let plan = &plan;
    let data = prepare_data(plan, chosen, None, isolation, &mut supervisor)?;
    data.require_movement(plan)?;
    let device = data.device_info.clone();
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
        memory,
        secs: time.total_secs(),
        time,
    })
}
