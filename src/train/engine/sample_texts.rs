//! When the model writes sample texts.

use super::Engine;
use crate::control::Verdict;
use crate::telemetry::{Event, Level, Phase, SampleText};
use crate::train::error::TrainError;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::prompts::Prompts;
use crate::train::run_control::{done, rejected};
use crate::unit::Step;
use std::time::Instant;

impl Engine<'_> {
    /// Writes texts if `samples.every` makes them due at this step.
    pub(super) fn generate_if_due(&mut self) -> Result<(), Break> {
        let step = self.control.step();
        match self.control.status.live.intervals.samples_every {
            Some(every) if step == Step(0) || step.is_multiple_of(every) => self.generate_or_warn(),
            Some(_) | None => Ok(()),
        }
    }

    /// Writes texts after the last step, if `samples.every` is set.
    pub(super) fn generate_at_end(&mut self) -> Result<(), Break> {
        match self.control.status.live.intervals.samples_every {
            Some(_) => self.generate_or_warn(),
            None => Ok(()),
        }
    }

    fn generate_or_warn(&mut self) -> Result<(), Break> {
        if let Verdict::Rejected { why } = self.generate_texts()? {
            self.control.events.notice(Level::Warning, format!("no sample texts: {why}"))?;
        }
        Ok(())
    }

    /// Writes texts and reports them. Lack of memory and the like do not end a run.
    pub(super) fn generate_texts(&mut self) -> Result<Verdict, Break> {
        self.control.events.enter(Phase::Evaluating, Some("sample texts".into()))?;
        let begun = Instant::now();
        match self.texts() {
            Ok(Some(texts)) if texts.is_empty() => Ok(rejected(
                "no held-out row has a prompt that leaves space for samples.max_tokens tokens",
            )),
            Ok(Some(texts)) => {
                let (step, secs) = (self.control.step(), begun.elapsed().as_secs_f64());
                self.control.events.emit(Event::Sampled { step, texts, secs })?;
                Ok(done())
            }
            Ok(None) => Ok(rejected("the run was stopped meanwhile")),
            Err(error) => Ok(rejected(&error.to_string())),
        }
    }

    /// `None` where a request waits that ends the run.
    fn texts(&mut self) -> Result<Option<Vec<SampleText>>, TrainError> {
        let prepared = &self.prepared;
        let model = &prepared.trainer.model;
        let prompts = match self.prompts.take() {
            Some(prompts) => prompts,
            None => Prompts::new(&self.plan, &prepared.tokenizer, &prepared.held_out, model)?,
        };
        let control = &mut *self.control;
        let texts = prompts.write(model, &self.plan.samples, &mut || control.is_urgent());
        self.prompts = Some(prompts);
        texts
    }
}
