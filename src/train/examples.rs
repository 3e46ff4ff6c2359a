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

/// At most `rows` held-out examples of one domain, in their order, with the identities of their rows. Which
/// ones depends on the rows alone, so that every run measures the same, and fewer rows are among more.
pub fn measured_examples(
    corpus: &Corpus,
    domain: DomainId,
    rows: usize,
) -> Result<(Vec<Example>, Vec<u64>), TrainError> {
    let identities = corpus.held_out_identities(domain)?;
    let mut chosen: Vec<usize> = (0..identities.len()).collect();
    // An identity is a hash: its order is none of the file's.
    chosen.sort_by_key(|index| (identities[*index], *index));
    chosen.truncate(rows);
    chosen.sort_unstable();
    let examples = chosen.iter().map(|index| Ok(corpus.held_out_example(domain, *index)?));
    let examples = examples.collect::<Result<_, TrainError>>()?;
    Ok((examples, chosen.into_iter().map(|index| identities[index]).collect()))
}
