use super::course::{Course, Done};
use super::judge::{EndpointJudge, Judge, OfflineError, OfflineJudge, OfflineSettings};
use super::tokenizer::{DomainTexts, Limits, infer_mixture};
use super::{Answer, DetectError, TokenizerAnswer, estimate};
use crate::config::{DetectionPlan, JudgePlan};
use crate::telemetry::{Event, Phase};
use std::ops::ControlFlow;
use std::path::Path;
use tch::Device;
use tokenizers::Tokenizer;

/// One detection: what is asked of which model, and where it keeps what it knows.
pub struct Detection<'a> {
    /// How.
    pub plan: &'a DetectionPlan,
    /// Seed of the texts, of the classifier and of the bootstrap.
    pub seed: u64,
    /// Names of the domains.
    pub domains: &'a [String],
    /// Folder of the model.
    pub model: &'a Path,
    /// The model in words.
    pub source: String,
    /// The device.
    pub device: Device,
    /// Training rows as text, with their domains: what the offline judge learns from, and the
    /// tokenizer's merges are held against.
    pub rows: &'a [(String, usize)],
    /// Folder for texts and judgements.
    pub folder: &'a Path,
}

impl Detection<'_> {
    /// Draws and judges what is still missing, and answers. `say` hears how far it is and may break
    /// off, which gives [`DetectError::Stopped`]; what was drawn and judged is kept.
    ///
    /// # Errors
    /// The model or the judge cannot be used, or something cannot be written.
    pub fn measure(
        &self,
        say: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Answer, DetectError> {
        let judge = self.judge(say)?;
        let mut course = Course::begin(self, judge, say)?;
        course.run(say)?;
        let Done { start, judge, usage, judged } = course.end()?;
        let confusion = judge.confusion().cloned();
        let estimate = estimate::estimate(&judged, confusion.as_ref(), self.seed)?;
        Ok(Answer {
            model: self.source.clone(),
            start,
            judge: judge.name(),
            judge_fingerprint: judge.fingerprint(),
            samples: self.plan.samples as u64,
            iterations: self.plan.iterations,
            estimate,
            confusion,
            usage,
            tokenizer: self.plan.tokenizer.then(|| self.ask_tokenizer()).transpose()?,
        })
    }

    fn ask_tokenizer(&self) -> Result<TokenizerAnswer, DetectError> {
        let path = self.model.join("tokenizer.json");
        let tokenizer = Tokenizer::from_file(&path)
            .map_err(|error| DetectError::Tokenizer { path, problem: error.to_string() })?;
        let texts: Vec<Vec<&str>> = (0..self.domains.len())
            .map(|domain| {
                let rows = self.rows.iter().filter(|(_, of)| *of == domain);
                rows.map(|(text, _)| text.as_str()).collect()
            })
            .collect();
        let domains: Vec<DomainTexts<'_>> = self
            .domains
            .iter()
            .zip(&texts)
            .map(|(name, texts)| DomainTexts { name, texts })
            .collect();
        let inference = infer_mixture(&tokenizer, &domains, &Limits::default())?;
        Ok(TokenizerAnswer {
            shares: inference.mixture,
            merges: inference.merges_used as u64,
            violation: inference.violation,
        })
    }

    /// The classifier counts domains; people know them by name.
    fn named(&self, error: OfflineError) -> DetectError {
        match error {
            OfflineError::FewRows { domain, found, needed } => {
                DetectError::FewRows { domain: self.domains[domain].clone(), found, needed }
            }
            OfflineError::Stopped => DetectError::Stopped,
            error => DetectError::Offline(error),
        }
    }

    fn judge(
        &self,
        say: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Box<dyn Judge>, DetectError> {
        Ok(match &self.plan.judge {
            JudgePlan::Offline { rows } => {
                let settings = OfflineSettings { rows_per_domain: *rows, ..Default::default() };
                let texts: Vec<(&str, usize)> =
                    self.rows.iter().map(|(text, domain)| (text.as_str(), *domain)).collect();
                let mut fitted = |done, total| say(fitting(done, total));
                let domains = self.domains.len();
                let judge = OfflineJudge::fit(&texts, domains, &settings, self.seed, &mut fitted);
                Box::new(judge.map_err(|error| self.named(error))?)
            }
            JudgePlan::Endpoint(plan) => {
                std::fs::create_dir_all(self.folder)
                    .map_err(DetectError::io("create the folder", self.folder))?;
                let cache = self.folder.join("judgements.jsonl");
                Box::new(EndpointJudge::new(plan, self.domains, &cache)?)
            }
        })
    }
}

fn fitting(done: u64, total: u64) -> Event {
    let what = "classifiers of the offline judge".into();
    Event::Progress { phase: Phase::Detection, what, done, total: Some(total) }
}
