//! What an optimizer step minimizes: how the losses of its target tokens become one number.

use crate::config::Objective;
use crate::data::{Batch, PackedSequence};

/// What one step minimizes. With N target tokens in the step and the loss ℓ of each, nats:
///
/// | objective | value |
/// |---|---|
/// | tokens | Σ ℓ / N, as `transformers` with the token count of the whole batch |
/// | samples | the mean, over the samples, of each sample's own token mean |
/// | domains | Σ_j w_j · (token mean of domain j) / Σ_j w_j, over the domains j that the step holds |
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepObjective<'a> {
    /// The mean over target tokens: a sample counts by its length.
    Tokens,
    /// The mean over samples: a token counts by how short its sample is.
    Samples,
    /// The mean over domains by these weights, one per domain, 0 or above: in every step a domain counts
    /// by its weight, however long its samples are and however few of them were drawn.
    Domains(&'a [f64]),
}

impl<'a> StepObjective<'a> {
    /// The objective of a config, for a step whose samples are drawn by `weights`.
    pub fn new(objective: Objective, weights: &'a [f64]) -> Self {
        match objective {
            Objective::Tokens => StepObjective::Tokens,
            Objective::Samples => StepObjective::Samples,
            Objective::Domains => StepObjective::Domains(weights),
        }
    }

    /// What each target token's loss is multiplied by, so that the sum over the whole batch is the
    /// objective. It depends on the batch alone, not on how it is split into sequences.
    pub(super) fn scales(self, batch: &Batch) -> TokenScales {
        match self {
            StepObjective::Tokens => {
                let tokens: u64 = batch.domain_target_tokens.iter().sum();
                TokenScales::Same(1.0 / tokens.max(1) as f64)
            }
            StepObjective::Samples => TokenScales::Each(by_sample(batch)),
            StepObjective::Domains(weights) => TokenScales::Each(by_domain(batch, weights)),
        }
    }
}

/// What the losses of a batch's tokens are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenScales {
    /// The same for all.
    Same(f64),
    /// For each sequence one number per token; those of tokens that are no targets count for nothing.
    Each(Vec<Vec<f64>>),
}

/// 1/(S·n) for the n target tokens of each of the S samples that have some.
fn by_sample(batch: &Batch) -> Vec<Vec<f64>> {
    let counts: Vec<Vec<(usize, u64)>> = batch.sequences.iter().map(samples_of).collect();
    let samples = counts.iter().flatten().filter(|(_, targets)| *targets > 0).count() as f64;
    let of_sample = |(length, targets): &(usize, u64)| {
        let scale = if *targets > 0 { 1.0 / (samples * *targets as f64) } else { 0.0 };
        std::iter::repeat_n(scale, *length)
    };
    counts.iter().map(|samples| samples.iter().flat_map(of_sample).collect()).collect()
}

/// Tokens and target tokens of each sample of a sequence, in its order.
fn samples_of(sequence: &PackedSequence) -> Vec<(usize, u64)> {
    let ranges = sequence.cu_seqlens.windows(2).map(|ends| ends[0] as usize..ends[1] as usize);
    ranges.map(|range| (range.len(), targets(&sequence.labels[range]))).collect()
}

/// Labels that the loss counts.
pub(super) fn targets(labels: &[i64]) -> u64 {
    labels.iter().filter(|label| **label != PackedSequence::IGNORE).count() as u64
}

/// w_j/(W·N_j) for the N_j target tokens of domain j, where W is the sum of the weights of the domains
/// that have some. A domain without weight is not drawn; if the step holds only such, each counts alike.
fn by_domain(batch: &Batch, weights: &[f64]) -> Vec<Vec<f64>> {
    let tokens = &batch.domain_target_tokens;
    let held = || weights.iter().zip(tokens).filter(|(_, tokens)| **tokens > 0);
    let all: f64 = held().map(|(weight, _)| weight).sum();
    let alike = 1.0 / held().count().max(1) as f64;
    let share = |weight: f64| if all > 0.0 { weight / all } else { alike };
    let scales: Vec<f64> = weights
        .iter()
        .zip(tokens)
        .map(|(weight, tokens)| share(*weight) / (*tokens).max(1) as f64)
        .collect();
    let of_token = |domain: &i64| scales[*domain as usize];
    batch.sequences.iter().map(|sequence| sequence.domains.iter().map(of_token).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Example;
    use crate::model::{Model, PassOptions, Recompute};
    use crate::unit::DomainId;
    use proptest::prelude::*;
    use std::path::Path;
    use tch::{Device, Kind, Tensor};

    /// A sample of a domain whose last `targets` tokens count.
    fn sample(domain: usize, length: usize, targets: usize) -> Example {
        let tokens = (0..length as u32).map(|t| (13 * domain as u32 + 7 * t) % 50 + 1).collect();
        let counted = (0..length).map(|index| index >= length - targets).collect();
        Example { domain: DomainId(domain), tokens, counted }
    }

    /// The scales of the target tokens only, in the order of the sequences.
    fn of_targets(objective: StepObjective<'_>, batch: &Batch) -> Vec<f64> {
        let TokenScales::Each(scales) = objective.scales(batch) else { panic!("{objective:?}") };
        let counted = batch.sequences.iter().flat_map(|sequence| &sequence.labels);
        let of = counted.zip(scales.iter().flatten());
        of.filter(|(label, _)| **label != PackedSequence::IGNORE).map(|(_, s)| *s).collect()
    }

    /// Samples of domain 0 with 1 and 3 targets, of domain 1 with 2; domain 2 is not in the step.
    fn batch(capacity: usize) -> Batch {
        Batch::assemble(&[sample(0, 7, 1), sample(0, 6, 3), sample(1, 5, 2)], capacity, 3)
    }

    #[test]
    fn tokens_count_alike() {
        // 1 + 3 + 2 targets.
        assert_eq!(StepObjective::Tokens.scales(&batch(99)), TokenScales::Same(1.0 / 6.0));
    }

    #[test]
    fn samples_count_alike() {
        // Three samples: 1/(3·1), 1/(3·3) three times, 1/(3·2) twice. The longest is packed first.
        let expected = [3.0, 9.0, 9.0, 9.0, 6.0, 6.0].map(|n: f64| 1.0 / n);
        assert_eq!(of_targets(StepObjective::Samples, &batch(99)), expected);
        // Split over three sequences they are the same.
        assert_eq!(batch(7).sequences.len(), 3);
        assert_eq!(of_targets(StepObjective::Samples, &batch(7)), expected);
    }

    #[test]
    fn domains_count_by_their_weights_among_those_that_the_step_holds() {
        // 0.6 and 0.2 of 0.8: 0.75 over 4 targets of domain 0, 0.25 over 2 of domain 1.
        let weights = [0.6, 0.2, 0.2];
        let (a, b) = (0.6 / 0.8 / 4.0, 0.2 / 0.8 / 2.0);
        for capacity in [99, 7] {
            let found = of_targets(StepObjective::Domains(&weights), &batch(capacity));
            let expected = [a, a, a, a, b, b];
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-15), "{found:?}");
        }
        // An operator may take away all weight of what was drawn.
        let found = of_targets(StepObjective::Domains(&[0.0, 0.0, 1.0]), &batch(99));
        assert_eq!(found, [0.125, 0.125, 0.125, 0.125, 0.25, 0.25]);
    }

    const KEEP: PassOptions = PassOptions { recompute: Recompute::None, loss_chunk: 5 };

    fn model() -> Model {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/llama");
        Model::open(&folder, Device::Cpu, crate::config::Precision::F32).unwrap()
    }

    /// Value and gradients of an objective over a batch, as the trainer adds them up.
    fn trained(objective: StepObjective<'_>, batch: &Batch) -> (f64, Vec<Tensor>) {
        let model = model();
        let TokenScales::Each(scales) = objective.scales(batch) else { panic!("{objective:?}") };
        let mut value = 0.0;
        for (row, scales) in batch.sequences.iter().zip(&scales) {
            let (_, scaled) = model.train_scaled_sequence(row, scales, 3, KEEP).unwrap();
            value += scaled.double_value(&[0]);
        }
        (value, model.grads().unwrap().iter().map(Tensor::copy).collect())
    }

    /// The same by the definition: the token mean of each group of samples alone, whose gradient the
    /// golden tests compare with autograd, times the share of the group.
    fn by_definition(groups: &[(f64, &[Example])]) -> (f64, Vec<Tensor>) {
        let model = model();
        let mut value = 0.0;
        for (share, samples) in groups {
            let alone = Batch::assemble(samples, 99, 3);
            let scale = share / alone.domain_target_tokens.iter().sum::<u64>() as f64;
            for row in &alone.sequences {
                let sums = model.train_sequence(row, scale, 3, KEEP).unwrap();
                value += scale * sums.sum(Kind::Double).double_value(&[]);
            }
        }
        (value, model.grads().unwrap().iter().map(Tensor::copy).collect())
    }

    #[track_caller]
    fn assert_same(found: (f64, Vec<Tensor>), expected: &(f64, Vec<Tensor>)) {
        assert!((found.0 - expected.0).abs() < 1e-6 * expected.0, "{} {}", found.0, expected.0);
        for (found, expected) in found.1.iter().zip(&expected.1) {
            let most = expected.abs().max().double_value(&[]);
            let off = (found - expected).abs().max().double_value(&[]);
            assert!(off <= 1e-5 * most + 1e-9, "{off} of {most}");
        }
    }

    #[test]
    fn value_and_gradients_are_those_of_the_definition_however_the_batch_is_split() {
        let all = [sample(0, 7, 1), sample(0, 6, 3), sample(1, 5, 2)];
        let third = 1.0 / 3.0;
        let samples = by_definition(&[(third, &all[..1]), (third, &all[1..2]), (third, &all[2..])]);
        let domains = by_definition(&[(0.75, &all[..2]), (0.25, &all[2..])]);
        let weights = [0.6, 0.2, 0.2];
        for capacity in [99, 12, 7] {
            let batch = Batch::assemble(&all, capacity, 3);
            assert_same(trained(StepObjective::Samples, &batch), &samples);
            assert_same(trained(StepObjective::Domains(&weights), &batch), &domains);
        }
        assert!((samples.0 - domains.0).abs() > 1e-3, "the objectives differ");
    }

    proptest! {
        /// Every objective is an average: its scales are none below 0 and sum to 1.
        #[test]
        fn the_scales_of_all_targets_sum_to_one(
            samples in prop::collection::vec((0usize..3, 2usize..9, 1usize..8), 1..12),
            weights in prop::collection::vec(0.0..1.0, 3),
            capacity in 8usize..40,
        ) {
            let samples: Vec<Example> = samples
                .into_iter()
                .map(|(domain, length, targets)| sample(domain, length, targets.min(length - 1)))
                .collect();
            let batch = Batch::assemble(&samples, capacity, 3);
            for objective in [StepObjective::Samples, StepObjective::Domains(&weights)] {
                let scales = of_targets(objective, &batch);
                prop_assert!(scales.iter().all(|scale| *scale >= 0.0));
                prop_assert!((scales.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }
}
