//! The packed sequences of a run's first step, for people to look at.

use super::error::TrainError;
use super::events::EventSink;
use super::examples::{domain_names, draw_examples, train_counts};
use super::interrupt::Break;
use super::preflight::{Unattended, first_mixture};
use super::prepare::{fit, prepare_data, take_device};
use crate::config::RunPlan;
use crate::data::{Batch, DataError, Decoder, Sampler, SequenceView};
use crate::mixing::Mixture;
use crate::sandbox::Isolation;

/// Said where w(0) is not known before the run.
const NOT_KNOWN: &str = "w(0) is measured in the run; here every domain has the same weight";

/// The micro-batches of a run's first step.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstStep {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// The packed sequences, in the order in which they go through the model.
    pub sequences: Vec<SequenceView>,
    /// Most tokens of a sequence.
    pub capacity: usize,
    /// What is not as in the run.
    pub notice: Option<String>,
}

/// Draws and packs what the first step of a run trains on. Where w(0) is still to be measured, all
/// domains have equal weights, with a notice. Nothing is written but the token cache.
///
/// # Errors
/// Device, model, tokenizer, template or a data file cannot be used.
pub fn first_step(plan: &RunPlan, isolation: &Isolation) -> Result<FirstStep, TrainError> {
    drawn(plan, isolation).map_err(Break::into_error)
}

fn drawn(plan: &RunPlan, isolation: &Isolation) -> Result<FirstStep, Break> {
    let mut supervisor = Unattended { events: EventSink::discarding() };
    let chosen = take_device(plan, &mut supervisor)?;
    let mut plan = plan.clone();
    fit(&mut plan, &chosen.info, &mut supervisor)?;
    let plan = &plan;
    let data = prepare_data(plan, chosen, None, isolation, &mut supervisor)?;
    let domains = domain_names(plan);
    let known = first_mixture(plan)?;
    let notice = known.is_none().then(|| NOT_KNOWN.to_owned());
    let mixture = known.unwrap_or(Mixture::uniform(domains.len()));
    let mut sampler = Sampler::new(plan.seed, train_counts(&data.corpus));
    let training = &plan.training;
    let examples = draw_examples(&data.corpus, &mut sampler, &mixture, training.batch_samples)?;
    let capacity = training.micro_batch.0 as usize;
    let batch = Batch::assemble(&examples, capacity, domains.len());
    let decoder = Decoder::open(data.model_folder()).map_err(TrainError::from)?;
    let views = batch.sequences.iter().map(|sequence| SequenceView::new(sequence, &decoder));
    let sequences = views.collect::<Result<_, DataError>>().map_err(TrainError::from)?;
    Ok(FirstStep { domains, sequences, capacity, notice })
}
