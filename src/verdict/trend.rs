//! Where the mean of the held-out losses goes.

use crate::telemetry::{History, Point};

/// The mean of the domains' held-out losses at an evaluation, nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MeanLoss {
    pub step: u64,
    pub loss: f64,
}

/// The means of the evaluations that measured every domain, oldest first.
pub(super) fn mean_losses(history: &History) -> Vec<MeanLoss> {
    let curves = &history.curves.losses;
    let Some((first, others)) = curves.split_first() else { return Vec::new() };
    let mut sums: Vec<Point> = first.lasts().collect();
    for other in others {
        // A loss that was not used is NaN, which stays one in the sum.
        sums.iter_mut().zip(other.lasts()).for_each(|(sum, point)| {
            sum.value = if sum.step == point.step { sum.value + point.value } else { f64::NAN };
        });
    }
    let means = sums.into_iter().filter(|sum| sum.value.is_finite());
    means.map(|sum| MeanLoss { step: sum.step, loss: sum.value / curves.len() as f64 }).collect()
}

/// Standard error of a change of that mean, nats: that of its change since the start, over the same rows. `None`
/// where it is not known.
pub(super) fn mean_error(history: &History) -> Option<f64> {
    let nats = history.losses.iter().map(|loss| Some(loss.since_start?.error * loss.first));
    let squares: Option<f64> = nats.map(|error| Some(error?.powi(2))).sum();
    let error = squares?.sqrt() / history.losses.len() as f64;
    error.is_finite().then_some(error)
}
