//! From judgements to Algorithm 1's answer.

mod bootstrap;
mod correct;

use super::judge::Confusion;
use crate::mixing::{Mixture, MixtureError};
use crate::telemetry::ShareEstimate;
use serde::{Deserialize, Serialize};

pub use correct::corrected;

/// Resamples behind the intervals of an answer.
const RESAMPLES: usize = 1000;
/// Resamples behind those that are shown on the way.
const RUNNING_RESAMPLES: usize = 100;

/// One text.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Probability of each domain; `None` where the judge had no usable answer.
    pub probabilities: Option<Mixture>,
    /// What the text counts in the mean, ≥ 0: 1, or its tokens.
    pub weight: f64,
}

/// The base model's distribution over the domains, and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// mean_t P_t, corrected for the judge's confusion where that is known.
    pub mixture: Mixture,
    /// 95 % interval of each share: percentiles of a bootstrap over the texts of each iteration
    /// and over the texts behind the confusion matrix.
    pub intervals: Vec<(f64, f64)>,
    /// P_t of each iteration, corrected likewise.
    pub iterations: Vec<Mixture>,
    /// Standard deviation over the iterations of each share (n − 1 in the denominator); 0 for one
    /// iteration.
    pub spread: Vec<f64>,
    /// The largest of the spreads, in per cent: how we read the paper's "overall variance not
    /// exceeding 1.874 %" of five iterations, which says no more than that.
    pub variance_percent: f64,
    /// Texts that were judged.
    pub judged: u64,
    /// Texts without a usable answer; they count nothing.
    pub unjudged: u64,
}

/// The answer of all iterations. One without a judged text is left out; at least one has to have
/// some.
///
/// # Errors
/// Nothing was judged, or all that was weighs nothing.
pub fn estimate(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
    seed: u64,
) -> Result<Estimate, MixtureError> {
    let shares = each_corrected(iterations, confusion)?;
    let mixture = pooled(iterations, confusion)?;
    let spread = spread(&shares);
    let texts = iterations.iter().flatten();
    let judged = texts.clone().filter(|text| text.probabilities.is_some()).count() as u64;
    Ok(Estimate {
        intervals: bootstrap::intervals(iterations, confusion, &mixture, seed, RESAMPLES),
        variance_percent: spread.iter().fold(0.0, |a: f64, b| a.max(100.0 * b)),
        spread,
        iterations: shares,
        unjudged: texts.count() as u64 - judged,
        judged,
        mixture,
    })
}

/// The answer until now, with intervals of few resamples; nothing before the first judgement.
pub fn running(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
    seed: u64,
) -> Vec<ShareEstimate> {
    let Ok(mixture) = pooled(iterations, confusion) else { return Vec::new() };
    let intervals = bootstrap::intervals(iterations, confusion, &mixture, seed, RUNNING_RESAMPLES);
    let shares = mixture.as_slice().iter().zip(intervals);
    shares.map(|(&share, (low, high))| ShareEstimate { share, low, high }).collect()
}

/// The correction is made on the mean of all iterations: away from the edges of the simplex it is
/// linear, so that this is the mean of the corrected ones, and at an edge it is less biased.
fn pooled(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
) -> Result<Mixture, MixtureError> {
    let means: Vec<Vec<f64>> =
        iterations.iter().filter_map(|texts| weighted_mean(texts.iter())).collect();
    correct(mean(&means)?, confusion)
}

fn each_corrected(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
) -> Result<Vec<Mixture>, MixtureError> {
    let means = iterations.iter().filter_map(|texts| weighted_mean(texts.iter()));
    means.map(|mean| correct(mean, confusion)).collect()
}

fn correct(mean: Vec<f64>, confusion: Option<&Confusion>) -> Result<Mixture, MixtureError> {
    let mean = Mixture::normalized(mean)?;
    Ok(match confusion {
        None => mean,
        Some(confusion) => corrected(&mean, confusion.lines()),
    })
}

/// P_t: the weighted mean of the judgements; `None` where nothing was judged.
fn weighted_mean<'a>(texts: impl Iterator<Item = &'a Judged>) -> Option<Vec<f64>> {
    let mut sums: Vec<f64> = Vec::new();
    let mut weights = 0.0;
    for Judged { probabilities, weight } in texts {
        let Some(probabilities) = probabilities else { continue };
        sums.resize(probabilities.len(), 0.0);
        sums.iter_mut().zip(probabilities.as_slice()).for_each(|(sum, p)| *sum += weight * p);
        weights += weight;
    }
    (weights > 0.0).then(|| sums.into_iter().map(|sum| sum / weights).collect())
}

fn mean(rows: &[Vec<f64>]) -> Result<Vec<f64>, MixtureError> {
    let first = rows.first().ok_or(MixtureError::Empty)?;
    let column = |j: usize| rows.iter().map(|row| row[j]).sum::<f64>() / rows.len() as f64;
    Ok((0..first.len()).map(column).collect())
}

fn spread(shares: &[Mixture]) -> Vec<f64> {
    let count = shares.len() as f64;
    let domains = shares.first().map_or(0, Mixture::len);
    let of = |j: usize| {
        let column = shares.iter().map(|mixture| mixture.as_slice()[j]);
        let mean = column.clone().sum::<f64>() / count;
        let squares: f64 = column.map(|share| (share - mean).powi(2)).sum();
        if count > 1.0 { (squares / (count - 1.0)).sqrt() } else { 0.0 }
    };
    (0..domains).map(of).collect()
}

#[cfg(test)]
mod tests;
