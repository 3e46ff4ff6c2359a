//! The phases before training: device, data, detection, mastery ceilings, model.

use super::desk::Desk;
use super::error::{Break, TrainError};
use super::reference::{ReferenceRun, describe, held_out_examples, same_tokenizer};
use super::samples::Prompts;
use super::stored::{self, StoredDetection, StoredReference};
use super::trainer::{Budgets, Trainer};
use crate::config::{
    DetectedSource, JudgePlan, Length, ModelSource, Precision, ReferenceSource, ReferenceTuning,
    RunPlan,
};
use crate::data::{Corpus, DataError, Decoder, Example, Progress};
use crate::detect::{Answer, Detection};
use crate::mixing::Mixture;
use crate::model::{self, Fetching, Model, PassOptions};
use crate::telemetry::{DeviceInfo, Event, Level, Phase};
use crate::torch;
use crate::unit::DomainId;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Training rows of a domain that the tokenizer's merges are held against, where no judge learns
/// from them.
const TOKENIZER_ROWS: usize = 2000;

/// What the loop needs besides the mixer.
pub struct Prepared {
    /// The model with its optimizer.
    pub trainer: Trainer,
    /// The data.
    pub corpus: Corpus,
    /// Every held-out row of every domain.
    pub held_out: Vec<Example>,
    /// Optimizer steps of the run.
    pub total_steps: u64,
    /// Folder of the tokenizer.
    pub tokenizer: PathBuf,
    /// What texts are written for; made when the first are wanted.
    pub(super) prompts: Option<Prompts>,
}

/// Device and data: what comes first in every process that works on the run.
pub struct Ground {
    device: tch::Device,
    /// What it is.
    pub info: DeviceInfo,
    /// What the run computes in.
    pub precision: Precision,
    folder: PathBuf,
    /// The tokenized data.
    pub corpus: Corpus,
}

/// Takes the device, finds the model and makes tokens of the data.
pub fn ground(plan: &RunPlan, desk: &mut Desk) -> Result<Ground, Break> {
    desk.enter(Phase::Loading, None)?;
    let (device, info) = torch::choose(plan.device, plan.threads)?;
    desk.emit(Event::DeviceChosen(info.clone()))?;
    let folder = resolve(&plan.model.source, desk)?;
    let corpus = tokenize(plan, &folder, desk)?;
    for index in 0..plan.data.domains.len() {
        desk.emit(Event::DataReady(corpus.summaries()[index].clone()))?;
        require_rows(plan, &corpus, DomainId(index))?;
    }
    let precision = plan.model.precision.unwrap_or(Precision::suiting(device.is_cuda()));
    Ok(Ground { device, info, precision, folder, corpus })
}

impl Ground {
    /// w(0), from where the config says; kept as `detection.ron`.
    pub fn detect(&self, plan: &RunPlan, run: &Path, desk: &mut Desk) -> Result<Mixture, Break> {
        desk.enter(Phase::Detection, None)?;
        let (mixture, source, measured) = match &plan.mixing.detected {
            DetectedSource::Given(mixture) => (mixture.clone(), "given in the config".into(), None),
            DetectedSource::Preset { name, mixture } => {
                (mixture.clone(), format!("the authors' counts for {name}"), None)
            }
            DetectedSource::File(path) => {
                (StoredDetection::read(path, &desk.domains)?, path.display().to_string(), None)
            }
            DetectedSource::Measure => {
                let answer = self.measure(plan, run, desk)?;
                let source = format!("{} judged by {}", answer.model, answer.judge);
                (answer.estimate.mixture.clone(), source, Some(answer))
            }
        };
        let intervals = measured.as_ref().map_or(Vec::new(), |a| a.estimate.intervals.clone());
        let weights =
            desk.domains.iter().cloned().zip(mixture.as_slice().iter().copied()).collect();
        let stored = StoredDetection { source: source.clone(), weights, measured };
        stored::write(&run.join("detection.ron"), &stored)?;
        desk.emit(Event::Detected { mixture: mixture.clone(), source, intervals })?;
        Ok(mixture)
    }

    fn measure(&self, plan: &RunPlan, run: &Path, desk: &mut Desk) -> Result<Answer, Break> {
        let model = resolve(&plan.detection.model, desk)?;
        let rows = self.training_texts(plan)?;
        let domains = desk.domains.clone();
        let detection = Detection {
            plan: &plan.detection,
            seed: plan.seed,
            domains: &domains,
            model: &model,
            source: describe(&plan.detection.model),
            device: self.device,
            rows: &rows,
            folder: &run.join("detection"),
        };
        let mut broken = None;
        let answer = detection.measure(&mut |event| {
            broken = desk.emit(event).map_err(Break::from).and_then(|()| attend(desk)).err();
            if broken.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match broken {
            Some(broken) => Err(broken),
            None => Ok(answer?),
        }
    }

    /// Training rows as text, spread evenly over each domain: what detection compares texts with.
    fn training_texts(&self, plan: &RunPlan) -> Result<Vec<(String, usize)>, TrainError> {
        let most = match &plan.detection.judge {
            JudgePlan::Offline { rows } => *rows,
            JudgePlan::Endpoint(_) if plan.detection.tokenizer => TOKENIZER_ROWS,
            JudgePlan::Endpoint(_) => return Ok(Vec::new()),
        };
        let decoder = Decoder::open(&self.folder)?;
        let mut texts = Vec::new();
        for domain in 0..plan.data.domains.len() {
            let rows = self.corpus.train_rows(DomainId(domain));
            let taken = rows.min(most);
            for row in (0..taken).map(|i| i * rows / taken) {
                let example = self.corpus.train_example(DomainId(domain), row)?;
                texts.push((decoder.text(&example.tokens)?, domain));
            }
        }
        Ok(texts)
    }

    /// r per domain, from where the config says; empty if it wants none.
    pub fn reference_losses(
        &self,
        plan: &RunPlan,
        run: &Path,
        desk: &mut Desk,
    ) -> Result<Vec<f64>, Break> {
        desk.enter(Phase::Reference, None)?;
        let (losses, source) = match &plan.mixing.reference {
            ReferenceSource::None => return Ok(Vec::new()),
            ReferenceSource::Given(losses) => (losses.clone(), "given in the config".to_string()),
            ReferenceSource::File(path) => {
                (StoredReference::read(path, &desk.domains)?, path.display().to_string())
            }
            ReferenceSource::Tune(tuning) => (
                self.tune(plan, tuning, run, desk)?,
                format!("{} tuned on each domain", describe(&tuning.model)),
            ),
        };
        desk.emit(Event::ReferenceLosses { losses: losses.clone(), source })?;
        Ok(losses)
    }

    /// The model to tune and its optimizer, and everything held out.
    pub fn finish(self, plan: &RunPlan, desk: &mut Desk) -> Result<Prepared, Break> {
        desk.enter(Phase::Loading, Some("model".into()))?;
        let precision = self.precision;
        let source = &plan.model.source;
        let model = Model::from_source(source, &self.folder, plan.seed, self.device, precision)?;
        desk.emit(Event::ModelLoaded {
            source: describe(source),
            family: model.architecture().family.to_string(),
            parameters: model.parameter_count(),
            precision: precision_words(precision).into(),
        })?;
        let domains = plan.data.domains.len();
        let training = &plan.training;
        let options =
            PassOptions { recompute: plan.model.recompute, loss_chunk: training.loss_chunk };
        let trainer = Trainer::new(
            model,
            training.adam,
            precision,
            plan.seed,
            budgets(plan),
            options,
            domains,
        )?;
        let mut held_out = Vec::new();
        for index in 0..domains {
            held_out.extend(held_out_examples(&self.corpus, DomainId(index))?);
        }
        let total_steps = total_steps(plan, &self.corpus);
        desk.emit(Event::Planned { steps: total_steps })?;
        Ok(Prepared {
            trainer,
            corpus: self.corpus,
            held_out,
            total_steps,
            tokenizer: self.folder,
            prompts: None,
        })
    }

    fn tune(
        &self,
        plan: &RunPlan,
        tuning: &ReferenceTuning,
        run: &Path,
        desk: &mut Desk,
    ) -> Result<Vec<f64>, Break> {
        let folder = resolve(&tuning.model, desk)?;
        let own = if same_tokenizer(&folder, &self.folder) {
            None
        } else {
            Some(tokenize(plan, &folder, desk)?)
        };
        let target_tokens: Vec<u64> = self
            .corpus
            .summaries()
            .iter()
            .map(|summary| summary.held_out_target_tokens.0)
            .collect();
        ReferenceRun {
            plan,
            tuning,
            folder: &folder,
            corpus: own.as_ref().unwrap_or(&self.corpus),
            target_tokens: &target_tokens,
            device: self.device,
            precision: self.precision,
            path: &run.join("reference.ron"),
        }
        .measure(desk)
    }
}

/// The budgets that the config asks for.
pub fn budgets(plan: &RunPlan) -> Budgets {
    Budgets { training: plan.training.micro_batch, evaluation: plan.evaluation.batch }
}

/// Optimizer steps of a run: as given, or the epochs times all training rows over the batch.
pub fn total_steps(plan: &RunPlan, corpus: &Corpus) -> u64 {
    match plan.training.length {
        Length::Steps(steps) => steps,
        Length::Epochs(epochs) => {
            let rows: usize =
                (0..plan.data.domains.len()).map(|i| corpus.train_rows(DomainId(i))).sum();
            (epochs * rows as f64 / plan.training.batch_samples as f64).ceil() as u64
        }
    }
}

fn resolve(source: &ModelSource, desk: &mut Desk) -> Result<PathBuf, Break> {
    let mut broken = None;
    let folder = model::resolve(source, &mut |fetching: Fetching| {
        broken = say_fetching(fetching, source, desk).err();
        if broken.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match broken {
        Some(broken) => Err(broken),
        None => Ok(folder?),
    }
}

fn say_fetching(fetching: Fetching, source: &ModelSource, desk: &mut Desk) -> Result<(), Break> {
    match fetching {
        Fetching::Bytes { done, total } => {
            desk.emit(Event::Progress {
                phase: Phase::Loading,
                what: describe(source),
                done,
                total,
            })?;
        }
        Fetching::Notice(text) => desk.notice(Level::Warning, text)?,
    }
    attend(desk)
}

fn tokenize(plan: &RunPlan, folder: &Path, desk: &mut Desk) -> Result<Corpus, Break> {
    desk.enter(Phase::Tokenizing, None)?;
    let mut broken = None;
    let corpus = Corpus::prepare(&plan.data, folder, &mut |progress: Progress| {
        broken = say_progress(progress, desk).err();
        if broken.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match (corpus, broken) {
        (_, Some(broken)) => Err(broken),
        (Err(DataError::Stopped), None) => Err(Break::Error(DataError::Stopped.into())),
        (Err(error), None) => Err(error.into()),
        (Ok(corpus), None) => {
            for text in corpus.notices() {
                desk.notice(Level::Warning, text)?;
            }
            Ok(corpus)
        }
    }
}

fn say_progress(progress: Progress, desk: &mut Desk) -> Result<(), Break> {
    let Progress { what, done, total } = progress;
    desk.emit(Event::Progress { phase: Phase::Tokenizing, what, done, total })?;
    attend(desk)
}

fn attend(desk: &mut Desk) -> Result<(), Break> {
    match desk.attend()? {
        Some(halt) => Err(Break::Halt(halt)),
        None => Ok(()),
    }
}

fn require_rows(plan: &RunPlan, corpus: &Corpus, domain: DomainId) -> Result<(), TrainError> {
    let missing = match (corpus.train_rows(domain), corpus.held_out_rows(domain)) {
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
