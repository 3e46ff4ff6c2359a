//! Tokenizers trained on known mixtures, inferred from rows that they never saw.

use super::fixture::{DOMAINS, halves, infer_demo, mix, train};
use crate::detect::tokenizer::{Inference, Limits};
use std::path::Path;
use tokenizers::Tokenizer;

const SKEW: [f64; 6] = [0.06, 0.04, 0.20, 0.10, 0.34, 0.26];
const TWO_ABSENT: [f64; 6] = [0.25, 0.0, 0.25, 0.25, 0.0, 0.25];

/// What the inference counts pairs in.
#[derive(Clone, Copy)]
enum CountedRows {
    /// Those that the tokenizer was trained on; of an absent domain, those that were not chosen.
    Trained,
    /// The other half of the demo's rows.
    Unseen,
}

fn few() -> Limits {
    Limits { merges: 400, ..Limits::default() }
}

/// Largest error of a share.
fn off(found: &Inference, truth: &[f64]) -> f64 {
    let shares = found.mixture.as_slice().iter().zip(truth);
    shares.map(|(found, truth)| (found - truth).abs()).fold(0.0, f64::max)
}

/// Trains on one half of the demo's rows, infers, and requires every share within `allowed`.
fn recovers(mixture: [f64; 6], rows: CountedRows, limits: &Limits, allowed: f64) {
    let halves = halves();
    let seen: Vec<Vec<String>> = halves.iter().map(|[seen, _]| seen.clone()).collect();
    let (chosen, truth) = mix(&seen, &mixture);
    let counted: Vec<&Vec<String>> = (0..DOMAINS.len())
        .map(|j| match rows {
            CountedRows::Unseen => &halves[j][1],
            CountedRows::Trained if chosen[j].is_empty() => &halves[j][0],
            CountedRows::Trained => &chosen[j],
        })
        .collect();
    let found = infer_demo(&train(&chosen), &counted, &DOMAINS, limits);
    assert!(found.complete);
    assert!(off(&found, &truth) < allowed, "{found:#?} is not {truth:?}");
}

#[test]
fn equal_shares_are_recovered_from_unseen_rows() {
    recovers([1.0 / 6.0; 6], CountedRows::Unseen, &few(), 0.05);
}

#[test]
fn one_large_share_is_recovered_from_unseen_rows() {
    recovers([0.60, 0.08, 0.08, 0.08, 0.08, 0.08], CountedRows::Unseen, &few(), 0.05);
}

#[test]
fn absent_domains_are_recovered_from_unseen_rows() {
    recovers(TWO_ABSENT, CountedRows::Unseen, &few(), 0.05);
}

#[test]
fn a_skewed_mixture_is_recovered_from_unseen_rows() {
    recovers(SKEW, CountedRows::Unseen, &Limits::default(), 0.05);
}

#[test]
fn from_its_own_rows_a_mixture_is_recovered_to_a_tenth_of_a_point() {
    recovers(SKEW, CountedRows::Trained, &few(), 0.001);
    // No slack at all is needed here, so that every vertex of the program is degenerate.
    recovers(TWO_ABSENT, CountedRows::Trained, &few(), 0.001);
}

/// It had as many bytes of each domain, of longer rows than the demo's.
#[test]
fn the_demos_tokenizer_was_trained_evenly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/model");
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
    let texts: Vec<Vec<String>> = halves().into_iter().map(|halves| halves.concat()).collect();
    let texts: Vec<&Vec<String>> = texts.iter().collect();
    let found = infer_demo(&tokenizer, &texts, &DOMAINS, &Limits::default());
    assert!(off(&found, &[1.0 / 6.0; 6]) < 0.05, "{found:#?}");
}

#[test]
fn permuting_the_domains_permutes_the_answer_and_the_same_again_gives_the_same() {
    let halves = halves();
    let seen: Vec<Vec<String>> = halves.iter().map(|[seen, _]| seen.clone()).collect();
    let tokenizer = train(&mix(&seen, &SKEW).0);
    let limits = Limits { merges: 150, ..Limits::default() };
    let infer = |order: [usize; 6]| {
        let texts = order.map(|j| &halves[j][1]);
        infer_demo(&tokenizer, &texts, &order.map(|j| DOMAINS[j]), &limits)
    };
    let found = infer([0, 1, 2, 3, 4, 5]);
    assert_eq!(found, infer([0, 1, 2, 3, 4, 5]));
    let order = [4, 2, 0, 5, 1, 3];
    let permuted = infer(order);
    for (i, j) in order.into_iter().enumerate() {
        let (here, there) = (permuted.mixture.as_slice()[i], found.mixture.as_slice()[j]);
        assert!((here - there).abs() < 1e-6, "{here} {there}");
    }
}
