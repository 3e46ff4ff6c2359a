//! Texts that the model writes for people to read: the prompts of the same held-out rows every time.
//! Nothing of the run depends on them.

use super::desk::rejected;
use super::engine::Engine;
use super::error::{Break, TrainError};
use crate::config::{RunPlan, SamplesPlan};
use crate::control::Verdict;
use crate::data::{Decoder, Example};
use crate::model::{Generated, Model, Prompt, Sampling, SpecialTokens, Stream};
use crate::telemetry::{Event, Level, Phase, SampleText};
use crate::unit::{DomainId, Step};
use std::path::Path;
use std::time::Instant;

/// Longest prompt that is taken, tokens.
const LONGEST: usize = 512;
/// Tokens that a text without a question begins with.
const BEGINNING: usize = 16;
/// Number of the first random stream; detection's begin at 0.
const FIRST_STREAM: u64 = 1 << 32;

/// The beginnings that texts are written for.
pub(super) struct Prompts {
    decoder: Decoder,
    ends: Vec<i64>,
    openings: Vec<Opening>,
}

struct Opening {
    prompt: Prompt,
    /// What is read before the model has written.
    text: SampleText,
}

impl Prompts {
    /// Of some rows of every domain, spread evenly over those held out.
    pub fn of(
        plan: &RunPlan,
        tokenizer: &Path,
        held_out: &[Example],
        model: &Model,
    ) -> Result<Self, TrainError> {
        let decoder = Decoder::open(tokenizer)?;
        // A model that does not say with which token its texts begin has ends all the same.
        let mut ends = SpecialTokens::read(tokenizer).map_or(Vec::new(), |special| special.ends);
        let room = model.architecture().max_positions.saturating_sub(plan.samples.max_tokens);
        let mut openings = Vec::new();
        for (index, domain) in plan.data.domains.iter().enumerate() {
            let fits = |sample: &&Example| {
                sample.domain == DomainId(index) && prompt_tokens(sample) <= room.min(LONGEST)
            };
            let rows: Vec<&Example> = held_out.iter().filter(fits).collect();
            let taken = rows.len().min(plan.samples.prompts);
            for sample in (0..taken).filter_map(|i| rows.get(i * rows.len() / taken)) {
                let number = FIRST_STREAM + openings.len() as u64;
                let (stream, most) = ((plan.seed, number), plan.samples.max_tokens);
                openings.push(opening(sample, &domain.name, stream, most, &decoder)?);
                ends.extend(end_of(sample, &decoder));
            }
        }
        ends.sort_unstable();
        ends.dedup();
        Ok(Prompts { decoder, ends, openings })
    }

    /// What the model writes now; `None` if `between` said to stop. Where the device runs out of
    /// memory fewer texts are written side by side.
    pub fn write(
        &self,
        model: &Model,
        plan: &SamplesPlan,
        between: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<SampleText>>, TrainError> {
        let sampling =
            Sampling { temperature: plan.temperature, ..Sampling::greedy(plan.max_tokens) };
        let prompts: Vec<Prompt> = self.openings.iter().map(|one| one.prompt.clone()).collect();
        let mut generated: Vec<Generated> = Vec::new();
        let mut side_by_side = prompts.len().max(1);
        while let Some(left) = prompts.get(generated.len()..).filter(|left| !left.is_empty()) {
            let batch = &left[..side_by_side.min(left.len())];
            match model.generate(batch, &sampling, &self.ends, between) {
                Ok(Some(texts)) => generated.extend(texts),
                Ok(None) => return Ok(None),
                Err(error) if side_by_side > 1 && error.is_out_of_memory() => side_by_side /= 2,
                Err(error) => return Err(error.into()),
            }
        }
        let texts = self.openings.iter().zip(generated).map(|(opening, generated)| {
            let tokens: Vec<u32> = generated.tokens.iter().map(|token| *token as u32).collect();
            let written = self.decoder.text(&tokens)?;
            Ok(SampleText { written, ended: generated.ended, ..opening.text.clone() })
        });
        texts.collect::<Result<_, TrainError>>().map(Some)
    }
}

/// How many of a row's tokens are its prompt: those before the first answer, or the beginning of a
/// row that is answer from its first token on.
fn prompt_tokens(sample: &Example) -> usize {
    let asked = sample.counted.iter().position(|counted| *counted).unwrap_or(sample.tokens.len());
    if asked > 1 { asked } else { (sample.tokens.len() / 2).clamp(1, BEGINNING) }
}

/// Where the first answer ends.
fn answer_end(sample: &Example) -> usize {
    let begin = prompt_tokens(sample);
    let rest = sample.counted.get(begin..).unwrap_or_default();
    begin + rest.iter().take_while(|counted| **counted).count()
}

fn opening(
    sample: &Example,
    domain: &str,
    (seed, number): (u64, u64),
    most: usize,
    decoder: &Decoder,
) -> Result<Opening, TrainError> {
    let (asked, rest) = sample.tokens.split_at(prompt_tokens(sample));
    let answer = rest.get(..answer_end(sample) - asked.len()).unwrap_or_default();
    // No more of it than the model may write.
    let seen = answer.get(..most).unwrap_or(answer);
    let end = if seen.len() < answer.len() { " …" } else { "" };
    Ok(Opening {
        prompt: Prompt {
            tokens: asked.iter().map(|token| i64::from(*token)).collect(),
            stream: Stream { seed, sample: number },
        },
        text: SampleText {
            domain: domain.to_owned(),
            prompt: decoder.text(asked)?,
            wanted: decoder.text(seen)? + end,
            written: String::new(),
            ended: false,
        },
    })
}

/// The token that a row's answer ends with: the chat template's own.
fn end_of(sample: &Example, decoder: &Decoder) -> Option<i64> {
    let last = sample.tokens[..answer_end(sample)].iter().rev().find(|token| {
        // Line breaks may stand behind it.
        decoder.is_special(**token) || !decoder.text(&[**token]).is_ok_and(|t| t.trim().is_empty())
    });
    last.filter(|token| decoder.is_special(**token)).map(|token| i64::from(*token))
}

impl Engine<'_> {
    /// Writes texts where the config wants them at this step.
    pub(super) fn sample_if_due(&mut self) -> Result<(), Break> {
        let step = self.desk.step;
        match self.plan.samples.every {
            Some(every) if step == Step(0) || step.is_multiple_of(every) => self.sample_or_warn(),
            Some(_) | None => Ok(()),
        }
    }

    /// Writes texts after the last step of a run that writes some now and then.
    pub(super) fn sample_at_end(&mut self) -> Result<(), Break> {
        match self.plan.samples.every {
            Some(_) => self.sample_or_warn(),
            None => Ok(()),
        }
    }

    fn sample_or_warn(&mut self) -> Result<(), Break> {
        if let Verdict::Rejected { why } = self.write_samples()? {
            self.desk.notice(Level::Warning, format!("no sample texts: {why}"))?;
        }
        Ok(())
    }

    /// Writes texts and says them. Lack of memory and the like are no end of a run.
    pub(super) fn write_samples(&mut self) -> Result<Verdict, Break> {
        self.desk.enter(Phase::Evaluating, Some("sample texts".into()))?;
        let begun = Instant::now();
        match self.texts() {
            Ok(Some(texts)) if texts.is_empty() => Ok(rejected(
                "no held-out row has a prompt that leaves room for samples.max_tokens tokens",
            )),
            Ok(Some(texts)) => {
                let (step, secs) = (self.desk.step, begun.elapsed().as_secs_f64());
                self.desk.emit(Event::Sampled { step, texts, secs })?;
                Ok(Verdict::Applied { old: None, new: None })
            }
            Ok(None) => Ok(rejected("the run was stopped meanwhile")),
            Err(error) => Ok(rejected(&error.to_string())),
        }
    }

    fn texts(&mut self) -> Result<Option<Vec<SampleText>>, TrainError> {
        let prepared = &mut self.prepared;
        let model = &prepared.trainer.model;
        let prompts = match prepared.prompts.take() {
            Some(prompts) => prompts,
            None => Prompts::of(&self.plan, &prepared.tokenizer, &prepared.held_out, model)?,
        };
        let desk = &mut *self.desk;
        let texts = prompts.write(model, &self.plan.samples, &mut || desk.is_urgent());
        prepared.prompts = Some(prompts);
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(counted: &[bool]) -> Example {
        let tokens = (0..counted.len() as u32).collect();
        Example { domain: DomainId(0), tokens, counted: counted.to_vec() }
    }

    #[test]
    fn the_prompt_is_what_stands_before_the_first_answer() {
        let asked = sample(&[false, false, false, true, true, false, true]);
        assert_eq!((prompt_tokens(&asked), answer_end(&asked)), (3, 5));
        let whole = sample(&[vec![false], vec![true; 99]].concat());
        assert_eq!((prompt_tokens(&whole), answer_end(&whole)), (16, 100));
        let short = sample(&[false, true]);
        assert_eq!((prompt_tokens(&short), answer_end(&short)), (1, 2));
    }
}
