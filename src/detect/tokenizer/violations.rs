use super::replay::Replay;
use super::solution::Solution;

/// That the pair of a merge was, at its time, at least as frequent as another pair.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constraint {
    /// Index of the merge in [`Replay::steps`].
    pub step: u32,
    /// Number of the pair that must not be more frequent.
    pub pair: u32,
    /// How much more often the merged pair occurs in each domain, per kB of its text.
    pub lead: Vec<f64>,
}

/// Goes through the merges and finds, for each, up to `per_merge` pairs that are by more than
/// `tolerance` (per kB) more frequent under the solution than its slacks allow.
pub(super) fn find(
    replay: &Replay,
    scale: &[f64],
    solution: &Solution,
    per_merge: usize,
    tolerance: f64,
) -> Vec<Constraint> {
    let domains = replay.domains;
    let weights: Vec<f64> =
        solution.shares.iter().zip(scale).map(|(share, scale)| share * scale).collect();
    let frequency = |counts: &[u32]| -> f64 {
        counts.iter().zip(&weights).map(|(&count, weight)| f64::from(count) * weight).sum()
    };
    let mut counts = replay.initial.clone();
    counts.resize(replay.pairs * domains, 0);
    let excess = |pair: usize, counts: &[u32]| frequency(counts) - solution.of_pair[pair];
    let mut ranking = Ranking::new(
        counts.chunks(domains).enumerate().map(|(pair, own)| excess(pair, own)).collect(),
    );
    let mut found = Vec::new();
    for (step, merge) in replay.steps.iter().enumerate() {
        let bound = frequency(&merge.counts) + solution.of_step[step] + tolerance;
        for pair in ranking.above(bound, per_merge) {
            let other = &counts[pair * domains..][..domains];
            let lead = merge.counts.iter().zip(other).zip(scale);
            found.push(Constraint {
                step: step as u32,
                pair: pair as u32,
                lead: lead.map(|((&m, &p), scale)| (f64::from(m) - f64::from(p)) * scale).collect(),
            });
        }
        for change in merge.changes.clone() {
            let pair = replay.changed[change] as usize;
            let after = replay.counts_after(change);
            counts[pair * domains..][..domains].copy_from_slice(after);
            ranking.set(pair, excess(pair, after));
        }
    }
    found
}

/// A tournament over numbers: the greatest is known at once, a change costs log n. Of equal ones the
/// first wins.
struct Ranking {
    leaves: usize,
    values: Vec<f64>,
    /// Winner of each inner node; node 1 is the root, node n has the children 2n and 2n + 1.
    winners: Vec<u32>,
}

impl Ranking {
    fn new(mut values: Vec<f64>) -> Ranking {
        let leaves = values.len().next_power_of_two().max(2);
        values.resize(leaves, f64::NEG_INFINITY);
        let mut ranking = Ranking { leaves, values, winners: vec![0; leaves] };
        for node in (1..leaves).rev() {
            ranking.play(node);
        }
        ranking
    }

    /// The indices of the greatest values above `bound`, at most so many, the greatest first.
    fn above(&mut self, bound: f64, most: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let (index, value) = self.first();
            if value <= bound {
                break;
            }
            self.set(index, f64::NEG_INFINITY);
            taken.push((index, value));
        }
        for &(index, value) in &taken {
            self.set(index, value);
        }
        taken.into_iter().map(|(index, _)| index).collect()
    }

    /// The greatest value, with its index.
    fn first(&self) -> (usize, f64) {
        let first = self.winners[1] as usize;
        (first, self.values[first])
    }

    fn set(&mut self, leaf: usize, value: f64) {
        self.values[leaf] = value;
        let mut node = (self.leaves + leaf) / 2;
        while node > 0 {
            self.play(node);
            node /= 2;
        }
    }

    fn play(&mut self, node: usize) {
        let winner = |child: usize| match child.checked_sub(self.leaves) {
            Some(leaf) => leaf as u32,
            None => self.winners[child],
        };
        let (left, right) = (winner(2 * node), winner(2 * node + 1));
        let right_wins = self.values[right as usize] > self.values[left as usize];
        self.winners[node] = if right_wins { right } else { left };
    }
}
