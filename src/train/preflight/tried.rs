//! An optimizer step that is tried.

use crate::config::RunPlan;
use crate::data::{Example, Sampler};
use crate::mixing::Mixture;
use crate::torch;
use crate::train::error::TrainError;
use crate::train::examples::{draw_examples, train_counts};
use crate::train::objective::StepObjective;
use crate::train::prepare::Prepared;
use crate::train::trainer::StepOptions;
use crate::unit::Step;
use std::time::Instant;

/// What a step takes.
pub(super) struct Tried {
    /// Mean tokens of a step.
    pub tokens_per_step: f64,
    /// Seconds of one that was tried.
    pub secs_per_step: f64,
    /// The same for each of its tokens.
    pub secs_per_token: f64,
}

/// Batches that are drawn to learn the mean length of an example.
const PROBES: usize = 8;

/// Draws a few batches by the mixture and tries a step on one, with a learning rate of 0.
pub(super) fn try_steps(
    plan: &RunPlan,
    prepared: &mut Prepared,
    mixture: &Mixture,
) -> Result<Tried, TrainError> {
    let mut sampler = Sampler::new(plan.seed, train_counts(&prepared.corpus));
    let mut batch =
        || draw_examples(&prepared.corpus, &mut sampler, mixture, plan.training.batch_samples);
    let tokens_of = |examples: &[Example]| {
        examples.iter().map(|example| example.tokens.len()).sum::<usize>() as f64
    };
    let mut tokens = 0.0;
    for _ in 0..PROBES {
        tokens += tokens_of(&batch()?);
    }
    let examples = batch()?;
    let objective = StepObjective::new(plan.training.objective, mixture.as_slice());
    let options = StepOptions { step: Step(1), lr: 0.0, clip: None, objective };
    // The first step also pays for memory that later ones reuse; the second is what a run costs.
    prepared.trainer.step(&examples, options)?;
    torch::synchronize(prepared.trainer.device())?;
    let begun = Instant::now();
    prepared.trainer.step(&examples, options)?;
    torch::synchronize(prepared.trainer.device())?;
    let secs_per_step = begun.elapsed().as_secs_f64();
    let secs_per_token = secs_per_step / tokens_of(&examples).max(1.0);
    Ok(Tried { tokens_per_step: tokens / PROBES as f64, secs_per_step, secs_per_token })
}
