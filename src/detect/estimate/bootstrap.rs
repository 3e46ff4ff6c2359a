//! Bootstrap intervals: the texts of every iteration are resampled, and the texts behind the judge's
//! confusion matrix.

use super::correct::corrected;
use super::judged::{Judged, weighted_mean};
use crate::detect::judge::Confusion;
use crate::mixing::Mixture;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The 95 % interval of each share of `mixture`, which is always inside it.
///
/// Each resample draws as many texts as there are, with replacement, within each iteration, and
/// each line of the confusion matrix as a multinomial of its rows, which is a little wider than the
/// rows' own probabilities would give. The numbers depend on the seed alone.
pub(super) fn intervals(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
    mixture: &Mixture,
    seed: u64,
    resamples: usize,
) -> Vec<(f64, f64)> {
    let domains = mixture.len();
    let mut drawn: Vec<Vec<f64>> = vec![Vec::with_capacity(resamples); domains];
    for resample in 0..resamples as u64 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(resample);
        let Some(shares) = resampled(iterations, confusion, domains, &mut random) else { continue };
        drawn.iter_mut().zip(shares.as_slice()).for_each(|(column, share)| column.push(*share));
    }
    let columns = drawn.into_iter().zip(mixture.as_slice());
    columns.map(|(column, &share)| interval(column, share)).collect()
}

/// The shares of one resample; `None` where it has no judged text.
fn resampled(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
    domains: usize,
    random: &mut ChaCha8Rng,
) -> Option<Mixture> {
    let mut sums = vec![0.0; domains];
    for texts in iterations.iter().filter(|texts| !texts.is_empty()) {
        let picks: Vec<&Judged> =
            texts.iter().map(|_| &texts[below(random, texts.len())]).collect();
        if let Some(mean) = weighted_mean(picks.into_iter()) {
            sums.iter_mut().zip(mean).for_each(|(sum, share)| *sum += share);
        }
    }
    let judged = Mixture::normalized(sums).ok()?;
    Some(match confusion {
        None => judged,
        Some(confusion) => {
            let lines = confusion.lines().iter().zip(confusion.rows());
            let lines: Vec<Mixture> =
                lines.map(|(line, &rows)| redrawn(line, rows, random)).collect();
            corrected(&judged, &lines)
        }
    })
}

/// A line that was drawn again from as many rows, each judged to be of one domain.
fn redrawn(line: &Mixture, rows: u64, random: &mut ChaCha8Rng) -> Mixture {
    let mut counts = vec![0.0; line.len()];
    for _ in 0..rows {
        let mut left = unit(random);
        let domain = line.as_slice().iter().position(|share| {
            left -= share;
            left < 0.0
        });
        counts[domain.unwrap_or(line.len() - 1)] += 1.0;
    }
    Mixture::normalized(counts).unwrap_or_else(|_| line.clone())
}

/// The middle 95 %, widened where the share itself is outside.
fn interval(mut column: Vec<f64>, share: f64) -> (f64, f64) {
    column.sort_by(f64::total_cmp);
    let at = |quantile: f64| {
        let rank = quantile * (column.len().saturating_sub(1)) as f64;
        column.get(rank.round() as usize).copied().unwrap_or(share)
    };
    (at(0.025).min(share), at(0.975).max(share))
}

/// 0 to below `count`.
fn below(random: &mut ChaCha8Rng, count: usize) -> usize {
    (unit(random) * count as f64) as usize
}

/// 0 to below 1.
fn unit(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}
