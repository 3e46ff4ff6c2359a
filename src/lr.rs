//! The learning rate over a run: a linear warm-up to the peak, then a fall or none.

use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the learning rate changes over a run, as shares of its peak; see [`factor`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Warm-up as a share of all steps, from 0 to below 1.
    pub warmup: f64,
    /// How the rate changes after the warm-up.
    pub shape: Shape,
    /// Learning rate of the final step as a share of the peak, 0..=1; of no effect on a constant
    /// rate.
    pub last: f64,
}

/// How the learning rate changes after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// Half a cosine down to `last`.
    Cosine,
    /// A straight line down to `last`.
    Linear,
    /// The peak to the end.
    Constant,
}

/// Share of the peak learning rate for the optimizer step that follows `done` completed ones, out
/// of `total`: linear warm-up over the first `warmup · total` steps (its first step is above 0),
/// then the shape of the schedule, down to `last` at the final step.
pub fn factor(schedule: &Schedule, done: Step, total: u64) -> f64 {
    let warmup_steps = (schedule.warmup * total as f64).round();
    let step = done.0 as f64;
    if step < warmup_steps {
        return (step + 1.0) / warmup_steps;
    }
    let span = (total as f64 - 1.0 - warmup_steps).max(1.0);
    let progress = ((step - warmup_steps) / span).clamp(0.0, 1.0);
    let remaining = match schedule.shape {
        Shape::Cosine => (1.0 + (PI * progress).cos()) / 2.0,
        Shape::Linear => 1.0 - progress,
        Shape::Constant => return 1.0,
    };
    schedule.last + (1.0 - schedule.last) * remaining
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(shape: Shape, warmup: f64, last: f64, total: u64) -> Vec<f64> {
        let schedule = Schedule { warmup, shape, last };
        (0..total).map(|step| factor(&schedule, Step(step), total)).collect()
    }

    #[test]
    fn warm_up_climbs_to_the_peak_and_the_cosine_ends_at_last() {
        let lr = factors(Shape::Cosine, 0.2, 0.1, 10);
        assert_eq!(lr[0], 0.5);
        assert_eq!(lr[1], 1.0);
        assert_eq!(lr[2], 1.0);
        assert!((lr[9] - 0.1).abs() < 1e-12);
        // Half-way between step 2 and step 9: 0.1 + 0.9 · (1 + cos(π · 3/7)) / 2.
        assert!((lr[5] - (0.1 + 0.9 * (1.0 + (PI * 3.0 / 7.0).cos()) / 2.0)).abs() < 1e-12);
    }

    #[test]
    fn linear_falls_evenly_and_constant_stays() {
        assert_eq!(factors(Shape::Linear, 0.0, 0.0, 5), [1.0, 0.75, 0.5, 0.25, 0.0]);
        assert_eq!(factors(Shape::Constant, 0.0, 0.0, 3), [1.0; 3]);
    }

    #[test]
    fn a_run_of_one_step_uses_the_peak() {
        assert_eq!(factors(Shape::Cosine, 0.03, 0.0, 1), [1.0]);
    }
}
