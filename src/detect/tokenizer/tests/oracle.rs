//! The incremental parts against plain code that computes the same from scratch.

use crate::detect::tokenizer::merges::{Merge, Pair};
use crate::detect::tokenizer::program;
use crate::detect::tokenizer::replay::Replay;
use crate::detect::tokenizer::solution::Solution;
use crate::detect::tokenizer::violations;
use crate::detect::tokenizer::words::Words;
use crate::unit::Bytes;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Words of the symbols 0..4 and merges of whatever pairs exist by then.
fn cases() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<Vec<u32>>, Vec<Merge>)> {
    let words = prop::collection::vec(prop::collection::vec(0..4u32, 2..9), 1..12);
    let counts = prop::collection::vec(prop::collection::vec(0..5u32, 3), 12);
    let merges = prop::collection::vec((any::<u32>(), any::<u32>()), 1..7).prop_map(|picks| {
        let merge = |(i, (left, right)): (usize, (u32, u32))| {
            let known = 4 + i as u32;
            Merge { pair: (left % known, right % known), merged: known }
        };
        picks.into_iter().enumerate().map(merge).collect()
    });
    (words, counts, merges)
}

/// Counts of all pairs, from scratch.
fn recount(words: &[Vec<u32>], counts: &[Vec<u32>]) -> BTreeMap<Pair, Vec<u32>> {
    let mut pairs: BTreeMap<Pair, Vec<u32>> = BTreeMap::new();
    for (word, counts) in words.iter().zip(counts) {
        for pair in word.windows(2) {
            let sums = pairs.entry((pair[0], pair[1])).or_insert_with(|| vec![0; 3]);
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    pairs.retain(|_, counts| counts.iter().any(|count| *count > 0));
    pairs
}

fn merged(word: &[u32], merge: &Merge) -> Vec<u32> {
    match word {
        [left, right, rest @ ..] if (*left, *right) == merge.pair => {
            [&[merge.merged], &merged(rest, merge)[..]].concat()
        }
        [first, rest @ ..] => [&[*first], &merged(rest, merge)[..]].concat(),
        [] => Vec::new(),
    }
}

fn replay(words: &[Vec<u32>], counts: &[Vec<u32>], merges: &[Merge]) -> Replay {
    let counts = counts[..words.len()].to_vec();
    let text = vec![Bytes(1000); 3];
    Replay::new(Words { symbols: words.to_vec(), counts, text }, merges)
}

/// The counts of all pairs before every step and after the last.
fn states(replay: &Replay) -> Vec<Vec<Vec<u32>>> {
    let mut now: Vec<Vec<u32>> = replay.initial.chunks(3).map(<[u32]>::to_vec).collect();
    now.resize(replay.pairs, vec![0; 3]);
    let mut states = Vec::new();
    for step in &replay.steps {
        assert!(now.contains(&step.counts));
        states.push(now.clone());
        for change in step.changes.clone() {
            now[replay.changed[change] as usize] = replay.counts_after(change).to_vec();
        }
    }
    states.push(now);
    states
}

proptest! {
    #[test]
    fn a_replay_counts_as_from_scratch((words, counts, merges) in cases()) {
        let replay = replay(&words, &counts, &merges);
        let mut words = words;
        let mut expected = vec![recount(&words, &counts)];
        for merge in &merges {
            let before = expected.last().unwrap().contains_key(&merge.pair);
            words.iter_mut().for_each(|word| *word = merged(word, merge));
            if before {
                expected.push(recount(&words, &counts));
            }
        }
        prop_assert_eq!(replay.steps.len() + 1, expected.len());
        for (state, expected) in states(&replay).into_iter().zip(expected) {
            let sorted = |mut rows: Vec<Vec<u32>>| { rows.sort(); rows };
            let found = state.into_iter().filter(|row| row.iter().any(|count| *count > 0));
            prop_assert_eq!(sorted(found.collect()), sorted(expected.into_values().collect()));
        }
    }

    #[test]
    fn the_worst_violations_are_found((words, counts, merges) in cases()) {
        let replay = replay(&words, &counts, &merges);
        let solution = Solution { shares: vec![0.5, 0.3, 0.2], ..Solution::uniform(&replay) };
        let frequency = |row: &[u32]| -> f64 {
            row.iter().zip(&solution.shares).map(|(count, share)| f64::from(*count) * share).sum()
        };
        let found = violations::find(&replay, &[1.0; 3], &solution, 2, 1e-9);
        for (i, (state, step)) in states(&replay).iter().zip(&replay.steps).enumerate() {
            let excess = |row: &Vec<u32>| frequency(row) - frequency(&step.counts);
            let mut expected: Vec<f64> = state.iter().map(excess).filter(|e| *e > 1e-9).collect();
            expected.sort_by(|a, b| b.total_cmp(a));
            expected.truncate(2);
            let of_step = found.iter().filter(|constraint| constraint.step as usize == i);
            let lead = |lead: &[f64]| -> f64 {
                lead.iter().zip(&solution.shares).map(|(lead, share)| lead * share).sum()
            };
            let of_step: Vec<f64> = of_step.map(|constraint| -lead(&constraint.lead)).collect();
            prop_assert_eq!(of_step.len(), expected.len());
            prop_assert!(of_step.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }

    #[test]
    fn no_mixture_on_a_grid_needs_less_slack((words, counts, merges) in cases()) {
        let replay = replay(&words, &counts, &merges);
        let solved = program::solve(&replay, &[1.0; 3]).unwrap();
        prop_assert!(solved.complete);
        let sum: f64 = solved.solution.shares.iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-6);
        // With every pair's slack at the solution's, the best v_i is the worst excess of step i:
        // at other shares that is no less in sum.
        let states = states(&replay);
        let slack = |shares: [f64; 3]| -> f64 {
            let frequency = |row: &[u32]| -> f64 {
                row.iter().zip(shares).map(|(count, share)| f64::from(*count) * share).sum()
            };
            let of_step = states.iter().zip(&replay.steps).map(|(state, step)| {
                let excess = |(row, v): (&Vec<u32>, &f64)| {
                    frequency(row) - v - frequency(&step.counts)
                };
                let pairs = state.iter().zip(&solved.solution.of_pair);
                pairs.map(excess).fold(0.0, f64::max)
            });
            of_step.sum::<f64>() + solved.solution.of_pair.iter().sum::<f64>()
        };
        for i in 0..=10 {
            for j in 0..=10 - i {
                let shares = [i, j, 10 - i - j].map(|tenths| f64::from(tenths) / 10.0);
                prop_assert!(slack(shares) > solved.solution.slack() - 1e-3, "{shares:?}");
            }
        }
    }
}
