//! The training of the tokenizer again, on other texts.

use super::merges::{Merge, Pair};
use super::words::Words;
use std::collections::HashMap;
use std::ops::Range;

/// How often every pair occurs in every domain, before and after each merge.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// Number of domains.
    pub domains: usize,
    /// Number of distinct pairs that ever occur; they are numbered by their first appearance.
    pub pairs: usize,
    /// Counts of the first pairs before any merge, `domains` of them for each pair.
    pub initial: Vec<u32>,
    /// The merges whose pair occurs, in order.
    pub steps: Vec<Step>,
    /// Pairs whose counts a step changed, the steps one after the other.
    pub changed: Vec<u32>,
    /// Their counts after it, `domains` of them for each of `changed`.
    pub changed_counts: Vec<u32>,
}

/// A merge whose pair occurs in the texts.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Counts of its pair before, by domain.
    pub counts: Vec<u32>,
    /// What it changed, as a part of [`Replay::changed`].
    pub changes: Range<usize>,
}

impl Replay {
    /// Applies the merges, in order, to the words.
    pub fn new(words: Words, merges: &[Merge]) -> Replay {
        let domains = words.text.len();
        let mut state = State::new(words, domains);
        let mut replay = Replay { domains, initial: state.counts.clone(), ..Replay::default() };
        for &merge in merges {
            let Some(&pair) = state.numbers.get(&merge.pair) else { continue };
            let counts = state.counts_of(pair).to_vec();
            // Earlier merges may have taken every occurrence.
            if counts.iter().all(|&count| count == 0) {
                continue;
            }
            let start = replay.changed.len();
            state.apply(merge, pair, &mut replay);
            replay.steps.push(Step { counts, changes: start..replay.changed.len() });
        }
        replay.pairs = state.words_with.len();
        replay
    }

    /// The counts after the change of this index in [`Replay::changed`].
    pub fn counts_after(&self, change: usize) -> &[u32] {
        &self.changed_counts[change * self.domains..][..self.domains]
    }
}

/// The words between two merges, and the counts of their pairs.
struct State {
    domains: usize,
    words: Words,
    /// Number of each pair; looked up, never listed.
    numbers: HashMap<Pair, u32>,
    /// Counts now, `domains` of them for each pair.
    counts: Vec<u32>,
    /// Words in which each pair may occur; stale and repeated entries do no harm.
    words_with: Vec<Vec<u32>>,
    /// For each pair the index in `before` of its counts before the merge, or [`UNTOUCHED`].
    touched: Vec<u32>,
    before: Vec<(u32, Vec<u32>)>,
}

const UNTOUCHED: u32 = u32::MAX;

impl State {
    fn new(words: Words, domains: usize) -> State {
        let mut state = State {
            domains,
            numbers: HashMap::new(),
            counts: Vec::new(),
            words_with: Vec::new(),
            touched: Vec::new(),
            before: Vec::new(),
            words,
        };
        for word in 0..state.words.symbols.len() {
            state.count(word, u32::wrapping_add);
        }
        state.settle();
        state
    }

    /// Counts of a pair, by domain.
    fn counts_of(&self, pair: u32) -> &[u32] {
        &self.counts[pair as usize * self.domains..][..self.domains]
    }

    /// Rewrites the words that contain the pair and records the counts that changed.
    fn apply(&mut self, merge: Merge, pair: u32, replay: &mut Replay) {
        let mut candidates = std::mem::take(&mut self.words_with[pair as usize]);
        candidates.sort_unstable();
        candidates.dedup();
        for word in candidates {
            let word = word as usize;
            let holds = |pair: &[u32]| (pair[0], pair[1]) == merge.pair;
            if self.words.symbols[word].windows(2).any(holds) {
                self.count(word, u32::wrapping_sub);
                join(&mut self.words.symbols[word], merge);
                self.count(word, u32::wrapping_add);
            }
        }
        for (pair, before) in self.settle() {
            if self.counts_of(pair) != before {
                replay.changed.push(pair);
                replay.changed_counts.extend_from_slice(self.counts_of(pair));
            }
        }
    }

    /// Adds the pairs of a word to the counts, or takes them away.
    fn count(&mut self, word: usize, change: fn(u32, u32) -> u32) {
        for at in 1..self.words.symbols[word].len() {
            let symbols = &self.words.symbols[word];
            let pair = self.number((symbols[at - 1], symbols[at]));
            self.touch(pair);
            let counts = &mut self.counts[pair as usize * self.domains..][..self.domains];
            for (count, of_word) in counts.iter_mut().zip(&self.words.counts[word]) {
                *count = change(*count, *of_word);
            }
            let words = &mut self.words_with[pair as usize];
            if words.last() != Some(&(word as u32)) {
                words.push(word as u32);
            }
        }
    }

    fn number(&mut self, pair: Pair) -> u32 {
        let next = self.words_with.len() as u32;
        let number = *self.numbers.entry(pair).or_insert(next);
        if number == next {
            self.words_with.push(Vec::new());
            self.touched.push(UNTOUCHED);
            self.counts.extend(std::iter::repeat_n(0, self.domains));
        }
        number
    }

    fn touch(&mut self, pair: u32) {
        if self.touched[pair as usize] == UNTOUCHED {
            self.touched[pair as usize] = self.before.len() as u32;
            let before = self.counts_of(pair).to_vec();
            self.before.push((pair, before));
        }
    }

    /// The pairs that were touched since the last time, with their counts before.
    fn settle(&mut self) -> Vec<(u32, Vec<u32>)> {
        let before = std::mem::take(&mut self.before);
        for &(pair, _) in &before {
            self.touched[pair as usize] = UNTOUCHED;
        }
        before
    }
}

/// Replaces the pair by the merged symbol, from left to right.
fn join(symbols: &mut Vec<u32>, merge: Merge) {
    let (mut read, mut write) = (0, 0);
    while read < symbols.len() {
        let next = symbols.get(read + 1).copied();
        if next.is_some_and(|next| (symbols[read], next) == merge.pair) {
            symbols[write] = merge.merged;
            read += 2;
        } else {
            symbols[write] = symbols[read];
            read += 1;
        }
        write += 1;
    }
    symbols.truncate(write);
}
