//! Which rows are trained on, which are held out, and which a limit leaves out: decided by the
//! row's content, so the same after every restart.

use crate::data::conversation::RowFingerprint;
use std::collections::{BinaryHeap, HashSet};

/// Whether a row is trained on or held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Train,
    HeldOut,
}

/// Where the rows of some files go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule<'a> {
    /// All are held out.
    HeldOut,
    /// All are trained on, but those that are held out already.
    TrainWithout(&'a HashSet<u128>),
    /// This share is held out; the rest is trained on, but what is held out already.
    Share(f64, &'a HashSet<u128>),
}

impl Rule<'_> {
    /// `None`: the row is held out already, and is removed from training.
    pub fn side(self, row: RowFingerprint) -> Option<Side> {
        match self {
            Rule::HeldOut => Some(Side::HeldOut),
            Rule::Share(share, _) if row.is_held_out(share) => Some(Side::HeldOut),
            Rule::TrainWithout(held_out) | Rule::Share(_, held_out) => {
                (!held_out.contains(&row.identity)).then_some(Side::Train)
            }
        }
    }
}

/// A row's rank in the order by which limits choose: its hash, then its number among all rows.
pub(super) type Rank = (u64, u64);

/// The last rank that a limit keeps; `None` keeps all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub train: Option<Rank>,
    pub held_out: Option<Rank>,
}

impl Limits {
    pub fn keep(self, side: Side, rank: Rank) -> bool {
        let last = match side {
            Side::Train => self.train,
            Side::HeldOut => self.held_out,
        };
        last.is_none_or(|last| rank <= last)
    }
}

/// Finds the n-th smallest rank with memory for n.
pub(super) struct Smallest {
    n: Option<usize>,
    heap: BinaryHeap<Rank>,
}

impl Smallest {
    /// Without `n` nothing is limited.
    pub fn new(n: Option<usize>) -> Self {
        Smallest { n, heap: BinaryHeap::new() }
    }

    pub fn push(&mut self, rank: Rank) {
        let Some(n) = self.n else { return };
        self.heap.push(rank);
        if self.heap.len() > n {
            self.heap.pop();
        }
    }

    /// The greatest rank that is kept; `None` without a limit.
    pub fn last(&self) -> Option<Rank> {
        self.n.map(|_| self.heap.peek().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_keeps_the_smallest_ranks() {
        let mut smallest = Smallest::new(Some(2));
        [(7, 0), (3, 1), (9, 2), (3, 3)].into_iter().for_each(|rank| smallest.push(rank));
        let limits = Limits { train: smallest.last(), held_out: None };
        assert_eq!(limits.train, Some((3, 3)));
        assert!(limits.keep(Side::Train, (3, 1)) && !limits.keep(Side::Train, (7, 0)));
        assert!(limits.keep(Side::HeldOut, (9, 2)));
    }
}
