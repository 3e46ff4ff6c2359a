//! Sample texts: what the model writes to the prompts of the same held-out rows each time, for the
//! user to read. No result of the run depends on them.

use super::error::TrainError;
use crate::config::{RunPlan, SamplesPlan};
use crate::data::{Decoder, Example};
use crate::model::{Generated, Model, Prompt, Sampling, SpecialTokens, Stream};
use crate::telemetry::SampleText;
use crate::unit::DomainId;
use std::path::Path;

/// Longest prompt that is taken, tokens.
const LONGEST: usize = 512;
/// Tokens that a text without a question begins with.
const BEGINNING: usize = 16;
/// Index of the first random stream; detection's begin at 0.
const FIRST_STREAM: u64 = 1 << 32;

/// The beginnings that the model continues.
pub struct Prompts {
    decoder: Decoder,
    ends: Vec<i64>,
    openings: Vec<Opening>,
}

struct Opening {
    prompt: Prompt,
    /// What is shown, still without the model's text.
    text: SampleText,
}

impl Prompts {
    /// Prompts from some rows of every domain, spread evenly over those held out.
    pub fn new(
        plan: &RunPlan,
        tokenizer: &Path,
        held_out: &[Example],
        model: &Model,
    ) -> Result<Self, TrainError> {
        let decoder = Decoder::open(tokenizer)?;
        // A model whose files name no start token may still have end tokens in its rows.
        let mut ends = SpecialTokens::read(tokenizer).map_or(Vec::new(), |special| special.ends);
        let longest = model.architecture().max_positions.saturating_sub(plan.samples.max_tokens);
        let mut openings = Vec::new();
        for (index, domain) in plan.data.domains.iter().enumerate() {
            let fits = |example: &&Example| {
                example.domain == DomainId(index) && prompt_tokens(example) <= longest.min(LONGEST)
            };
            let rows: Vec<&Example> = held_out.iter().filter(fits).collect();
            let taken = rows.len().min(plan.samples.prompts);
            for example in (0..taken).filter_map(|i| rows.get(i * rows.len() / taken)) {
                let number = FIRST_STREAM + openings.len() as u64;
                let (stream, most) = ((plan.seed, number), plan.samples.max_tokens);
                openings.push(opening(example, &domain.name, stream, most, &decoder)?);
                ends.extend(end_of(example, &decoder));
            }
        }
        ends.sort_unstable();
        ends.dedup();
        Ok(Prompts { decoder, ends, openings })
    }

    /// What the model writes now; `None` where `give_up` returned `true`. Where the device runs out
    /// of memory fewer texts are written side by side.
    pub fn write(
        &self,
        model: &Model,
        plan: &SamplesPlan,
        give_up: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<SampleText>>, TrainError> {
        let sampling =
            Sampling { temperature: plan.temperature, ..Sampling::greedy(plan.max_tokens) };
        let prompts: Vec<Prompt> = self.openings.iter().map(|one| one.prompt.clone()).collect();
        let mut generated: Vec<Generated> = Vec::new();
        let mut side_by_side = prompts.len().max(1);
        while let Some(left) = prompts.get(generated.len()..).filter(|left| !left.is_empty()) {
            let batch = &left[..side_by_side.min(left.len())];
            match model.generate(batch, &sampling, &self.ends, give_up) {
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
fn prompt_tokens(example: &Example) -> usize {
    let before =
        example.counted.iter().position(|counted| *counted).unwrap_or(example.tokens.len());
    if before > 1 { before } else { (example.tokens.len() / 2).clamp(1, BEGINNING) }
}

/// Index of the token after the first answer.
fn answer_end(example: &Example) -> usize {
    let begin = prompt_tokens(example);
    let rest = example.counted.get(begin..).unwrap_or_default();
    begin + rest.iter().take_while(|counted| **counted).count()
}

fn opening(
    example: &Example,
    domain: &str,
    (seed, number): (u64, u64),
    most: usize,
    decoder: &Decoder,
) -> Result<Opening, TrainError> {
    let (prompt, rest) = example.tokens.split_at(prompt_tokens(example));
    let answer = rest.get(..answer_end(example) - prompt.len()).unwrap_or_default();
    // No more of it than the model may write.
    let seen = answer.get(..most).unwrap_or(answer);
    let end = if seen.len() < answer.len() { " …" } else { "" };
    Ok(Opening {
        prompt: Prompt {
            tokens: prompt.iter().map(|token| i64::from(*token)).collect(),
            stream: Stream { seed, sample: number },
        },
        text: SampleText {
            domain: domain.to_owned(),
            prompt: decoder.text(prompt)?,
            wanted: decoder.text(seen)? + end,
            written: String::new(),
            ended: false,
        },
    })
}

/// The token that a row's answer ends with: the chat template's own.
fn end_of(example: &Example, decoder: &Decoder) -> Option<i64> {
    let last = example.tokens[..answer_end(example)].iter().rev().find(|token| {
        // Line breaks may follow it.
        decoder.is_special(**token) || !decoder.text(&[**token]).is_ok_and(|t| t.trim().is_empty())
    });
    last.filter(|token| decoder.is_special(**token)).map(|token| i64::from(*token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(counted: &[bool]) -> Example {
        let tokens = (0..counted.len() as u32).collect();
        Example { domain: DomainId(0), tokens, counted: counted.to_vec() }
    }

    #[test]
    fn the_prompt_ends_where_the_first_answer_begins() {
        let chat = example(&[false, false, false, true, true, false, true]);
        assert_eq!((prompt_tokens(&chat), answer_end(&chat)), (3, 5));
        let whole = example(&[vec![false], vec![true; 99]].concat());
        assert_eq!((prompt_tokens(&whole), answer_end(&whole)), (16, 100));
        let short = example(&[false, true]);
        assert_eq!((prompt_tokens(&short), answer_end(&short)), (1, 2));
    }
}
