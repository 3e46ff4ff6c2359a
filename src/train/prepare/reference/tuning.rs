//! The reference losses r, which users know as mastery ceilings: a small reference model is tuned on
//! each domain alone, and the lowest held-out loss of its epochs is the domain's reference loss.

use super::{PreparedData, tokenize};
use crate::config::{Precision, ReferenceSource, ReferenceTuning, RunPlan, Schedule, Shape};
use crate::data::{Corpus, Example, Sampler};
use crate::lr;
use crate::mixing::Mixture;
use crate::model::Model;
use crate::telemetry::{Event, Phase};
use crate::train::artifacts::{self, Measurement, StoredLoss, StoredReference};
use crate::train::error::TrainError;
use crate::train::examples::{domain_names, draw_examples, held_out_examples, train_counts};
use crate::train::interrupt::{Break, Supervisor};
use crate::train::model_files::{describe, have_same_tokenizer, resolve};
use crate::train::objective::StepObjective;
use crate::train::trainer::{StepOptions, Trainer, TrainerOptions};
use crate::unit::{DomainId, Step};
use std::path::Path;

/// Share of the reference tuning that is warm-up.
const WARMUP: f64 = 0.1;

/// Optimizer steps between two progress events.
const PROGRESS_STEPS: u64 = 20;

impl PreparedData {
    /// r per domain in nats per target token, given or measured; empty if the strategy needs none.
    pub fn reference_losses(
        &self,
        plan: &RunPlan,
        run: &Path,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Vec<f64>, Break> {
        supervisor.events().enter(Phase::Reference, None)?;
        let (losses, source) = match &plan.mixing.reference {
            ReferenceSource::None => return Ok(Vec::new()),
            ReferenceSource::Given(losses) => (losses.clone(), "given in the config".to_string()),
            ReferenceSource::File(path) => {
                let (losses, notice) = StoredReference::read(path, &domain_names(plan))?;
                supervisor.events().emit_notice(notice)?;
                (losses, path.display().to_string())
            }
            ReferenceSource::Tune(tuning) => (
                self.tune_references(plan, tuning, run, supervisor)?,
                format!("{} tuned on each domain", describe(&tuning.model)),
            ),
        };
        supervisor.events().emit(Event::ReferenceLosses { losses: losses.clone(), source })?;
        Ok(losses)
    }

    fn tune_references(
        &self,
        plan: &RunPlan,
        tuning: &ReferenceTuning,
        run: &Path,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Vec<f64>, Break> {
        let folder = resolve(&tuning.model, supervisor)?;
        let own_corpus = match have_same_tokenizer(&folder, &self.model_folder) {
            true => None,
            false => Some(tokenize(plan, &folder, &self.isolation, supervisor)?),
        };
        let summaries = self.corpus.summaries();
        let target_tokens: Vec<u64> =
            summaries.iter().map(|summary| summary.held_out_target_tokens.0).collect();
        ReferenceRun {
            plan,
            tuning,
            folder: &folder,
            corpus: own_corpus.as_ref().unwrap_or(&self.corpus),
            domains: domain_names(plan),
            target_tokens: &target_tokens,
            device: self.device,
            precision: self.precision,
            path: &run.join(Measurement::ReferenceLosses.file()),
        }
        .reference_losses(supervisor)
    }
}

/// A measurement by a reference model that is tuned on one domain after the other.
struct ReferenceRun<'a> {
    plan: &'a RunPlan,
    tuning: &'a ReferenceTuning,
    /// Folder of the reference model.
    folder: &'a Path,
    /// The data in the reference model's tokens.
    corpus: &'a Corpus,
    domains: Vec<String>,
    /// Target tokens of the held-out rows in the tokens of the model to tune, per domain.
    target_tokens: &'a [u64],
    device: tch::Device,
    /// Number formats of the run.
    precision: Precision,
    /// File of the finished domains, from which an interrupted measurement continues.
    path: &'a Path,
}

impl ReferenceRun<'_> {
    /// r per domain, in nats per token of the model to tune.
    ///
    /// Where the reference model has another tokenizer, its loss is per token of its own; the
    /// whole text's nats are the same, so the sum is divided by the other model's tokens instead.
    fn reference_losses(&self, supervisor: &mut dyn Supervisor) -> Result<Vec<f64>, Break> {
        let fingerprint = self.fingerprint();
        let begun = StoredReference::begun(self.path, &fingerprint)?;
        let (mut stored, notice) = begun.unwrap_or_else(|| {
            let (source, reference_losses) = (self.source(), Vec::new());
            (StoredReference { source, fingerprint, reference_losses }, None)
        });
        supervisor.events().emit_notice(notice)?;
        for (index, domain) in self.domains.iter().cloned().enumerate() {
            if stored.loss(&domain).is_some() {
                continue;
            }
            supervisor.events().enter(Phase::Reference, Some(domain.clone()))?;
            let epochs = self.tune(DomainId(index), supervisor)?;
            let loss = epochs.iter().copied().fold(f64::INFINITY, f64::min);
            stored.reference_losses.push(StoredLoss { domain, loss, epochs });
            artifacts::write(self.path, &stored)?;
        }
        let losses = self.domains.iter().map(|domain| stored.loss(domain).unwrap_or(f64::NAN));
        Ok(losses.collect())
    }

    /// Held-out losses of the untuned model and after each epoch.
    fn tune(&self, domain: DomainId, supervisor: &mut dyn Supervisor) -> Result<Vec<f64>, Break> {
        let mut trainer = self.trainer()?;
        let held_out = held_out_examples(self.corpus, domain)?;
        let rows = self.corpus.train_count(domain);
        let full_epoch = rows.div_ceil(self.tuning.batch_samples) as u64;
        let steps = self.tuning.steps_per_epoch.map_or(full_epoch, |limit| limit.min(full_epoch));
        let total = steps * self.tuning.epochs;
        let mut sampler = Sampler::new(self.plan.seed, train_counts(self.corpus));
        let mixture = self.only(domain)?;

        let mut losses = vec![self.held_out_loss(&mut trainer, &held_out, domain, supervisor)?];
        self.emit_epoch(supervisor, domain, 0, losses[0])?;
        for epoch in 1..=self.tuning.epochs {
            for step in (epoch - 1) * steps..epoch * steps {
                supervisor.attend()?;
                let examples =
                    draw_examples(self.corpus, &mut sampler, &mixture, self.tuning.batch_samples)?;
                trainer.step(&examples, self.step_options(step, total))?;
                emit_budget_reductions(&mut trainer, supervisor)?;
                if (step + 1).is_multiple_of(PROGRESS_STEPS) {
                    self.emit_progress(supervisor, domain, step + 1, total)?;
                }
            }
            losses.push(self.held_out_loss(&mut trainer, &held_out, domain, supervisor)?);
            self.emit_epoch(supervisor, domain, epoch, losses[epoch as usize])?;
        }
        Ok(losses)
    }

    /// Of the step after `done` of `total` steps. A ceiling is a token mean, whatever the run minimizes.
    fn step_options(&self, done: u64, total: u64) -> StepOptions<'static> {
        let schedule = Schedule { warmup: WARMUP, shape: Shape::Constant, last: 1.0 };
        let lr = self.tuning.lr * lr::factor(&schedule, Step(done), total);
        let (clip, objective) = (self.plan.training.clip, StepObjective::Tokens);
        StepOptions { step: Step(done + 1), lr, clip, objective }
    }

    fn held_out_loss(
        &self,
        trainer: &mut Trainer,
        held_out: &[Example],
        domain: DomainId,
        supervisor: &mut dyn Supervisor,
    ) -> Result<f64, Break> {
        loop {
            let measured = trainer.evaluate(held_out, &mut || supervisor.is_urgent())?;
            emit_budget_reductions(trainer, supervisor)?;
            supervisor.attend()?;
            if let Some(evals) = measured {
                let rows = &evals[domain.0];
                let nats: f64 = rows.nats.iter().sum();
                return Ok(nats / self.target_tokens[domain.0] as f64);
            }
            // It was given up for a request that turned out not to end the run: try again.
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
        Trainer::new(model, TrainerOptions::from_plan(self.plan, precision))
    }

    fn emit_epoch(
        &self,
        supervisor: &mut dyn Supervisor,
        domain: DomainId,
        epoch: u64,
        loss: f64,
    ) -> Result<(), TrainError> {
        let domain = self.domains[domain.0].clone();
        supervisor.events().emit(Event::ReferenceEpoch { domain, epoch, loss })
    }

    fn emit_progress(
        &self,
        supervisor: &mut dyn Supervisor,
        domain: DomainId,
        done: u64,
        total: u64,
    ) -> Result<(), TrainError> {
        let (phase, what) = (Phase::Reference, self.domains[domain.0].clone());
        supervisor.events().emit(Event::Progress { phase, what, done, total: Some(total) })
    }

    /// The mixture that draws from one domain alone.
    fn only(&self, domain: DomainId) -> Result<Mixture, TrainError> {
        let mut weights = vec![0.0; self.domains.len()];
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

/// Reports them at step 0, where the run is while a reference model is tuned.
fn emit_budget_reductions(
    trainer: &mut Trainer,
    supervisor: &mut dyn Supervisor,
) -> Result<(), TrainError> {
    supervisor.events().emit_budget_reductions(Step(0), trainer.take_budget_reductions())
}
