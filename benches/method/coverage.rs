//! Whether 95 % intervals hold what they promise, on real rows: sets of rows are drawn out of all held-out
//! rows of a run, and the change of the loss over all of them is the truth.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use versatune::mixing::RowLosses;

pub const SEED: u64 = 11;
const DRAWS: usize = 4000;
const ROWS: usize = 50;

/// Losses of one domain's rows at two steps.
pub struct Pair {
    pub domain: String,
    pub before: RowLosses,
    pub now: RowLosses,
}

pub struct Coverage {
    domain: String,
    rows: usize,
    change: f64,
    share: f64,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Coverage { domain, rows, change, share } = self;
        write!(f, "{domain}: {share:.3} of sets of {ROWS} out of {rows} rows, change {change:.4}")
    }
}

pub fn of(pairs: &[Pair]) -> Vec<Coverage> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    pairs.iter().map(|pair| covered(pair, &mut random)).collect()
}

pub fn mean(all: &[Coverage]) -> f64 {
    all.iter().map(|domain| domain.share).sum::<f64>() / all.len() as f64
}

fn covered(pair: &Pair, random: &mut ChaCha8Rng) -> Coverage {
    let rows = pair.now.nats.len();
    let truth = pair.now.change_since(&pair.before).expect("the same rows").relative;
    let mut inside = 0;
    for _ in 0..DRAWS {
        let chosen: Vec<usize> = (0..ROWS).map(|_| random.random_range(0..rows)).collect();
        let of = |all: &RowLosses| RowLosses {
            nats: chosen.iter().map(|row| all.nats[*row]).collect(),
            tokens: chosen.iter().map(|row| all.tokens[*row]).collect(),
        };
        let change = of(&pair.now).change_since(&of(&pair.before)).expect("the same rows");
        inside += usize::from((change.relative - truth).abs() <= 1.96 * change.error);
    }
    let share = inside as f64 / DRAWS as f64;
    Coverage { domain: pair.domain.clone(), rows, change: truth, share }
}
