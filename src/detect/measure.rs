//! A detection from its plan to its result.

use super::detection::{Detection, TrainingRow};
use super::error::DetectError;
use super::estimate;
use super::judge::{EndpointJudge, Judge, OfflineError, OfflineJudge, OfflineSettings, Row};
use super::result::{DetectionResult, TokenizerResult};
use super::run::{DetectionRun, JudgedTexts};
use super::tokenizer::{DomainTexts, Limits, infer_mixture};
use crate::config::JudgePlan;
use crate::data::{DataError, Unusable, load_tokenizer};
use crate::sandbox::caught;
use crate::telemetry::{Event, Phase};
use std::ops::ControlFlow;

impl Detection<'_> {
    /// Draws and judges the texts that are still missing, and estimates the shares. `emit` gets the
    /// progress and may break off, which leads to [`DetectError::Stopped`]; what was drawn and judged
    /// is kept.
    ///
    /// # Errors
    /// The model or the judge cannot be used, or something cannot be written.
    pub fn measure(
        &self,
        emit: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<DetectionResult, DetectError> {
        let judge = self.judge(emit)?;
        let mut run = DetectionRun::open(self, judge, emit)?;
        run.draw_and_judge(emit)?;
        let JudgedTexts { start, judge, usage, judged } = run.finish()?;
        let confusion = judge.confusion().cloned();
        let estimate = estimate::estimate(&judged, confusion.as_ref(), self.seed)?;
        Ok(DetectionResult {
            model: self.source.clone(),
            start,
            judge: judge.name(),
            judge_fingerprint: judge.fingerprint(),
            samples: self.plan.samples as u64,
            iterations: self.plan.iterations,
            estimate,
            confusion,
            usage,
            tokenizer: self.plan.tokenizer.then(|| self.infer_from_tokenizer()).transpose()?,
        })
    }

    fn infer_from_tokenizer(&self) -> Result<TokenizerResult, DetectError> {
        let tokenizer = load_tokenizer(self.model)?;
        let texts: Vec<Vec<&str>> = (0..self.domains.len())
            .map(|domain| {
                let rows = self.rows.iter().filter(|row| row.domain == domain);
                rows.map(|row| row.text.as_str()).collect()
            })
            .collect();
        let domains: Vec<DomainTexts<'_>> = self
            .domains
            .iter()
            .zip(&texts)
            .map(|(name, texts)| DomainTexts { name, texts })
            .collect();
        let infer = || infer_mixture(&tokenizer, &domains, &Limits::default());
        let inference = caught(infer).map_err(|panic| {
            let path = self.model.join("tokenizer.json");
            let problem = format!("it breaks on the text of the rows: {panic}");
            DataError::from(Unusable::Tokenizer { path, problem })
        })??;
        Ok(TokenizerResult {
            shares: inference.mixture,
            merges: inference.merges_used as u64,
            violation: inference.violation,
        })
    }

    fn judge(
        &self,
        emit: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Box<dyn Judge>, DetectError> {
        Ok(match &self.plan.judge {
            JudgePlan::Offline { rows } => {
                let settings = OfflineSettings { rows_per_domain: *rows, ..Default::default() };
                let rows: Vec<Row<'_>> = self.rows.iter().map(row).collect();
                let mut on_fitted = |done, total| emit(fitting(done, total));
                let domains = self.domains.len();
                let judge = OfflineJudge::fit(&rows, domains, &settings, self.seed, &mut on_fitted);
                Box::new(judge.map_err(|error| self.with_name(error))?)
            }
            JudgePlan::Endpoint(plan) => {
                std::fs::create_dir_all(self.folder)
                    .map_err(DetectError::io("create the folder", self.folder))?;
                let cache = self.folder.join("judgements.jsonl");
                Box::new(EndpointJudge::new(plan, self.domains, &cache)?)
            }
        })
    }

    /// Replaces the number by which the classifier knows a domain by its name.
    fn with_name(&self, error: OfflineError) -> DetectError {
        match error {
            OfflineError::FewRows { domain, found, needed } => {
                DetectError::FewRows { domain: self.domains[domain].clone(), found, needed }
            }
            OfflineError::Stopped => DetectError::Stopped,
            error => DetectError::Offline(error),
        }
    }
}

fn row(row: &TrainingRow) -> Row<'_> {
    Row { text: &row.text, beginning: &row.beginning, domain: row.domain }
}

fn fitting(done: u64, total: u64) -> Event {
    let what = "classifiers of the offline judge".into();
    Event::Progress { phase: Phase::Detection, what, done, total: Some(total) }
}
