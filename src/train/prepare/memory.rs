//! Whether what the config asks for can fit into this machine's memory at all.

use crate::config::{DetectedSource, RunPlan};
use crate::train::error::TrainError;
use crate::unit::Bytes;

/// Bytes of a token of an example: its number, and whether it counts.
const EXAMPLE_TOKEN: u64 = 5;
/// Bytes of a token of a text of the base model: its number, and about four letters.
const TEXT_TOKEN: u64 = 8;

/// Refuses a plan whose batches or texts alone, at their longest, would not fit into `memory` (0 where
/// it is not known): the system would end the process in the middle of the run.
///
/// # Errors
/// What does not fit, and the fields that decide it.
pub(super) fn require_memory(plan: &RunPlan, memory: Bytes) -> Result<(), TrainError> {
    let product = |numbers: &[u64]| numbers.iter().copied().fold(1, u64::saturating_mul);
    let (training, detection) = (&plan.training, &plan.detection);
    let batch = [training.batch_samples as u64, plan.data.sequence_length as u64, EXAMPLE_TOKEN];
    let mut wanted = vec![(
        "the examples of a step",
        product(&batch),
        "training.batch_samples, data.sequence_length",
    )];
    if plan.mixing.detected == DetectedSource::Measure {
        let sampling = &detection.sampling;
        let (tokens, turns) = (sampling.max_tokens as u64, sampling.turns as u64);
        let texts = product(&[detection.samples as u64, detection.iterations]);
        wanted.push((
            "the texts of the detection",
            product(&[texts, tokens, turns, TEXT_TOKEN]),
            "detection.samples, detection.iterations, detection.max_tokens, detection.turns",
        ));
    }
    let too_much = wanted.into_iter().find(|(_, bytes, _)| memory.0 > 0 && *bytes > memory.0);
    match too_much {
        None => Ok(()),
        Some((what, bytes, fields)) => {
            Err(TrainError::TooMuch { what, needed: Bytes(bytes), memory, fields })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::small_plan;

    fn refusal(training: &str, detection: &str) -> Option<String> {
        let further = format!("training: ({training}), {detection}");
        let plan = small_plan("\"a/b\"", &further);
        require_memory(&plan, Bytes(1 << 30)).err().map(|error| error.to_string())
    }

    #[test]
    fn what_cannot_fit_is_refused_by_the_fields_that_decide_it() {
        assert_eq!(refusal("batch_samples: 256", "detection: ()"), None);
        let batch = refusal("batch_samples: 1000000", "").unwrap();
        assert!(batch.contains("training.batch_samples") && batch.contains("1.0 GiB"), "{batch}");
        let texts = refusal("", "detection: (samples: 1000000, max_tokens: 4096)").unwrap();
        assert!(texts.contains("detection.samples"), "{texts}");
    }
}
