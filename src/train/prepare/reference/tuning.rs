//! A reference model that is tuned on one domain after the other, and measured after every epoch.

use super::cache::KeptLosses;
use super::cross_rows::CrossRows;
use super::remarks::{best, has_risen_twice};
use super::tuning_error;
use crate::config::{Precision, ReferenceTuning, RunPlan, Schedule, Shape};
use crate::data::{Corpus, Example, Sampler};
use crate::disk::hex;
use crate::lr;
use crate::mixing::{CrossLosses, Mixture};
use crate::model::Model;
use crate::telemetry::{Event, Level, Phase};
use crate::train::artifacts::{
    self, MeasuredText, MeasuredWith, RunText, StoredLoss, StoredReference, StoredRows,
};
use crate::train::error::TrainError;
use crate::train::examples::{draw_examples, held_out_examples, train_counts};
use crate::train::interrupt::{Break, Supervisor};
use crate::train::model_files::{self, describe};
use crate::train::objective::StepObjective;
use crate::train::prepare::require_fit;
use crate::train::trainer::{StepOptions, Trainer, TrainerOptions};
use crate::unit::{DomainId, Step};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Share of the reference tuning that is warm-up.
const WARMUP: f64 = 0.1;

/// Optimizer steps between two progress events.
const PROGRESS_STEPS: u64 = 20;

/// Changed whenever the same model, data and tuning give other losses.
const METHOD: &str = "versatune/ceilings/1";

/// A measurement by a reference model that is tuned on one domain after the other.
pub(super) struct ReferenceRun<'a> {
    pub plan: &'a RunPlan,
    pub tuning: &'a ReferenceTuning,
    /// Folder of the reference model.
    pub folder: &'a Path,
    /// The data in the reference model's tokens, cut where those of the model to tune are.
    pub corpus: &'a Corpus,
    /// The run's domains with their held-out text.
    pub run_texts: Vec<RunText<'a>>,
    /// Digest of the tokenizer of the model to tune.
    pub tokenizer: &'a str,
    pub device: tch::Device,
    /// Number formats of the run.
    pub precision: Precision,
    /// The run's folder.
    pub run: &'a Path,
    /// File of the finished domains, from which an interrupted measurement continues.
    pub path: &'a Path,
}

/// Losses of all domains.
pub(super) struct Measured {
    pub stored: StoredReference,
    /// Whether an earlier run measured them.
    pub is_cached: bool,
}

/// What the tuning on one domain gave.
#[derive(Default)]
struct Tuned {
    /// Held-out losses of the untuned model and after each epoch, nats per token of the model to tune.
    epochs: Vec<f64>,
    steps: u64,
    skipped_steps: u64,
    /// Nats of the domain's held-out rows at the best epoch.
    rows: Vec<f64>,
    /// Nats of the rows of every domain at the best epoch, where they are measured. \[K\]\[rows\]
    cross: Vec<Vec<f64>>,
}

impl ReferenceRun<'_> {
    /// r per domain, in nats per token of the model to tune: continued from the run's folder, taken from the
    /// cache, or measured.
    ///
    /// Where the reference model has another tokenizer, its loss is per token of its own; the same text's
    /// nats are divided by the other model's tokens of that text instead.
    pub fn measured(&self, supervisor: &mut dyn Supervisor) -> Result<Measured, Break> {
        let model = model_files::digest(&self.tuning.model, self.folder, supervisor)?;
        let fingerprint = self.fingerprint(&model);
        let begun = StoredReference::begun(self.path, &fingerprint)?;
        let kept_losses = KeptLosses::of(self.plan);
        let stored = match begun {
            Some((stored, notice)) => {
                supervisor.events().emit_notice(notice)?;
                stored
            }
            None => {
                let (found, notice) = kept_losses.find(&fingerprint);
                if let Some(text) = notice {
                    supervisor.events().notice(Level::Warning, text)?;
                }
                if let Some(stored) = found.filter(|stored| self.is_whole(stored)) {
                    self.announce_kept(&stored, supervisor)?;
                    artifacts::write(self.path, &stored)?;
                    return Ok(Measured { stored, is_cached: true });
                }
                self.nothing_yet(fingerprint)
            }
        };
        let stored = self.measure_all(stored, supervisor)?;
        if let Some(text) = kept_losses.keep(&stored) {
            supervisor.events().notice(Level::Warning, text)?;
        }
        Ok(Measured { stored, is_cached: false })
    }

    /// Measures the domains that are not measured yet; each is stored as soon as it is done.
    fn measure_all(
        &self,
        mut stored: StoredReference,
        supervisor: &mut dyn Supervisor,
    ) -> Result<StoredReference, Break> {
        let rows = match self.tuning.measures_table(self.run_texts.len()) {
            true => Some(CrossRows::choose(self.corpus)?),
            false => None,
        };
        for (index, text) in self.run_texts.iter().enumerate() {
            if stored.loss(text.domain).is_some() {
                continue;
            }
            supervisor.events().enter(Phase::Reference, Some(text.domain.into()))?;
            let domain = DomainId(index);
            let tuned = self.tune(domain, rows.as_ref(), &mut stored, supervisor)?;
            stored.reference_losses.push(self.stored_loss(domain, &tuned)?);
            if let Some(cross) = &mut stored.cross {
                cross.tuned.push(tuned.cross);
            }
            artifacts::write(self.path, &stored)?;
        }
        Ok(stored)
    }

    /// Tunes an untuned model on one domain and measures it after every epoch.
    fn tune(
        &self,
        domain: DomainId,
        rows: Option<&CrossRows>,
        stored: &mut StoredReference,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Tuned, Break> {
        let mut trainer = self.trainer()?;
        let held_out = held_out_examples(self.corpus, domain)?;
        let examples = self.corpus.train_count(domain);
        let full_epoch = examples.div_ceil(self.tuning.batch_samples) as u64;
        let steps = self.tuning.steps_per_epoch.map_or(full_epoch, |limit| limit.min(full_epoch));
        let total = steps * self.tuning.epochs;
        let mut sampler = Sampler::new(self.plan.seed, train_counts(self.corpus));
        let mixture = self.only(domain)?;
        let mut tuned = Tuned::default();
        for epoch in 0..=self.tuning.epochs {
            for step in epoch.saturating_sub(1) * steps..epoch * steps {
                supervisor.attend()?;
                let examples =
                    draw_examples(self.corpus, &mut sampler, &mixture, self.tuning.batch_samples)?;
                let result = trainer.step(&examples, self.step_options(step, total))?;
                tuned.steps += 1;
                tuned.skipped_steps += u64::from(result.skipped.is_some());
                emit_budget_reductions(&mut trainer, supervisor)?;
                if (step + 1).is_multiple_of(PROGRESS_STEPS) {
                    self.emit_progress(supervisor, domain, step + 1, total)?;
                }
            }
            let nats = self.held_out_nats(&mut trainer, &held_out, domain, supervisor)?;
            let target_tokens = self.corpus.held_out_text(domain).tokens;
            let loss = nats.iter().sum::<f64>() / target_tokens as f64;
            self.emit_epoch(supervisor, domain, epoch, loss)?;
            tuned.epochs.push(loss);
            if best(&tuned.epochs) == Some(epoch as usize) {
                tuned.rows = nats;
            }
            if let Some(rows) = rows
                && best(&tuned.epochs) == Some(epoch as usize)
            {
                tuned.cross = self.cross_nats(&mut trainer, rows, epoch, stored, supervisor)?;
            }
            if has_risen_twice(&tuned.epochs) && epoch < self.tuning.epochs {
                self.say_stopped(domain, &tuned, supervisor)?;
                break;
            }
        }
        self.require_usable(domain, &tuned)?;
        self.say_skipped(domain, &tuned, supervisor)?;
        Ok(tuned)
    }

    /// Nats of the rows of every domain. The untuned model is the same one for every domain.
    fn cross_nats(
        &self,
        trainer: &mut Trainer,
        rows: &CrossRows,
        epoch: u64,
        stored: &mut StoredReference,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Vec<Vec<f64>>, Break> {
        if epoch == 0
            && let Some(cross) = &stored.cross
        {
            return Ok(cross.untuned.clone());
        }
        let nats = loop {
            let measured = trainer.row_losses(&rows.examples, &mut || supervisor.is_urgent())?;
            emit_budget_reductions(trainer, supervisor)?;
            supervisor.attend()?;
            if let Some(nats) = measured {
                break rows.by_domain(&nats);
            }
        };
        if epoch == 0 {
            let (tokens, untuned) = (rows.tokens.clone(), nats.clone());
            stored.cross = Some(CrossLosses { tokens, untuned, tuned: Vec::new() });
        }
        Ok(nats)
    }

    /// Of the step after `done` of `total` steps. A ceiling is a token mean, whatever the run minimizes.
    fn step_options(&self, done: u64, total: u64) -> StepOptions<'static> {
        let schedule = Schedule { warmup: WARMUP, shape: Shape::Constant, last: 1.0 };
        let lr = self.tuning.lr * lr::factor(&schedule, Step(done), total);
        let (clip, objective) = (self.plan.training.clip, StepObjective::Tokens);
        StepOptions { step: Step(done + 1), lr, clip, objective }
    }

    /// Nats of each held-out row of the domain.
    fn held_out_nats(
        &self,
        trainer: &mut Trainer,
        held_out: &[Example],
        domain: DomainId,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Vec<f64>, Break> {
        loop {
            let measured = trainer.evaluate(held_out, &mut || supervisor.is_urgent())?;
            emit_budget_reductions(trainer, supervisor)?;
            supervisor.attend()?;
            if let Some(mut evals) = measured {
                return Ok(evals.swap_remove(domain.0).nats);
            }
            // It was given up for a request that turned out not to end the run: try again.
        }
    }

    fn trainer(&self) -> Result<Trainer, TrainError> {
        let (precision, seed) = (self.precision, self.plan.seed);
        let model =
            Model::from_source(&self.tuning.model, self.folder, seed, self.device, precision)?;
        require_fit(self.corpus, &model, self.folder)?;
        Trainer::new(model, TrainerOptions::from_plan(self.plan, precision))
    }

    /// # Errors
    /// The tuning gave no loss, or took no step: its lowest loss would be no ceiling.
    fn require_usable(&self, domain: DomainId, tuned: &Tuned) -> Result<(), TrainError> {
        let (name, lr) = (self.run_texts[domain.0].domain, self.tuning.lr);
        let Tuned { epochs, steps, skipped_steps, .. } = tuned;
        if !epochs.iter().skip(1).any(|loss| loss.is_finite()) {
            let why = format!(
                "its held-out loss was not finite after any of {} epochs",
                epochs.len() - 1
            );
            return Err(tuning_error(name, lr, why));
        }
        if skipped_steps == steps {
            let why =
                format!("none of its {steps} steps was taken: a loss or a gradient was not finite");
            return Err(tuning_error(name, lr, why));
        }
        Ok(())
    }

    fn say_skipped(
        &self,
        domain: DomainId,
        tuned: &Tuned,
        supervisor: &mut dyn Supervisor,
    ) -> Result<(), TrainError> {
        let Tuned { steps, skipped_steps, .. } = tuned;
        if *skipped_steps == 0 {
            return Ok(());
        }
        let text = format!(
            "{}: {skipped_steps} of {steps} steps of the reference tuning were not taken, because a loss or a \
             gradient was not finite; lower mixing.reference.lr ({:?})",
            self.run_texts[domain.0].domain, self.tuning.lr
        );
        supervisor.events().notice(Level::Warning, text)
    }

    fn say_stopped(
        &self,
        domain: DomainId,
        tuned: &Tuned,
        supervisor: &mut dyn Supervisor,
    ) -> Result<(), TrainError> {
        let (done, of) = (tuned.epochs.len() - 1, self.tuning.epochs);
        let lowest = best(&tuned.epochs).unwrap_or(0);
        let text = format!(
            "{}: the reference tuning ends after epoch {done} of {of}: the held-out loss has risen twice in a \
             row; the lowest is that of epoch {lowest}",
            self.run_texts[domain.0].domain
        );
        supervisor.events().notice(Level::Info, text)
    }

    fn announce_kept(
        &self,
        stored: &StoredReference,
        supervisor: &mut dyn Supervisor,
    ) -> Result<(), TrainError> {
        let by = stored.measured_with.as_ref().map_or(String::new(), |with| {
            format!(": the run {} measured them on {}", with.run, with.when)
        });
        let text = format!(
            "the mastery ceilings are taken from the cache, as reference model, data and tuning are the \
             same{by}"
        );
        supervisor.events().notice(Level::Info, text)?;
        for (index, text) in self.run_texts.iter().enumerate() {
            let epochs = stored.loss(text.domain).map(|loss| loss.epochs.as_slice());
            for (epoch, loss) in (0..).zip(epochs.unwrap_or_default()) {
                self.emit_epoch(supervisor, DomainId(index), epoch, *loss)?;
            }
        }
        Ok(())
    }

    fn emit_epoch(
        &self,
        supervisor: &mut dyn Supervisor,
        domain: DomainId,
        epoch: u64,
        loss: f64,
    ) -> Result<(), TrainError> {
        let domain = self.run_texts[domain.0].domain.to_owned();
        supervisor.events().emit(Event::ReferenceEpoch { domain, epoch, loss })
    }

    fn emit_progress(
        &self,
        supervisor: &mut dyn Supervisor,
        domain: DomainId,
        done: u64,
        total: u64,
    ) -> Result<(), TrainError> {
        let (phase, what) = (Phase::Reference, self.run_texts[domain.0].domain.to_owned());
        supervisor.events().emit(Event::Progress { phase, what, done, total: Some(total) })
    }

    /// The mixture that draws from one domain alone.
    fn only(&self, domain: DomainId) -> Result<Mixture, TrainError> {
        let mut weights = vec![0.0; self.run_texts.len()];
        weights[domain.0] = 1.0;
        Mixture::new(weights).map_err(|error| TrainError::stored(self.path, error.to_string()))
    }

    fn nothing_yet(&self, fingerprint: String) -> StoredReference {
        let ReferenceTuning { epochs, lr, batch_samples, .. } = self.tuning;
        let model = describe(&self.tuning.model);
        let source = format!(
            "{model} tuned at most {epochs} epochs on each domain, lr {lr}, {batch_samples} examples a step"
        );
        let measured_with = Some(MeasuredWith {
            model,
            tokenizer: self.tokenizer.to_owned(),
            run: self.run.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            when: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        });
        StoredReference { source, fingerprint, measured_with, ..StoredReference::default() }
    }

    fn stored_loss(&self, domain: DomainId, tuned: &Tuned) -> Result<StoredLoss, TrainError> {
        let run = &self.run_texts[domain.0];
        let text = self.corpus.held_out_text(domain);
        let loss = best(&tuned.epochs).map_or(f64::NAN, |epoch| tuned.epochs[epoch]);
        Ok(StoredLoss {
            domain: run.domain.to_owned(),
            loss,
            epochs: tuned.epochs.clone(),
            skipped_steps: tuned.skipped_steps,
            text: Some(MeasuredText {
                held_out: run.held_out.to_owned(),
                rows: self.corpus.held_out_count(domain) as u64,
                bytes: text.bytes,
                tokens: text.tokens,
                nats_per_byte: loss * text.tokens as f64 / text.bytes as f64,
                of: run.text,
            }),
            rows: Some(StoredRows {
                identities: self.corpus.held_out_identities(domain)?,
                nats: tuned.rows.clone(),
            }),
        })
    }

    /// Whether losses are those of all domains of this run.
    fn is_whole(&self, stored: &StoredReference) -> bool {
        self.run_texts.iter().all(|text| stored.loss(text.domain).is_some())
    }

    /// Of everything that decides the losses. How rows are packed into micro-batches changes no result.
    fn fingerprint(&self, model: &str) -> String {
        let ReferenceTuning { model: _, epochs, steps_per_epoch, batch_samples, lr, table: _ } =
            self.tuning;
        let tuning = (epochs, steps_per_epoch, batch_samples, lr, WARMUP);
        let cross = self.tuning.measures_table(self.run_texts.len());
        let training = (&self.plan.training.adam, self.plan.training.clip, self.plan.seed);
        let numerics = (self.precision, self.device.is_cuda());
        let domains: Vec<&str> = self.run_texts.iter().map(|text| text.domain).collect();
        let held_out: Vec<_> =
            self.run_texts.iter().map(|text| (text.held_out, text.text)).collect();
        let data = (self.corpus.fingerprint(), self.tokenizer, domains, held_out);
        let all = format!("{METHOD} {model} {data:?} {tuning:?} {cross} {training:?} {numerics:?}");
        hex(Sha256::new_with_prefix(all))
    }
}

/// Reports them at step 0, where the run is while a reference model is tuned.
fn emit_budget_reductions(
    trainer: &mut Trainer,
    supervisor: &mut dyn Supervisor,
) -> Result<(), TrainError> {
    supervisor.events().emit_budget_reductions(Step(0), trainer.take_budget_reductions())
}
