//! Texts of the base model, drawn from its start token.

use super::detection::Detection;
use super::error::DetectError;
use super::samples::SampledText;
use crate::config::{Precision, SamplingPlan};
use crate::data::Decoder;
use crate::model::{Model, Prompt, Sampling, SpecialTokens, Stream};
use crate::telemetry::{Event, Phase};
use std::ops::{ControlFlow, Range};

/// Takes the events of a detection, and may break it off.
pub(super) type Emit<'a> = &'a mut dyn FnMut(Event) -> ControlFlow<()>;

/// The base model as a source of texts.
pub(super) struct TextSource<'a> {
    detection: &'a Detection<'a>,
    decoder: Decoder,
    special: SpecialTokens,
    /// Loaded when the first text is drawn, since a resumed detection may need none.
    model: Option<Model>,
}

impl<'a> TextSource<'a> {
    /// Reads tokenizer and special tokens; no weights yet.
    ///
    /// # Errors
    /// The model's folder lacks one of them.
    pub fn open(detection: &'a Detection<'a>) -> Result<Self, DetectError> {
        Ok(TextSource {
            decoder: Decoder::open(detection.model)?,
            special: SpecialTokens::read(detection.model)?,
            model: None,
            detection,
        })
    }

    /// The token that each text begins with, and the field that names it.
    pub fn start_token(&self) -> String {
        format!("{} ({})", self.special.start, self.special.start_source)
    }

    /// Draws the texts of a batch.
    ///
    /// # Errors
    /// The model cannot be used; [`DetectError::Stopped`] where `emit` broke off.
    pub fn draw(
        &mut self,
        batch: Range<usize>,
        emit: Emit<'_>,
    ) -> Result<Vec<SampledText>, DetectError> {
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
        let mut stopped = || emit(progress.clone()).is_break();
        if stopped() {
            return Err(DetectError::Stopped);
        }
        let ends = self.special.ends.clone();
        let drawn = self.model()?.generate(&prompts, &sampling, &ends, &mut stopped)?;
        let drawn = drawn.ok_or(DetectError::Stopped)?;
        let sampled = drawn.into_iter().zip(batch).map(|(generated, index)| {
            let tokens: Vec<u32> = generated.tokens.iter().map(|&token| token as u32).collect();
            Ok(SampledText {
                iteration: (index / plan.samples) as u64 + 1,
                sample: (index % plan.samples) as u64,
                seed: index as u64,
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
