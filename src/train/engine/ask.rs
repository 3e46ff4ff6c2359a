//! The model answers a prompt that an operator typed. Nothing of the run depends on it.

use super::Engine;
use crate::config::Precision;
use crate::control::Verdict;
use crate::data::{Decoder, Question, question};
use crate::model::{Model, Prompt, Sampling, SpecialTokens, Stream};
use crate::telemetry::{Event, Phase};
use crate::torch;
use crate::train::error::TrainError;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::run_control::rejected;
use crate::unit::Bytes;
use std::time::Instant;

/// What of the free memory the base model may take.
const MOST_OF_FREE: f64 = 0.8;

/// What the model wrote, and what the base model did, or why there is nothing of it.
type Answers = (String, Result<String, String>);

impl Engine<'_> {
    /// Answers a prompt by the model as it is, and by the one that the run began with where memory allows.
    pub(super) fn ask(&mut self, prompt: &str) -> Result<Verdict, Break> {
        self.control.events.enter(Phase::Evaluating, Some("an answer".into()))?;
        let begun = Instant::now();
        let (answer, base) = match self.answers(prompt) {
            Ok(Some(answers)) => answers,
            Ok(None) => return Ok(rejected("the run was stopped meanwhile")),
            Err(error) => return Ok(rejected(&error.to_string())),
        };
        let shown = |text: &str| if text.is_empty() { "(nothing)".into() } else { text.to_owned() };
        let new = match &base {
            Ok(base) => format!("{}\n(the base model: {})", shown(&answer), shown(base)),
            Err(why) => format!("{}\n(no base model beside it: {why})", shown(&answer)),
        };
        let (step, secs) = (self.control.step(), begun.elapsed().as_secs_f64());
        let prompt = prompt.to_owned();
        self.control.events.emit(Event::Asked { step, prompt, answer, base, secs })?;
        Ok(Verdict::Applied { old: None, new: Some(new) })
    }

    /// `None` where a request waits that ends the run.
    fn answers(&mut self, prompt: &str) -> Result<Option<Answers>, TrainError> {
        let base = self.base();
        let prepared = &self.prepared;
        let folder = &prepared.tokenizer;
        let Question { tokens, ends } =
            question(&prepared.data, folder, &prepared.isolation, prompt)?;
        let decoder = Decoder::open(folder)?;
        let mut all_ends = SpecialTokens::read(folder).map_or(Vec::new(), |special| special.ends);
        all_ends.extend(ends.into_iter().map(i64::from));
        let prompt = Prompt {
            tokens: tokens.into_iter().map(i64::from).collect(),
            stream: Stream { seed: self.plan.seed, sample: 0 },
        };
        let sampling = Sampling::greedy(self.plan.samples.max_tokens);
        let control = &mut *self.control;
        let mut answer = |model: &Model| -> Result<Option<String>, TrainError> {
            let texts =
                model.generate(std::slice::from_ref(&prompt), &sampling, &all_ends, &mut || {
                    control.is_urgent()
                })?;
            let Some(text) = texts.and_then(|mut texts| texts.pop()) else { return Ok(None) };
            let tokens: Vec<u32> = text.tokens.iter().map(|token| *token as u32).collect();
            Ok(Some(decoder.text(&tokens)?.trim().to_owned()))
        };
        let Some(now) = answer(&prepared.trainer.model)? else { return Ok(None) };
        let base = match base {
            Ok(base) => answer(&base),
            Err(why) => return Ok(Some((now, Err(why)))),
        };
        Ok(match base {
            Ok(None) => None,
            Ok(Some(base)) => Some((now, Ok(base))),
            Err(error) => Some((now, Err(error.to_string()))),
        })
    }

    /// The model that the run began with; `Err` is why there is no room for it.
    fn base(&self) -> Result<Model, String> {
        let trainer = &self.prepared.trainer;
        let (device, precision) = (trainer.device(), self.prepared.precision);
        let needed = Bytes(trainer.model.parameter_count() * bytes_of(precision));
        let free = torch::free_host_memory().filter(|_| !device.is_cuda());
        if let Some(free) = free.filter(|free| needed.0 as f64 > MOST_OF_FREE * free.0 as f64) {
            return Err(format!("it takes {needed}, and {free} of memory are free"));
        }
        let source = &self.plan.model.source;
        Model::from_source(source, &self.prepared.tokenizer, self.plan.seed, device, precision)
            .map_err(|error| error.to_string())
    }
}

/// Bytes of a parameter.
fn bytes_of(precision: Precision) -> u64 {
    match precision {
        Precision::F32 | Precision::MixedBf16 => 4,
        Precision::PureBf16 => 2,
    }
}
