//! The phases before training: device and data, then w(0), the reference losses and the model.

mod detection;
mod device;
mod memory;
mod mixmin;
mod reference;
mod self_test;

use super::cadence::MeasuringCadence;
use super::data_files::localize;
use super::error::TrainError;
use super::examples::{domain_names, measured_examples, train_counts};
use super::held_out_file::HeldOutRows;
use super::interrupt::{Break, Supervisor, reporting};
use super::measuring::{Measuring, MeasuringNeeds};
use super::memory_plan::{PlannedDevice, PlannedMemory};
use super::model_files::{describe, resolve};
use super::trainer::{Trainer, TrainerOptions};
use crate::config::{Length, Precision, RunPlan};
use crate::data::{Corpus, DataPlan, Example, Progress};
use crate::mixing::Mixture;
use crate::model::Model;
use crate::sandbox::Isolation;
use crate::telemetry::{DeviceInfo, Event, Level, Phase};
use crate::torch::{self, Chosen};
use crate::unit::DomainId;
use device::slow_bf16;
pub use device::{fit, take_device};
use memory::require_memory;
pub use self_test::SelfTest;
use self_test::self_test;
use std::path::{Path, PathBuf};

/// Device and data: what comes first in every process that works on a run.
pub struct PreparedData {
    device: tch::Device,
    /// The device in words, with its memory.
    pub device_info: DeviceInfo,
    /// Number formats of the run.
    pub precision: Precision,
    /// The tokenized data.
    pub corpus: Corpus,
    /// What the data are made of, with files on this machine alone.
    data: DataPlan,
    /// Where templates and tokenizers work.
    isolation: Isolation,
    /// Folder of the model to tune, whose tokenizer made the tokens.
    model_folder: PathBuf,
}

/// What the training loop needs of model and data.
pub struct Prepared {
    /// The model with its optimizer.
    pub trainer: Trainer,
    /// The tokenized data.
    pub corpus: Corpus,
    /// The held-out examples that are measured, of every domain.
    pub held_out: Vec<Example>,
    /// Most of them of a domain; `None` is all.
    pub measured_rows: Option<usize>,
    /// What those examples are of.
    pub held_out_rows: HeldOutRows,
    /// Optimizer steps of the run.
    pub total_steps: u64,
    /// Folder of the model to tune with its tokenizer, in HF layout.
    pub tokenizer: PathBuf,
    /// What the data are made of, with files on this machine alone.
    pub data: DataPlan,
    /// Where templates and tokenizers work.
    pub isolation: Isolation,
    /// Number formats of the run.
    pub precision: Precision,
}

/// Tests the device, finds model and data, and makes tokens of the data. `run` is the run's folder, if there is one.
pub fn prepare_data(
    plan: &RunPlan,
    chosen: Chosen,
    run: Option<&Path>,
    isolation: &Isolation,
    supervisor: &mut dyn Supervisor,
) -> Result<PreparedData, Break> {
    require_memory(plan, torch::host_memory())?;
    let Chosen { device, info: device_info, warnings: _ } = chosen;
    if let Some(text) = slow_bf16(plan, &device_info, torch::cpu_multiplies_bf16()) {
        supervisor.events().notice(Level::Warning, text)?;
    }
    let precision = plan.model.precision.unwrap_or(Precision::suiting(device_info.capability));
    self_test(&device_info, device, precision, &plan.data.cache_dir, supervisor)?;
    let model_folder = resolve(&plan.model.source, supervisor)?;
    let data = localize(&plan.data, run, supervisor)?;
    let corpus = tokenize(&data, &model_folder, None, isolation, supervisor)?;
    for (index, summary) in corpus.summaries().iter().enumerate() {
        supervisor.events().emit(Event::DataReady(summary.clone()))?;
        require_rows(plan, &corpus, DomainId(index))?;
    }
    let isolation = isolation.clone();
    Ok(PreparedData { device, device_info, precision, corpus, data, isolation, model_folder })
}

impl PreparedData {
    /// The model to tune with its optimizer, and at most so many held-out rows of each domain; `None` is all.
    /// A resume takes the weights of its checkpoint: those of the untuned model are not read.
    pub fn load_model(
        self,
        plan: &RunPlan,
        measured_rows: Option<usize>,
        checkpoint: Option<&Path>,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Prepared, Break> {
        supervisor.events().enter(Phase::Loading, Some("model".into()))?;
        let planned = PlannedDevice::of(&self.device_info);
        let memory = PlannedMemory::of_training(plan, &planned, &self.model_folder)?;
        if let Some(text) = memory.before_loading()? {
            supervisor.events().notice(Level::Warning, text)?;
        }
        let (source, precision) = (&plan.model.source, self.precision);
        let (folder, device) = (&self.model_folder, self.device);
        let model = match checkpoint {
            Some(checkpoint) => Model::open_with(folder, checkpoint, device, precision)?,
            None => Model::from_source(source, folder, plan.seed, device, precision)?,
        };
        require_fit(&self.corpus, &model, &self.model_folder)?;
        supervisor.events().emit(Event::ModelLoaded {
            source: describe(source),
            family: model.architecture().family.to_string(),
            parameters: model.parameter_count(),
            precision: precision_words(precision).into(),
        })?;
        let trainer = Trainer::new(model, TrainerOptions::from_plan(plan, precision))?;
        // The peak that steps report is theirs, not that of self-test, detection and ceilings.
        torch::reset_peak(self.device).map_err(TrainError::from)?;
        let mut held_out = Vec::new();
        let mut held_out_rows = HeldOutRows { domains: domain_names(plan), identities: Vec::new() };
        for domain in (0..plan.data.domains.len()).map(DomainId) {
            let rows = measured_rows.unwrap_or(usize::MAX);
            let (examples, identities) = measured_examples(&self.corpus, domain, rows)?;
            held_out.extend(examples);
            held_out_rows.identities.push(identities);
        }
        let total_steps = self.total_steps(plan);
        supervisor.events().emit(Event::Planned { steps: total_steps })?;
        let PreparedData { model_folder: tokenizer, corpus, data, isolation, .. } = self;
        Ok(Prepared {
            trainer,
            corpus,
            held_out,
            held_out_rows,
            measured_rows,
            total_steps,
            tokenizer,
            data,
            isolation,
            precision,
        })
    }
}

impl PreparedData {
    /// Folder of the model to tune, in HF layout.
    pub fn model_folder(&self) -> &Path {
        &self.model_folder
    }

    /// Optimizer steps of a run: as given, or the epochs times all training rows over the batch.
    pub fn total_steps(&self, plan: &RunPlan) -> u64 {
        match plan.training.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => {
                let rows: usize = train_counts(&self.corpus).iter().sum();
                (epochs * rows as f64 / plan.training.batch_samples as f64).ceil() as u64
            }
        }
    }

    /// How much is measured and how often, for a run that begins with these weights.
    pub fn measuring(&self, plan: &RunPlan, budget: Option<f64>, first: &Mixture) -> Measuring {
        let needs = measuring_needs(plan, &self.corpus, self.total_steps(plan), first);
        MeasuringNeeds { budget, ..needs }.choose()
    }

    /// A run whose strategy moves the mixture needs an update before its end.
    ///
    /// # Errors
    /// It has none.
    pub fn require_movement(&self, plan: &RunPlan) -> Result<(), TrainError> {
        let steps = self.total_steps(plan);
        match plan.mixing.stands_still(steps) {
            true => Err(TrainError::NeverMoves { every: plan.mixing.every_of(Some(steps)), steps }),
            false => Ok(()),
        }
    }
}

/// Every token of the data needs an embedding, and every row must be computed rightly; `folder` is the
/// model's.
fn require_fit(corpus: &Corpus, model: &Model, folder: &Path) -> Result<(), TrainError> {
    let (token, vocabulary) = (corpus.largest_token(), model.architecture().vocabulary);
    if i64::from(token) >= vocabulary {
        let path = folder.join("tokenizer.json");
        return Err(TrainError::Vocabulary { path, token, vocabulary });
    }
    Ok(model.architecture().admits(corpus.longest_example())?)
}

/// What the choice of measurements depends on in a run of so many steps, with these weights.
pub fn measuring_needs(
    plan: &RunPlan,
    corpus: &Corpus,
    steps: u64,
    weights: &Mixture,
) -> MeasuringNeeds {
    let domains = (0..plan.data.domains.len()).map(DomainId);
    let mean = |tokens: u64, rows: usize| tokens as f64 / rows.max(1) as f64;
    let trained = domains.clone().map(|domain| {
        weights.weight(domain) * mean(corpus.tokens(domain).0, corpus.train_count(domain))
    });
    MeasuringNeeds {
        budget: plan.evaluation.budget,
        cadence: cadence(plan, steps),
        step_tokens: plan.training.batch_samples as f64 * trained.sum::<f64>(),
        row_tokens: domains
            .clone()
            .map(|domain| mean(corpus.tokens(domain).1, corpus.held_out_count(domain)))
            .collect(),
        rows: domains.map(|domain| corpus.held_out_count(domain)).collect(),
        every: plan.mixing.every_of(Some(steps)),
        every_is_free: plan.mixing.every.is_none(),
    }
}

/// After which steps a run of so many steps measures.
fn cadence(plan: &RunPlan, steps: u64) -> MeasuringCadence {
    let checkpoint = &plan.checkpoint;
    let needs = plan.mixing.strategy.spec().needs_held_out;
    MeasuringCadence {
        steps,
        updates: needs.then(|| plan.mixing.every_of(Some(steps))),
        evaluations: plan.evaluation.every,
        ranked_checkpoints: checkpoint.every.filter(|_| checkpoint.keep_best && needs),
    }
}

/// The data in the tokens of the tokenizer in `folder`, each row cut where the tokenizer in `cut_by` cuts it.
fn tokenize(
    plan: &DataPlan,
    folder: &Path,
    cut_by: Option<&Path>,
    isolation: &Isolation,
    supervisor: &mut dyn Supervisor,
) -> Result<Corpus, Break> {
    supervisor.events().enter(Phase::Tokenizing, None)?;
    let report = |Progress { what, done, total }| {
        let phase = Phase::Tokenizing;
        supervisor.events().emit(Event::Progress { phase, what, done, total })?;
        supervisor.attend()
    };
    let prepare = |report: &mut dyn FnMut(Progress) -> _| match cut_by {
        None => Corpus::prepare(plan, folder, isolation, report),
        Some(other) => Corpus::prepare_same_text(plan, folder, other, isolation, report),
    };
    let whose = if cut_by.is_some() { "in the reference model's tokens: " } else { "" };
    let corpus = reporting(report, prepare)?;
    for notice in corpus.notices() {
        let level = if notice.is_warning { Level::Warning } else { Level::Info };
        supervisor.events().notice(level, format!("{whose}{}", notice.text))?;
    }
    Ok(corpus)
}

fn require_rows(plan: &RunPlan, corpus: &Corpus, domain: DomainId) -> Result<(), TrainError> {
    let missing = match (corpus.train_count(domain), corpus.held_out_count(domain)) {
        (0, _) => "training",
        (_, 0) => "held-out",
        _ => return Ok(()),
    };
    Err(TrainError::NoRows { domain: plan.data.domains[domain.0].name.clone(), what: missing })
}

fn precision_words(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => "f32",
        Precision::MixedBf16 => "bf16 products, f32 master weights",
        Precision::PureBf16 => "bf16, stochastic rounding",
    }
}
