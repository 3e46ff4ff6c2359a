use super::error::TrainError;
use super::objective::{StepObjective, TokenScales, targets};
use super::optimizer::Optimizer;
use crate::config::{Adam, MomentKind, Precision, RunPlan};
use crate::data::{Batch, Example};
use crate::mixing::RowLosses;
use crate::model::{Model, PassOptions};
use crate::telemetry::{NonFinite, Pass};
use crate::torch::{self, optim};
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// A model with its optimizer, which makes an optimizer step of a batch. Commands, record and
/// checkpoints are not its business.
///
/// With several ranks each would have one, and here the replicas' gradients would be summed: after
/// the last micro-batch was accumulated, before the norm.
pub struct Trainer {
    /// The model; its parameters carry gradients between accumulation and step.
    pub model: Model,
    /// AdamW over its parameters.
    pub optimizer: Optimizer,
    /// Most tokens that go through the model at one time.
    pub budgets: Budgets,
    reductions: Vec<BudgetReduction>,
    torn: bool,
    pass_options: PassOptions,
    domains: usize,
}

/// Most tokens that go through the model at one time; halved when the device runs out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budgets {
    /// Of a micro-batch, forward and backward.
    pub training: Tokens,
    /// Of a batch of held-out rows, forward only.
    pub evaluation: Tokens,
}

impl Budgets {
    /// The budgets that the config gives.
    pub fn from_plan(plan: &RunPlan) -> Self {
        Budgets { training: plan.training.micro_batch, evaluation: plan.evaluation.batch }
    }
}

/// A budget that was too large for the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetReduction {
    /// Whether it is the budget of training or of evaluation.
    pub pass: Pass,
    /// Tokens before.
    pub old: Tokens,
    /// Tokens from now on.
    pub new: Tokens,
}

/// What one batch did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepResult {
    /// Sum of the loss per domain, nats.
    pub domain_loss_sum: Vec<f64>,
    /// Target tokens per domain.
    pub domain_tokens: Vec<u64>,
    /// Examples per domain.
    pub domain_examples: Vec<u64>,
    /// Gradient norm before clipping.
    pub grad_norm: f64,
    /// All tokens that went through the model.
    pub tokens: Tokens,
    /// Forward and backward passes.
    pub micro_batches: u64,
    /// Floating-point operations that the model needs for them by its shape, recomputation not
    /// counted.
    pub flops: f64,
    /// What the step minimized, nats, where that is not the token mean; see [`StepObjective`].
    pub objective: Option<f64>,
    /// `None` if the step was taken; otherwise which quantity was not finite.
    pub skipped: Option<NonFinite>,
}

impl StepResult {
    /// Token-mean loss of the batch, nats, whatever was minimized: the sum over domains divided by the
    /// sum of tokens.
    pub fn loss(&self) -> f64 {
        self.domain_loss_sum.iter().sum::<f64>() / self.domain_tokens.iter().sum::<u64>() as f64
    }
}

/// The quantities of an optimizer step that change from step to step.
#[derive(Clone, Copy, Debug)]
pub struct StepOptions<'a> {
    /// The step that this completes, from 1: AdamW's bias correction depends on it.
    pub step: Step,
    /// Learning rate of this step, the schedule applied.
    pub lr: f64,
    /// Largest gradient norm, if any.
    pub clip: Option<f64>,
    /// What it minimizes.
    pub objective: StepObjective<'a>,
}

/// What a trainer needs besides its model.
#[derive(Clone, Copy, Debug)]
pub struct TrainerOptions {
    /// AdamW's constants.
    pub adam: Adam,
    /// What its moments are kept in.
    pub moments: MomentKind,
    /// Keys the stochastic rounding.
    pub seed: u64,
    /// The budgets to begin with.
    pub budgets: Budgets,
    /// How a packed sequence goes through the model.
    pub pass_options: PassOptions,
    /// Number of domains, K: losses are summed for each.
    pub domains: usize,
}

impl TrainerOptions {
    /// What the config gives, for a model in `precision`.
    pub fn from_plan(plan: &RunPlan, precision: Precision) -> Self {
        let (recompute, loss_chunk) = (plan.model.recompute, plan.training.loss_chunk);
        TrainerOptions {
            adam: plan.training.adam,
            moments: plan.training.optimizer_states.unwrap_or(precision.moments()),
            seed: plan.seed,
            budgets: Budgets::from_plan(plan),
            pass_options: PassOptions { recompute, loss_chunk },
            domains: plan.data.domains.len(),
        }
    }
}

impl Trainer {
    /// Puts an optimizer with zero moments beside a model.
    ///
    /// # Errors
    /// The device has too little memory for the moments.
    pub fn new(model: Model, options: TrainerOptions) -> Result<Self, TrainError> {
        let TrainerOptions { adam, moments, seed, budgets, pass_options, domains } = options;
        let optimizer = Optimizer::new(model.params(), adam, moments, seed)?;
        let reductions = Vec::new();
        Ok(Trainer { model, optimizer, budgets, reductions, torn: false, pass_options, domains })
    }

    /// One optimizer step on `examples`. If the device runs out of memory in the forward or backward
    /// pass, the budget is halved and the same examples are tried again, down to the longest example
    /// by itself.
    pub fn step(
        &mut self,
        examples: &[Example],
        options: StepOptions<'_>,
    ) -> Result<StepResult, TrainError> {
        let (batch, losses) = self.within_memory(Pass::Training, examples, |trainer, batch| {
            trainer.accumulate(batch, options.objective)
        })?;
        self.finish_step(&batch, losses, options)
    }

    /// Held-out losses of each domain, row by row in the order of `examples` (all domains may be mixed in
    /// them). `give_up` is called after each sequence; if it returns `true` the result is `None`. Out of
    /// memory as in [`Trainer::step`].
    pub fn evaluate(
        &mut self,
        examples: &[Example],
        give_up: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<RowLosses>>, TrainError> {
        let Some(nats) = self.row_losses(examples, give_up)? else { return Ok(None) };
        let mut losses = vec![RowLosses::default(); self.domains];
        for (example, nats) in examples.iter().zip(nats) {
            losses[example.domain.0].nats.push(nats);
            losses[example.domain.0].tokens.push(example.target_tokens());
        }
        Ok(Some(losses))
    }

    /// Loss of each example, nats, summed over its target tokens; otherwise as [`Trainer::evaluate`].
    pub fn row_losses(
        &mut self,
        examples: &[Example],
        give_up: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<f64>>, TrainError> {
        let (batch, nats) = self.within_memory(Pass::Evaluation, examples, |trainer, batch| {
            trainer.document_losses(batch, give_up)
        })?;
        let Some(nats) = nats else { return Ok(None) };
        let mut by_row: Vec<(usize, f64)> = batch.rows.into_iter().flatten().zip(nats).collect();
        by_row.sort_by_key(|(row, _)| *row);
        Ok(Some(by_row.into_iter().map(|(_, nats)| nats).collect()))
    }

    /// How a packed sequence goes through the model.
    pub fn pass_options(&self) -> PassOptions {
        self.pass_options
    }

    /// The budgets that became smaller since the last call.
    pub fn take_budget_reductions(&mut self) -> Vec<BudgetReduction> {
        std::mem::take(&mut self.reductions)
    }

    /// Does `work` that puts other weights and moments in place.
    pub fn replaced<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, TrainError>,
    ) -> Result<T, TrainError> {
        self.torn = true;
        let done = work(self)?;
        self.torn = false;
        Ok(done)
    }

    /// Whether a change of the parameters failed in its middle: some have moved and others have not.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Does `work` on the examples as a batch; as long as memory runs out, again with half the budget.
    pub(super) fn within_memory<T>(
        &mut self,
        pass: Pass,
        examples: &[Example],
        mut work: impl FnMut(&mut Self, &Batch) -> Result<T, TrainError>,
    ) -> Result<(Batch, T), TrainError> {
        let longest = examples.iter().map(|example| example.tokens.len() as u64).max().unwrap_or(1);
        loop {
            let old = *self.budget(pass);
            let batch = Batch::assemble(examples, old.0 as usize, self.domains);
            match work(self, &batch) {
                Err(error) if error.is_out_of_memory() && old.0 > longest => {
                    let new = Tokens((old.0 / 2).max(longest));
                    *self.budget(pass) = new;
                    self.reductions.push(BudgetReduction { pass, old, new });
                    self.model.zero_grads()?;
                    torch::empty_cache(self.device())?;
                }
                done => return Ok((batch, done?)),
            }
        }
    }

    fn budget(&mut self, pass: Pass) -> &mut Tokens {
        match pass {
            Pass::Training => &mut self.budgets.training,
            Pass::Evaluation => &mut self.budgets.evaluation,
        }
    }

    /// Sums of the losses of every document, nats, in the order of the sequences.
    fn document_losses(
        &self,
        batch: &Batch,
        give_up: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<f64>>, TrainError> {
        let mut sums = Vec::with_capacity(batch.sequences.len());
        for sequence in &batch.sequences {
            let chunk = self.pass_options.loss_chunk;
            let of_sequence = self.model.document_losses(sequence, self.domains, chunk)?;
            sums.push(of_sequence.f_to_kind(Kind::Double)?);
            if give_up() {
                return Ok(None);
            }
        }
        Ok(Some(if sums.is_empty() { Vec::new() } else { read_back(&Tensor::f_cat(&sums, 0)?)? }))
    }

    /// The device that holds the model's parameters.
    pub fn device(&self) -> Device {
        self.model.params().first().map_or(Device::Cpu, |param| param.tensor.device())
    }

    /// Clipping and AdamW, with the gradients that `accumulate` left. It is not tried again: half of
    /// the parameters may have moved when it fails.
    fn finish_step(
        &mut self,
        batch: &Batch,
        losses: BatchLosses,
        options: StepOptions<'_>,
    ) -> Result<StepResult, TrainError> {
        let grads = self.model.grads()?;
        let norm = optim::grad_norm(&grads)?.f_to_kind(Kind::Double)?.f_view([1])?;
        let has_objective = losses.objective.is_some();
        let parts: Vec<Tensor> =
            [losses.sums].into_iter().chain(losses.objective).chain([norm]).collect();
        let mut read = read_back(&Tensor::f_cat(&parts, 0)?)?;
        let grad_norm = read.pop().unwrap_or(f64::NAN);
        let objective = if has_objective { read.pop() } else { None };
        let skipped = not_finite(&read, grad_norm);
        if skipped.is_none() {
            if let Some(factor) = clip_factor(grad_norm, options.clip) {
                let factor = Tensor::f_scalar_tensor(factor, (Kind::Float, self.device()))?;
                optim::scale_in_place(&grads, &factor)?;
            }
            self.torn = true;
            self.optimizer.step(self.model.params(), options.step, options.lr)?;
            self.torn = false;
        }
        self.model.zero_grads()?;
        let architecture = self.model.architecture();
        Ok(StepResult {
            domain_loss_sum: read,
            domain_tokens: batch.domain_target_tokens.clone(),
            domain_examples: batch.domain_examples.clone(),
            grad_norm,
            tokens: Tokens(
                batch.sequences.iter().map(|sequence| sequence.tokens.len() as u64).sum(),
            ),
            micro_batches: batch.sequences.len() as u64,
            flops: batch
                .sequences
                .iter()
                .map(|row| architecture.flops(&row.cu_seqlens, targets(&row.labels)))
                .sum(),
            objective,
            skipped,
        })
    }

    /// Forward and backward of every micro-batch. A token's loss is scaled by what follows from the
    /// whole batch, as 1/N of its N target tokens, so that the split into micro-batches changes nothing.
    pub(super) fn accumulate(
        &mut self,
        batch: &Batch,
        objective: StepObjective<'_>,
    ) -> Result<BatchLosses, TrainError> {
        let zeros = |count| Tensor::f_zeros([count], (Kind::Double, self.device()));
        let (domains, options) = (self.domains, self.pass_options);
        let mut sums = zeros(domains as i64)?;
        match objective.scales(batch) {
            TokenScales::Same(scale) => {
                for row in &batch.sequences {
                    let row_sums = self.model.train_sequence(row, scale, domains, options)?;
                    sums = sums.f_add(&row_sums.f_to_kind(Kind::Double)?)?;
                }
                Ok(BatchLosses { sums, objective: None })
            }
            TokenScales::Each(scales) => {
                let mut all = zeros(1)?;
                for (row, scales) in batch.sequences.iter().zip(&scales) {
                    let (row_sums, scaled) =
                        self.model.train_scaled_sequence(row, scales, domains, options)?;
                    sums = sums.f_add(&row_sums)?;
                    all = all.f_add(&scaled)?;
                }
                Ok(BatchLosses { sums, objective: Some(all) })
            }
        }
    }
}

/// The losses of a batch, nats, f64, on the device.
pub(super) struct BatchLosses {
    /// Their sums per domain, \[K\].
    sums: Tensor,
    /// What was minimized, \[1\], where that does not follow from the sums and the tokens.
    objective: Option<Tensor>,
}

/// The one place where numbers come back to the host: once per optimizer step or measurement.
pub(super) fn read_back(values: &Tensor) -> Result<Vec<f64>, TrainError> {
    Ok(Vec::try_from(&values.f_to(Device::Cpu)?)?)
}

fn not_finite(loss_sums: &[f64], grad_norm: f64) -> Option<NonFinite> {
    if loss_sums.iter().any(|loss| !loss.is_finite()) {
        Some(NonFinite::Loss)
    } else if !grad_norm.is_finite() {
        Some(NonFinite::GradientNorm)
    } else {
        None
    }
}

fn clip_factor(norm: f64, clip: Option<f64>) -> Option<f64> {
    clip.filter(|&largest| norm > largest).map(|largest| largest / norm)
}
