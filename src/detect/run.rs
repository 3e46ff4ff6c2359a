//! A detection in progress: texts are drawn and judged batch by batch.

use super::detection::Detection;
use super::draw::{Emit, TextSource};
use super::error::DetectError;
use super::estimate::{self, Judged};
use super::fingerprint::sampling_fingerprint;
use super::judge::{Finding, Judge, Usage};
use super::samples::{Samples, TextJudgement};
use crate::config::Weighting;
use crate::mixing::Mixture;
use crate::telemetry::{DetectionSample, Event, JudgeUsage, JudgedText, Level, Phase};
use crate::unit::Tokens;
use std::ops::{ControlFlow, Range};
use std::path::Path;

/// Texts of a batch that are shown with their judgements.
const SHOWN: usize = 3;
/// Characters of such a text.
const SHOWN_CHARACTERS: usize = 200;

/// A detection between its beginning and its result.
pub(super) struct DetectionRun<'a> {
    detection: &'a Detection<'a>,
    judge: Box<dyn Judge>,
    source: TextSource<'a>,
    samples: Samples,
    /// One for each of the first texts.
    judgements: Vec<TextJudgement>,
    usage: Usage,
}

/// All texts of a detection, drawn and judged.
pub(super) struct JudgedTexts {
    /// The start token in words.
    pub start: String,
    pub judge: Box<dyn Judge>,
    pub usage: Usage,
    /// The judgements by iteration.
    pub judged: Vec<Vec<Judged>>,
}

impl<'a> DetectionRun<'a> {
    /// Opens the texts that an earlier process has drawn, if there are some.
    pub fn open(
        detection: &'a Detection<'a>,
        judge: Box<dyn Judge>,
        emit: Emit<'_>,
    ) -> Result<Self, DetectError> {
        let sampling = sampling_fingerprint(detection)?;
        let per_iteration = detection.plan.samples;
        let batch = detection.plan.sampling.batch;
        let is_whole = |count: usize| (count % per_iteration).is_multiple_of(batch);
        let samples = Samples::open(detection.folder, &sampling, is_whole)?;
        if let Some(path) = samples.replaced() {
            stop_if(emit(drawn_again(path)))?;
        }
        Ok(DetectionRun {
            judge,
            source: TextSource::open(detection)?,
            samples,
            judgements: Vec::new(),
            usage: Usage::default(),
            detection,
        })
    }

    /// Draws and judges all missing texts.
    pub fn draw_and_judge(&mut self, emit: Emit<'_>) -> Result<(), DetectError> {
        for batch in batches(self.detection) {
            if self.samples.texts().len() < batch.end {
                let texts = self.source.draw(batch.clone(), emit)?;
                self.samples.append(texts)?;
            }
            self.judge_batch(batch.clone(), emit)?;
            let sample = self.progress(&batch)?;
            stop_if(emit(Event::Detecting(sample)))?;
        }
        Ok(())
    }

    /// Returns all judgements, and adds them to the file of the texts.
    ///
    /// # Errors
    /// Not one text was judged, or the file cannot be written.
    pub fn finish(self) -> Result<JudgedTexts, DetectError> {
        let judged = self.judged_by_iteration()?;
        if let Some(why) = nothing_judged(&self.judgements) {
            return Err(DetectError::NothingJudged { texts: self.judgements.len(), why });
        }
        self.samples.write_judgements(self.judgements)?;
        let start = self.source.start_token();
        Ok(JudgedTexts { start, judge: self.judge, usage: self.usage, judged })
    }

    /// Judges the texts of a batch.
    fn judge_batch(&mut self, batch: Range<usize>, emit: Emit<'_>) -> Result<(), DetectError> {
        let texts: Vec<String> =
            self.samples.texts()[batch.clone()].iter().map(|text| text.text.clone()).collect();
        let mut found: Vec<Option<TextJudgement>> = vec![None; texts.len()];
        let mut flow = ControlFlow::Continue(());
        let usage = &mut self.usage;
        self.judge.judge(&texts, &mut |finding| {
            flow = match finding {
                Finding::Judged { text, probabilities } => {
                    let probabilities = probabilities.as_slice().to_vec();
                    found[text] = Some(TextJudgement::Judged { probabilities });
                    ControlFlow::Continue(())
                }
                Finding::Unjudged { text, why } => {
                    found[text] = Some(TextJudgement::Unjudged { unjudged: why });
                    ControlFlow::Continue(())
                }
                Finding::Notice(text) => emit(Event::Notice { level: Level::Warning, text }),
                Finding::Working(counts) => {
                    *usage = counts;
                    emit(Event::Progress {
                        phase: Phase::Detection,
                        what: "judgements".into(),
                        done: (batch.start + found.iter().flatten().count()) as u64,
                        total: None,
                    })
                }
            };
            flow
        })?;
        stop_if(flow)?;
        let missing = || TextJudgement::Unjudged { unjudged: "the judge left it out".into() };
        self.judgements.extend(found.into_iter().map(|one| one.unwrap_or_else(missing)));
        Ok(())
    }

    fn progress(&self, batch: &Range<usize>) -> Result<DetectionSample, DetectError> {
        let plan = &self.detection.plan;
        let judged = self.judged_by_iteration()?;
        let estimate = estimate::running(&judged, self.judge.confusion(), self.detection.seed);
        let unjudged = self.judgements.iter().filter(|one| why(one).is_some()).count() as u64;
        Ok(DetectionSample {
            iteration: (batch.start / plan.samples) as u64 + 1,
            iterations: plan.iterations,
            drawn: self.samples.texts().len() as u64,
            planned: plan.samples as u64 * plan.iterations,
            judged: self.judgements.len() as u64 - unjudged,
            unjudged,
            estimate,
            latest: self.latest(),
            usage: JudgeUsage {
                requests: self.usage.requests,
                retries: self.usage.retries,
                tokens: Tokens(self.usage.prompt_tokens + self.usage.completion_tokens),
            },
        })
    }

    fn latest(&self) -> Vec<JudgedText> {
        let texts = &self.samples.texts()[..self.judgements.len()];
        let pairs = texts.iter().zip(&self.judgements).rev().take(SHOWN);
        pairs
            .map(|(text, judgement)| JudgedText {
                text: text.text.chars().take(SHOWN_CHARACTERS).collect(),
                probabilities: match judgement {
                    TextJudgement::Judged { probabilities } => probabilities.clone(),
                    TextJudgement::Unjudged { .. } => Vec::new(),
                },
                why: why(judgement).map(str::to_owned),
            })
            .collect()
    }

    fn judged_by_iteration(&self) -> Result<Vec<Vec<Judged>>, DetectError> {
        let pairs: Vec<_> = self.samples.texts().iter().zip(&self.judgements).collect();
        pairs
            .chunks(self.detection.plan.samples)
            .map(|iteration| {
                let judged = iteration.iter().map(|(text, judgement)| {
                    let weight = match self.detection.plan.weighting {
                        Weighting::Samples => 1.0,
                        Weighting::Tokens => text.tokens.len() as f64,
                    };
                    let probabilities = match judgement {
                        TextJudgement::Judged { probabilities } => {
                            Some(Mixture::new(probabilities.clone())?)
                        }
                        TextJudgement::Unjudged { .. } => None,
                    };
                    Ok(Judged { probabilities, weight })
                });
                judged.collect()
            })
            .collect()
    }
}

/// Indices of the texts of each batch, in order; a batch is within one iteration.
fn batches(detection: &Detection<'_>) -> impl Iterator<Item = Range<usize>> + use<> {
    let (samples, batch) = (detection.plan.samples, detection.plan.sampling.batch);
    (0..detection.plan.iterations as usize).flat_map(move |iteration| {
        let first = iteration * samples;
        (0..samples)
            .step_by(batch)
            .map(move |begin| first + begin..first + (begin + batch).min(samples))
    })
}

/// The reason why a text was not judged; `None` where it was.
fn why(judgement: &TextJudgement) -> Option<&str> {
    match judgement {
        TextJudgement::Judged { .. } => None,
        TextJudgement::Unjudged { unjudged } => Some(unjudged),
    }
}

/// Why the last text was not judged, where none was.
fn nothing_judged(judgements: &[TextJudgement]) -> Option<String> {
    let last = why(judgements.last()?)?;
    judgements.iter().all(|one| why(one).is_some()).then(|| last.to_owned())
}

fn drawn_again(path: &Path) -> Event {
    let text = format!(
        "{} held texts of another model or of other sampling options; they are drawn again",
        path.display()
    );
    Event::Notice { level: Level::Warning, text }
}

fn stop_if(flow: ControlFlow<()>) -> Result<(), DetectError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DetectError::Stopped),
    }
}
