use crate::data::Example;
use crate::train::TrainError;
use crate::unit::DomainId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::path::Path;

/// The examples of a benchmark's steps.
#[derive(Clone, Debug)]
pub enum Workload {
    /// `rows` examples of `length` random tokens, every token counted by the loss.
    Fixed {
        /// Examples of a step.
        rows: usize,
        /// Tokens of each example.
        length: usize,
    },
    /// Given examples, `batch` of them a step, in order.
    Rows {
        /// Taken in order, and from the beginning again.
        rows: Vec<Example>,
        /// Examples of a step.
        batch: usize,
    },
}

impl Workload {
    /// Examples of step `step` (from 0) for a vocabulary of that size.
    pub fn examples(&self, step: u64, vocabulary: u32) -> Vec<Example> {
        match self {
            Workload::Fixed { rows, length } => {
                let mut random = ChaCha8Rng::seed_from_u64(step);
                (0..*rows).map(|_| random_example(&mut random, *length, vocabulary)).collect()
            }
            Workload::Rows { rows, batch } => {
                let begin = step as usize * batch;
                (begin..begin + batch).map(|i| rows[i % rows.len()].clone()).collect()
            }
        }
    }
}

fn random_example(random: &mut impl Rng, length: usize, vocabulary: u32) -> Example {
    let tokens = (0..length).map(|_| random.next_u32() % vocabulary).collect();
    let answer = (0..length).map(|index| index > 0).collect();
    Example { domain: DomainId(0), tokens, answer }
}

/// One line of a rows file; a label of -100 is not counted, as in `transformers`.
#[derive(Deserialize)]
struct TokenRow {
    input_ids: Vec<u32>,
    labels: Vec<i64>,
}

/// Reads token rows, `{"input_ids": [], "labels": []}` on each line.
pub fn read_rows(path: &Path) -> Result<Vec<Example>, TrainError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| TrainError::io("read", path, error))?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let fault = |why: String| TrainError::stored(path, format!("line {}: {why}", index + 1));
        let TokenRow { input_ids, labels } =
            serde_json::from_str(line).map_err(|error| fault(error.to_string()))?;
        if input_ids.len() != labels.len() || input_ids.len() < 2 {
            return Err(fault("it needs as many labels as input_ids, two or more".into()));
        }
        let answer = labels.iter().enumerate().map(|(i, &label)| i > 0 && label >= 0).collect();
        rows.push(Example { domain: DomainId(0), tokens: input_ids, answer });
    }
    if rows.is_empty() {
        return Err(TrainError::stored(path, "it has no rows"));
    }
    Ok(rows)
}
