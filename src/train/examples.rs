//! Examples taken out of the corpus: those of one optimizer step, and those held out.

use super::error::TrainError;
use crate::config::RunPlan;
use crate::data::{Corpus, Example, Sampler};
use crate::mixing::Mixture;
use crate::unit::DomainId;

/// Names of a plan's domains, in the order that every vector of the run follows.
pub fn domain_names(plan: &RunPlan) -> Vec<String> {
    plan.data.domains.iter().map(|domain| domain.name.clone()).collect()
}

/// Number of training examples of each domain.
pub fn train_counts(corpus: &Corpus) -> Vec<usize> {
    (0..corpus.summaries().len()).map(|index| corpus.train_count(DomainId(index))).collect()
}

/// Draws the examples of one optimizer step, `examples` of them, by the mixture's weights.
pub fn draw_examples(
    corpus: &Corpus,
    sampler: &mut Sampler,
    mixture: &Mixture,
    examples: usize,
) -> Result<Vec<Example>, TrainError> {
    let picks = sampler.draw(mixture, examples);
    picks.into_iter().map(|(domain, index)| Ok(corpus.train_example(domain, index)?)).collect()
}

/// Every held-out example of one domain.
pub fn held_out_examples(corpus: &Corpus, domain: DomainId) -> Result<Vec<Example>, TrainError> {
    (0..corpus.held_out_count(domain))
        .map(|index| Ok(corpus.held_out_example(domain, index)?))
        .collect()
}
