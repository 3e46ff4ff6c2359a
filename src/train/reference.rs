//! Mastery ceilings: a small reference model is tuned on each domain alone, and the lowest
//! held-out loss of its epochs is the domain's ceiling r.

use super::desk::Desk;
use super::error::{Break, TrainError};
use super::prepare::budgets;
use super::stored::{self, StoredLoss, StoredReference};
use super::trainer::{BudgetReduction, StepOptions, Trainer};
use crate::config::{ModelSource, Precision, ReferenceTuning, RunPlan, Schedule, Shape};
use crate::data::{Corpus, Example, Sampler};
use crate::lr;
use crate::mixing::Mixture;
use crate::model::{Model, PassOptions};
use crate::telemetry::{Event, Phase};
use crate::unit::{DomainId, Step};
use std::path::Path;

/// Share of the reference tuning that is warm-up.
const WARMUP: f64 = 0.1;

/// Optimizer steps between two progress events.
const PROGRESS_STEPS: u64 = 20;

/// What the measurement works with.
pub struct ReferenceRun<'a> {
    /// The run's plan.
    pub plan: &'a RunPlan,
    /// How the reference model is tuned.
    pub tuning: &'a ReferenceTuning,
    /// Folder of the reference model.
    pub folder: &'a Path,
    /// The data in the reference model's tokens.
    pub corpus: &'a Corpus,
    /// Target tokens of the held-out rows in the *target's* tokens, per domain.
    pub target_tokens: &'a [u64],
    /// The device.
    pub device: tch::Device,
    /// What the run computes in.
    pub precision: Precision,
    /// Where finished domains are kept, so that an interrupted measurement goes on.
    pub path: &'a Path,
}

impl ReferenceRun<'_> {
    /// r per domain, in nats per token of the target.
    ///
    /// Where the reference model has another tokenizer, its loss is per token of its own; the
    /// whole text's nats are the same, so the sum is divided by the target's tokens instead.
    pub fn measure(&self, desk: &mut Desk) -> Result<Vec<f64>, Break> {
        let fingerprint = self.fingerprint();
        let mut stored = StoredReference::begun(self.path, &fingerprint).unwrap_or_else(|| {
            StoredReference { source: self.source(), fingerprint, reference_losses: Vec::new() }
        });
        for (index, domain) in self.domains().into_iter().enumerate() {
            if stored.loss(&domain).is_some() {
                continue;
            }
            desk.enter(Phase::Reference, Some(domain.clone()))?;
            let epochs = self.tune(DomainId(index), desk)?;
            let loss = epochs.iter().copied().fold(f64::INFINITY, f64::min);
            stored.reference_losses.push(StoredLoss { domain, loss, epochs });
            stored::write(self.path, &stored)?;
        }
        let losses =
            self.domains().iter().map(|domain| stored.loss(domain).unwrap_or(f64::NAN)).collect();
        Ok(losses)
    }

    /// Held-out losses of the untuned model and after each epoch.
    fn tune(&self, domain: DomainId, desk: &mut Desk) -> Result<Vec<f64>, Break> {
        let mut trainer = self.trainer()?;
        let held_out = held_out_examples(self.corpus, domain)?;
        let rows = self.corpus.train_rows(domain);
        let full_epoch = rows.div_ceil(self.tuning.batch_samples) as u64;
        let steps = self.tuning.steps_per_epoch.map_or(full_epoch, |limit| limit.min(full_epoch));
        let schedule = Schedule { warmup: WARMUP, shape: Shape::Constant, last: 1.0 };
        let mut sampler = Sampler::new(self.plan.seed, self.rows());
        let mixture = self.only(domain)?;

        let mut losses = vec![self.evaluate(&mut trainer, &held_out, domain, desk)?];
        self.say_epoch(desk, domain, 0, losses[0])?;
        for epoch in 1..=self.tuning.epochs {
            for step in (epoch - 1) * steps..epoch * steps {
                if let Some(halt) = desk.attend()? {
                    return Err(Break::Halt(halt));
                }
                let examples =
                    draw(self.corpus, &mut sampler, &mixture, self.tuning.batch_samples)?;
                let total = steps * self.tuning.epochs;
                let lr = self.tuning.lr * lr::factor(&schedule, Step(step), total);
                let options =
                    StepOptions { step: Step(step + 1), lr, clip: self.plan.training.clip };
                trainer.step(&examples, options)?;
                say_halvings(&mut trainer, desk)?;
                if (step + 1).is_multiple_of(PROGRESS_STEPS) {
                    self.say_progress(desk, domain, step + 1, total)?;
                }
            }
            losses.push(self.evaluate(&mut trainer, &held_out, domain, desk)?);
            self.say_epoch(desk, domain, epoch, losses[epoch as usize])?;
        }
        Ok(losses)
    }

    fn evaluate(
        &self,
        trainer: &mut Trainer,
        held_out: &[Example],
        domain: DomainId,
        desk: &mut Desk,
    ) -> Result<f64, Break> {
        let measured = trainer.evaluate(held_out, &mut || desk.is_urgent())?;
        say_halvings(trainer, desk)?;
        match (measured, desk.attend()?) {
            (_, Some(halt)) => Err(Break::Halt(halt)),
            (Some(evals), None) => {
                let eval = evals[domain.0];
                let per_target_token = eval.tokens.0 as f64 / self.target_tokens[domain.0] as f64;
                Ok(eval.loss * per_target_token)
            }
            // Given up for a request that turned out to be neither stop nor abort: once more.
            (None, None) => self.evaluate(trainer, held_out, domain, desk),
        }
    }

    fn trainer(&self) -> Result<Trainer, TrainError> {
        let precision = match self.precision {
            Precision::F32 => Precision::F32,
            Precision::MixedBf16 | Precision::PureBf16 => Precision::MixedBf16,
        };
        let seed = self.plan.seed;
        let model =
            Model::from_source(&self.tuning.model, self.folder, seed, self.device, precision)?;
        let training = &self.plan.training;
        let options =
            PassOptions { recompute: self.plan.model.recompute, loss_chunk: training.loss_chunk };
        Trainer::new(
            model,
            training.adam,
            precision,
            seed,
            budgets(self.plan),
            options,
            self.rows().len(),
        )
    }

    fn say_epoch(
        &self,
        desk: &mut Desk,
        domain: DomainId,
        epoch: u64,
        loss: f64,
    ) -> Result<(), TrainError> {
        let domain = self.domains()[domain.0].clone();
        desk.emit(Event::ReferenceEpoch { domain, epoch, loss })
    }

    fn say_progress(
        &self,
        desk: &mut Desk,
        domain: DomainId,
        done: u64,
        total: u64,
    ) -> Result<(), TrainError> {
        let what = self.domains()[domain.0].clone();
        desk.emit(Event::Progress { phase: Phase::Reference, what, done, total: Some(total) })
    }

    fn domains(&self) -> Vec<String> {
        self.plan.data.domains.iter().map(|domain| domain.name.clone()).collect()
    }

    fn rows(&self) -> Vec<usize> {
        (0..self.plan.data.domains.len()).map(|i| self.corpus.train_rows(DomainId(i))).collect()
    }

    fn only(&self, domain: DomainId) -> Result<Mixture, TrainError> {
        let mut weights = vec![0.0; self.plan.data.domains.len()];
        weights[domain.0] = 1.0;
        Mixture::new(weights).map_err(|error| TrainError::stored(self.path, error.to_string()))
    }

    fn source(&self) -> String {
        let ReferenceTuning { epochs, lr, batch_samples, .. } = self.tuning;
        format!(
            "{} tuned {epochs} epochs on each domain, lr {lr}, {batch_samples} examples a step",
            describe(&self.tuning.model)
        )
    }

    fn fingerprint(&self) -> String {
        format!("{} {:?} seed {}", self.corpus.fingerprint(), self.tuning, self.plan.seed)
    }
}

/// Says which batches became smaller because memory ran out.
pub fn say_halvings(trainer: &mut Trainer, desk: &mut Desk) -> Result<(), TrainError> {
    for BudgetReduction { pass, old, new } in trainer.take_halvings() {
        desk.emit(Event::MicroBatchHalved { step: desk.step, pass, old, new })?;
    }
    Ok(())
}

/// The model source as a person would name it.
pub fn describe(source: &ModelSource) -> String {
    match source {
        ModelSource::Folder(path) => path.display().to_string(),
        ModelSource::Hub { id, .. } => id.clone(),
        ModelSource::Random(path) => format!("random weights for {}", path.display()),
    }
}

/// Held-out examples of one domain.
pub fn held_out_examples(corpus: &Corpus, domain: DomainId) -> Result<Vec<Example>, TrainError> {
    (0..corpus.held_out_rows(domain)).map(|row| Ok(corpus.held_out_example(domain, row)?)).collect()
}

/// The examples of one optimizer step.
pub fn draw(
    corpus: &Corpus,
    sampler: &mut Sampler,
    mixture: &Mixture,
    examples: usize,
) -> Result<Vec<Example>, TrainError> {
    let picks = sampler.draw(mixture, examples);
    picks.into_iter().map(|(domain, row)| Ok(corpus.train_example(domain, row)?)).collect()
}

/// Whether two model folders tokenize alike: the same `tokenizer.json`, byte for byte.
pub fn same_tokenizer(one: &Path, other: &Path) -> bool {
    let read = |folder: &Path| std::fs::read(folder.join("tokenizer.json")).ok();
    one == other || (read(one).is_some() && read(one) == read(other))
}
