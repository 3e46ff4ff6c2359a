use crate::data::Example;
use crate::disk;
use crate::train::TrainError;
use crate::unit::DomainId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::path::Path;

/// The examples of a step.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Examples of random tokens, each of which the loss counts but the first.
    Random {
        /// Examples of a step.
        examples: usize,
        /// Tokens of each.
        length: usize,
    },
    /// Given examples in order, from the first again where they end.
    Given {
        /// At least one.
        examples: Vec<Example>,
        /// Examples of a step.
        batch: usize,
    },
}

impl Workload {
    /// Tokens of the longest example, and of a step of such.
    pub(super) fn most_tokens(&self) -> (usize, usize) {
        match self {
            Workload::Random { examples, length } => (*length, examples * length),
            Workload::Given { examples, batch } => {
                let longest = examples.iter().map(|example| example.tokens.len()).max();
                (longest.unwrap_or(2), longest.unwrap_or(2) * batch)
            }
        }
    }

    /// Examples of step `step` (from 0) for a vocabulary of that size.
    pub fn examples(&self, step: u64, vocabulary: u32) -> Vec<Example> {
        match self {
            Workload::Random { examples, length } => {
                let mut random = ChaCha8Rng::seed_from_u64(step);
                (0..*examples).map(|_| random_example(&mut random, *length, vocabulary)).collect()
            }
            Workload::Given { examples, batch } => {
                let begin = step as usize * batch;
                (begin..begin + batch).map(|i| examples[i % examples.len()].clone()).collect()
            }
        }
    }
}

fn random_example(random: &mut impl Rng, length: usize, vocabulary: u32) -> Example {
    let tokens = (0..length).map(|_| random.next_u32() % vocabulary).collect();
    let counted = (0..length).map(|index| index > 0).collect();
    Example { domain: DomainId(0), tokens, counted }
}

/// One line of a rows file; a label of -100 is not counted, as in `transformers`.
#[derive(Deserialize)]
struct TokenRow {
    input_ids: Vec<u32>,
    labels: Vec<i64>,
}

/// Reads token rows, `{"input_ids": [], "labels": []}` on each line.
pub fn read_rows(path: &Path) -> Result<Vec<Example>, TrainError> {
    let text = disk::read_text(path, disk::LARGEST_TEXT)
        .map_err(|error| TrainError::io("read", path, error))?;
    let mut examples = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let bad = |why: String| TrainError::stored(path, format!("line {}: {why}", index + 1));
        let TokenRow { input_ids, labels } =
            serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
        if input_ids.len() != labels.len() || input_ids.len() < 2 {
            return Err(bad("it needs as many labels as input_ids, two or more".into()));
        }
        let counted = labels.iter().enumerate().map(|(i, &label)| i > 0 && label >= 0).collect();
        examples.push(Example { domain: DomainId(0), tokens: input_ids, counted });
    }
    if examples.is_empty() {
        return Err(TrainError::stored(path, "it has no rows"));
    }
    Ok(examples)
}
