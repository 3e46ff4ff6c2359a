//! Where the mean of the held-out losses goes.

use crate::mixing::{CLEAR, Change};
use crate::telemetry::{DomainLoss, History};

/// The mean of the domains' held-out losses at an evaluation, nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanLoss {
    /// Optimizer steps done.
    pub step: u64,
    /// The mean.
    pub loss: f64,
}

/// The means of the evaluations that measured every domain, oldest first.
pub fn mean_losses(history: &History) -> Vec<MeanLoss> {
    let curves = &history.curves.losses;
    let Some((first, others)) = curves.split_first() else { return Vec::new() };
    let mut sums = first.lasts();
    for other in others {
        // A loss that was not used is NaN, which stays one in the sum.
        sums.iter_mut().zip(other.lasts()).for_each(|(sum, point)| {
            sum.value = if sum.step == point.step { sum.value + point.value } else { f64::NAN };
        });
    }
    let means = sums.into_iter().filter(|sum| sum.value.is_finite());
    means.map(|sum| MeanLoss { step: sum.step, loss: sum.value / curves.len() as f64 }).collect()
}

/// A change of that mean, nats, and its standard error over the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MeanChange {
    pub change: f64,
    pub error: f64,
}

impl MeanChange {
    /// Whether the mean fell by more than the noise.
    pub fn is_clear_fall(&self) -> bool {
        -self.change > CLEAR * self.error
    }

    /// Since the untuned model; `None` where an error is not known.
    pub fn since_start(history: &History) -> Option<Self> {
        Self::of(history, |loss| loss.since_start)
    }

    /// Since the newest mixture update before the newest evaluation.
    pub fn since_update(history: &History) -> Option<Self> {
        Self::of(history, |loss| loss.since_update)
    }

    fn of(history: &History, change: fn(&DomainLoss) -> Option<Change>) -> Option<Self> {
        let (mut sum, mut squares) = (0.0, 0.0);
        for loss in &history.losses {
            let change = change(loss)?;
            let before = loss.last / (1.0 + change.relative);
            sum += loss.last - before;
            squares += (change.error * before).powi(2);
        }
        let count = history.losses.len() as f64;
        let (change, error) = (sum / count, squares.sqrt() / count);
        (change.is_finite() && error.is_finite()).then_some(MeanChange { change, error })
    }
}
