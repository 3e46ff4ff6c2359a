//! Examples taken out of the corpus: those of one optimizer step, and those held out.

use super::error::TrainError;
use crate::config::RunPlan;
use crate::data::{Corpus, Example, Sampler};
use crate::mixing::Mixture;
use crate::unit::DomainId;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

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

/// `rows` different ones of a domain's `count` training examples, or all where there are not more:
/// a function of the arguments alone, apart from what the sampler draws. `time` is a number that
/// tells one measurement from the others.
pub fn rows_apart(seed: u64, time: u64, domain: DomainId, count: usize, rows: usize) -> Vec<usize> {
    let mut hash = Sha256::new();
    hash.update(b"versatune/rows-apart/1");
    hash.update(seed.to_le_bytes());
    hash.update(time.to_le_bytes());
    hash.update((domain.0 as u64).to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(hash.finalize().into());
    let mut order: Vec<usize> = (0..count).collect();
    let (chosen, _) = order.partial_shuffle(&mut random, rows);
    chosen.to_vec()
}

/// Every held-out example of one domain.
pub fn held_out_examples(corpus: &Corpus, domain: DomainId) -> Result<Vec<Example>, TrainError> {
    (0..corpus.held_out_count(domain))
        .map(|index| Ok(corpus.held_out_example(domain, index)?))
        .collect()
}

/// Positions of the at most `rows` smallest identities, in the order of the positions: the same rows whatever
/// the order of the file (an identity is a hash of the row), and fewer are among more.
pub fn smallest(identities: &[u64], rows: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..identities.len()).collect();
    chosen.sort_by_key(|index| (identities[*index], *index));
    chosen.truncate(rows);
    chosen.sort_unstable();
    chosen
}

/// At most `rows` held-out examples of one domain, in their order, with the identities of their rows. Which
/// ones depends on the rows alone, so that every run measures the same, and fewer rows are among more.
pub fn measured_examples(
    corpus: &Corpus,
    domain: DomainId,
    rows: usize,
) -> Result<(Vec<Example>, Vec<u64>), TrainError> {
    let identities = corpus.held_out_identities(domain)?;
    let chosen = smallest(&identities, rows);
    let examples = chosen.iter().map(|index| Ok(corpus.held_out_example(domain, *index)?));
    let examples = examples.collect::<Result<_, TrainError>>()?;
    Ok((examples, chosen.into_iter().map(|index| identities[index]).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_drawn_by_seed_time_and_domain_each_once() {
        let drawn = |seed, time, domain| rows_apart(seed, time, DomainId(domain), 100, 8);
        let rows = drawn(7, 1, 0);
        assert_eq!(rows, drawn(7, 1, 0));
        assert!(
            [drawn(8, 1, 0), drawn(7, 2, 0), drawn(7, 1, 1)].iter().all(|other| *other != rows)
        );
        let mut distinct = rows;
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() == 8 && distinct.iter().all(|row| *row < 100), "{distinct:?}");
        let mut all = rows_apart(7, 1, DomainId(0), 3, 8);
        all.sort_unstable();
        assert_eq!((all, rows_apart(7, 1, DomainId(0), 0, 8)), (vec![0, 1, 2], vec![]));
    }

    #[test]
    fn the_rows_are_those_of_the_smallest_hashes() {
        let identities: Vec<u64> = (0..100).map(|i| (i * 37) % 100).collect();
        let chosen = smallest(&identities, 32);
        assert_eq!(chosen.len(), 32);
        assert!(chosen.is_sorted() && chosen.iter().all(|row| identities[*row] < 32));
        assert_eq!(smallest(&[5, 5], 32), [0, 1]);
    }
}
