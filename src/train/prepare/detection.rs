//! w(0): the mixture that the base model was trained on, measured or from the config.

use super::{PreparedData, mixmin};
use crate::config::{DetectedSource, JudgePlan, RunPlan};
use crate::data::Decoder;
use crate::detect::judge::plain_http_warning;
use crate::detect::{Detection, DetectionResult, TrainingRow};
use crate::mixing::{CrossLosses, Mixture};
use crate::telemetry::{Event, Level, Phase};
use crate::train::artifacts::{self, Measurement, StoredDetection};
use crate::train::error::TrainError;
use crate::train::examples::domain_names;
use crate::train::folder::DETECTION;
use crate::train::interrupt::{Break, Supervisor, reporting};
use crate::train::model_files::{describe, resolve};
use crate::unit::DomainId;
use std::path::Path;

/// Training rows of a domain that the tokenizer's merges are compared with, where no judge learns
/// from them.
const TOKENIZER_ROWS: usize = 2000;

impl PreparedData {
    /// w(0), given or measured; kept as `detection.ron` in the folder `run`. MixMin takes it from the losses
    /// `cross` of the reference models.
    pub fn detected_mixture(
        &self,
        plan: &RunPlan,
        cross: Option<&CrossLosses>,
        run: &Path,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Mixture, Break> {
        supervisor.events().enter(Phase::Detection, None)?;
        let domains = domain_names(plan);
        let (mixture, source, measured) = match &plan.mixing.detected {
            DetectedSource::Given { mixture, .. } => {
                let is_uniform = *mixture == Mixture::uniform(domains.len());
                let source = if is_uniform { "uniform" } else { "given in the config" };
                (mixture.clone(), source.into(), None)
            }
            DetectedSource::Preset { name, mixture } => {
                (mixture.clone(), format!("the authors' counts for {name}"), None)
            }
            DetectedSource::File(path) => {
                let (mixture, notice) = StoredDetection::read(path, &domains)?;
                supervisor.events().emit_notice(notice)?;
                (mixture, path.display().to_string(), None)
            }
            DetectedSource::MixMin => {
                let targets = &plan.mixing.params.targets;
                let (mixture, source) = mixmin::first_mixture(cross, targets, &domains)?;
                (mixture, source, None)
            }
            DetectedSource::Measure => {
                let answer = self.measure_detection(plan, run, supervisor)?;
                let source = format!("{} judged by {}", answer.model, answer.judge);
                (answer.estimate.mixture.clone(), source, Some(answer))
            }
        };
        let agreement = measured.as_ref().and(plan.detection.truth.as_ref());
        let agreement = agreement.map(|truth| 1.0 - mixture.total_variation(truth));
        let intervals = measured.as_ref().map_or(Vec::new(), |a| a.estimate.intervals.clone());
        let weights = domains.into_iter().zip(mixture.as_slice().iter().copied()).collect();
        let stored = StoredDetection { source: source.clone(), weights, measured };
        artifacts::write(&run.join(Measurement::Detection.file()), &stored)?;
        supervisor.events().emit(Event::Detected {
            mixture: mixture.clone(),
            source,
            intervals,
            agreement,
        })?;
        Ok(mixture)
    }

    fn measure_detection(
        &self,
        plan: &RunPlan,
        run: &Path,
        supervisor: &mut dyn Supervisor,
    ) -> Result<DetectionResult, Break> {
        if let Some(warning) = plain_http_warning(&plan.detection.judge) {
            supervisor.events().notice(Level::Warning, warning)?;
        }
        let model = resolve(&plan.detection.model, supervisor)?;
        let rows = self.training_rows(plan)?;
        let domains = domain_names(plan);
        let detection = Detection {
            plan: &plan.detection,
            seed: plan.seed,
            domains: &domains,
            model: &model,
            source: describe(&plan.detection.model),
            device: self.device,
            rows: &rows,
            folder: &run.join(DETECTION),
        };
        let report = |event| {
            supervisor.events().emit(event)?;
            supervisor.attend()
        };
        reporting(report, |report| detection.measure(report))
    }

    /// Training rows as text, spread evenly over each domain: what detection compares texts with.
    fn training_rows(&self, plan: &RunPlan) -> Result<Vec<TrainingRow>, TrainError> {
        let most = match &plan.detection.judge {
            JudgePlan::Offline { rows } => *rows,
            JudgePlan::Endpoint(_) if plan.detection.tokenizer => TOKENIZER_ROWS,
            JudgePlan::Endpoint(_) => return Ok(Vec::new()),
        };
        let decoder = Decoder::open(&self.model_folder)?;
        let mut texts = Vec::new();
        let longest = plan.detection.sampling.max_tokens;
        for domain in 0..plan.data.domains.len() {
            let rows = self.corpus.train_count(DomainId(domain));
            let taken = rows.min(most);
            for row in (0..taken).map(|i| i * rows / taken) {
                let example = self.corpus.train_example(DomainId(domain), row)?;
                let beginning = &example.tokens[..example.tokens.len().min(longest)];
                let [text, beginning] = [&example.tokens[..], beginning].map(|t| decoder.text(t));
                texts.push(TrainingRow { text: text?, beginning: beginning?, domain });
            }
        }
        Ok(texts)
    }
}
