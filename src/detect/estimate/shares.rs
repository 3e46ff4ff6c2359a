use super::bootstrap::intervals;
use super::correct::corrected;
use super::judged::{Judged, weighted_mean};
use crate::detect::judge::Confusion;
use crate::mixing::{Mixture, MixtureError};
use crate::telemetry::ShareEstimate;
use serde::{Deserialize, Serialize};

/// Resamples behind the intervals of a result.
const RESAMPLES: usize = 1000;
/// Resamples behind the intervals that are shown meanwhile.
const RUNNING_RESAMPLES: usize = 100;

/// The base model's distribution over the domains, and how reliable it is.
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
    /// The largest of the spreads, in per cent. The paper reports an "overall variance not exceeding
    /// 1.874 %" over five iterations without a definition; this is our reading of it.
    pub variance_percent: f64,
    /// Texts that were judged.
    pub judged: u64,
    /// Texts without a usable answer, which no mean includes.
    pub unjudged: u64,
}

/// The estimate from all iterations. An iteration without a judged text is left out; at least one has
/// to have some.
///
/// # Errors
/// Nothing was judged, or everything that was has weight 0.
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
        intervals: intervals(iterations, confusion, &mixture, seed, RESAMPLES),
        variance_percent: spread.iter().fold(0.0, |a: f64, b| a.max(100.0 * b)),
        spread,
        iterations: shares,
        unjudged: texts.count() as u64 - judged,
        judged,
        mixture,
    })
}

/// The shares so far, with intervals of few resamples; empty before the first judgement.
pub fn running(
    iterations: &[Vec<Judged>],
    confusion: Option<&Confusion>,
    seed: u64,
) -> Vec<ShareEstimate> {
    let Ok(mixture) = pooled(iterations, confusion) else { return Vec::new() };
    let intervals = intervals(iterations, confusion, &mixture, seed, RUNNING_RESAMPLES);
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

/// P_t of each iteration, corrected.
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

/// The mean of vectors of equal length.
fn mean(vectors: &[Vec<f64>]) -> Result<Vec<f64>, MixtureError> {
    let first = vectors.first().ok_or(MixtureError::Empty)?;
    let column = |j: usize| vectors.iter().map(|v| v[j]).sum::<f64>() / vectors.len() as f64;
    Ok((0..first.len()).map(column).collect())
}

/// Standard deviation of each share over the iterations.
fn spread(shares: &[Mixture]) -> Vec<f64> {
    let count = shares.len() as f64;
    let domains = shares.first().map_or(0, Mixture::len);
    let deviation = |j: usize| {
        let column = shares.iter().map(|mixture| mixture.as_slice()[j]);
        let mean = column.clone().sum::<f64>() / count;
        let squares: f64 = column.map(|share| (share - mean).powi(2)).sum();
        if count > 1.0 { (squares / (count - 1.0)).sqrt() } else { 0.0 }
    };
    (0..domains).map(deviation).collect()
}
