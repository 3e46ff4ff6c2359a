//! The way of a detection: batch by batch, texts are drawn and judged.

use super::detection::Detection;
use super::estimate::{self, Judged};
use super::judge::{Finding, Judge, Usage};
use super::samples::{SampledText, Samples, TextJudgement};
use super::{DetectError, fingerprint};
use crate::config::{Precision, SamplingPlan, Weighting};
use crate::data::Decoder;
use crate::mixing::Mixture;
use crate::model::{Model, Prompt, Sampling, SpecialTokens, Stream};
use crate::telemetry::{DetectionSample, Event, JudgeUsage, JudgedText, Level, Phase};
use crate::unit::Tokens;
use std::ops::{ControlFlow, Range};
use std::path::Path;

/// Texts of a batch that are shown with their judgements.
const SHOWN: usize = 3;
/// Characters of such a text.
const SHOWN_CHARACTERS: usize = 200;

type Say<'a> = &'a mut dyn FnMut(Event) -> ControlFlow<()>;

/// A detection between its beginning and its answer.
pub(super) struct Course<'a> {
    detection: &'a Detection<'a>,
    judge: Box<dyn Judge>,
    decoder: Decoder,
    special: SpecialTokens,
    samples: Samples,
    /// Loaded when a text has to be drawn.
    model: Option<Model>,
    /// Of the texts from the first on.
    judgements: Vec<TextJudgement>,
    usage: Usage,
}

/// A detection whose texts are all drawn and judged.
pub(super) struct Done {
    /// The start token in words.
    pub start: String,
    /// Who judged.
    pub judge: Box<dyn Judge>,
    /// What judging has cost.
    pub usage: Usage,
    /// The judgements by iteration.
    pub judged: Vec<Vec<Judged>>,
}

impl<'a> Course<'a> {
    /// Opens what an earlier process left.
    pub fn begin(
        detection: &'a Detection<'a>,
        judge: Box<dyn Judge>,
        say: Say<'_>,
    ) -> Result<Self, DetectError> {
        let decisive = fingerprint::of_sampling(detection)?;
        let per_iteration = detection.plan.samples;
        let batch = detection.plan.sampling.batch;
        let is_whole = |count: usize| (count % per_iteration).is_multiple_of(batch);
        let samples = Samples::open(detection.folder, &decisive, is_whole)?;
        if let Some(path) = samples.replaced() {
            stop_if(say(begun_anew(path)))?;
        }
        Ok(Course {
            judge,
            decoder: Decoder::open(detection.model)?,
            special: SpecialTokens::read(detection.model)?,
            samples,
            model: None,
            judgements: Vec::new(),
            usage: Usage::default(),
            detection,
        })
    }

    /// Draws and judges all that is missing.
    pub fn run(&mut self, say: Say<'_>) -> Result<(), DetectError> {
        for batch in batches(self.detection) {
            if self.samples.texts().len() < batch.end {
                let texts = self.draw(batch.clone(), say)?;
                self.samples.append(texts)?;
            }
            self.ask(batch.clone(), say)?;
            let sample = self.progress(&batch)?;
            stop_if(say(Event::Detecting(sample)))?;
        }
        Ok(())
    }

    /// What came of it; the file of the texts is written again with their judgements.
    pub fn end(self) -> Result<Done, DetectError> {
        let judged = self.judged_by_iteration()?;
        let start = format!("{} ({})", self.special.start, self.special.start_source);
        if let Some(why) = nothing_judged(&self.judgements) {
            return Err(DetectError::NothingJudged { texts: self.judgements.len(), why });
        }
        self.samples.judged(self.judgements)?;
        Ok(Done { start, judge: self.judge, usage: self.usage, judged })
    }

    /// Draws the texts of a batch.
    fn draw(&mut self, batch: Range<usize>, say: Say<'_>) -> Result<Vec<SampledText>, DetectError> {
        let plan = &self.detection.plan;
        let prompts: Vec<Prompt> = batch
            .clone()
            .map(|sample| Prompt {
                tokens: vec![self.special.start],
                stream: Stream { seed: self.detection.seed, sample: sample as u64 },
            })
            .collect();
        let sampling = sampling(&plan.sampling);
        let progress = Event::Progress {
            phase: Phase::Detection,
            what: "texts".into(),
            done: batch.start as u64,
            total: Some(plan.samples as u64 * plan.iterations),
        };
        let mut stopped = || say(progress.clone()).is_break();
        if stopped() {
            return Err(DetectError::Stopped);
        }
        let ends = self.special.ends.clone();
        let drawn = self.model()?.generate(&prompts, &sampling, &ends, &mut stopped)?;
        let drawn = drawn.ok_or(DetectError::Stopped)?;
        let sampled = drawn.into_iter().zip(batch).map(|(generated, place)| {
            let tokens: Vec<u32> = generated.tokens.iter().map(|&token| token as u32).collect();
            Ok(SampledText {
                iteration: (place / plan.samples) as u64 + 1,
                sample: (place % plan.samples) as u64,
                seed: place as u64,
                text: self.decoder.text(&tokens)?,
                tokens,
                judgement: None,
            })
        });
        sampled.collect()
    }

    fn model(&mut self) -> Result<&Model, DetectError> {
        let Detection { plan, model, device, seed, .. } = self.detection;
        let precision = if device.is_cuda() { Precision::PureBf16 } else { Precision::F32 };
        match &mut self.model {
            Some(model) => Ok(model),
            none => {
                Ok(none.insert(Model::from_source(&plan.model, model, *seed, *device, precision)?))
            }
        }
    }

    /// Has the texts of a batch judged.
    fn ask(&mut self, batch: Range<usize>, say: Say<'_>) -> Result<(), DetectError> {
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
                Finding::Notice(text) => say(Event::Notice { level: Level::Warning, text }),
                Finding::Working(counts) => {
                    *usage = counts;
                    say(Event::Progress {
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

/// Places of the texts of each batch, in order; a batch lies within one iteration.
fn batches(detection: &Detection<'_>) -> impl Iterator<Item = Range<usize>> + use<> {
    let (samples, batch) = (detection.plan.samples, detection.plan.sampling.batch);
    (0..detection.plan.iterations as usize).flat_map(move |iteration| {
        let first = iteration * samples;
        (0..samples)
            .step_by(batch)
            .map(move |begin| first + begin..first + (begin + batch).min(samples))
    })
}

fn sampling(plan: &SamplingPlan) -> Sampling {
    Sampling {
        temperature: plan.temperature,
        top_p: plan.top_p,
        top_k: plan.top_k,
        repetition_penalty: plan.repetition_penalty,
        max_new_tokens: plan.max_tokens,
        turns: plan.turns,
    }
}

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

fn begun_anew(path: &Path) -> Event {
    let text = format!(
        "{} held texts of another model or of other sampling settings; they are drawn anew",
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
