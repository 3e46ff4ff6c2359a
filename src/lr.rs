//! The learning rate over a run: a linear warm-up to the peak, then a fall or none.
//!
//! # Convention
//!
//! With s steps done of T, of which W = ⌈`warmup` · T⌉ are warm-up, the next step has this share of
//! the peak:
//!
//! | | here | `transformers` |
//! |---|---|---|
//! | W | ⌈`warmup` · T⌉, at most T − 1 | ⌈`warmup_ratio` · T⌉ |
//! | s < W | (s + 1) / W | s / W |
//! | s ≥ W | its shape at (s − W) / (T − W) | the same |
//!
//! The fall is that of `get_cosine_schedule_with_warmup`, `get_linear_schedule_with_warmup` and
//! `get_cosine_with_min_lr_schedule_with_warmup`: it would reach `last` one step after the final one.
//! The warm-up is one step ahead of theirs, whose first step has a rate of 0 and trains nothing: in
//! a run of 57 steps of warm-up that is 1/57 of the peak, in one of 2 steps half of the training.
//! So no step that counts has a rate of 0.

use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the learning rate changes over a run, as shares of its peak; see [`factor`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Warm-up as a share of all steps, from 0 to below 1; rounded up, and never all of them.
    pub warmup: f64,
    /// How the rate changes after the warm-up.
    pub shape: Shape,
    /// The share of the peak, 0..=1, that the rate falls to: it would have it one step after the final
    /// one. Of no effect on a constant rate.
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
/// of `total`; above 0 for each of them. See the [convention](self#convention).
pub fn factor(schedule: &Schedule, done: Step, total: u64) -> f64 {
    let warmup_steps = warmup_steps(schedule.warmup, total);
    if done.0 < warmup_steps {
        return (done.0 + 1) as f64 / warmup_steps as f64;
    }
    let span = total.saturating_sub(warmup_steps).max(1);
    let progress = ((done.0 - warmup_steps) as f64 / span as f64).min(1.0);
    let remaining = match schedule.shape {
        Shape::Cosine => (1.0 + (PI * progress).cos()) / 2.0,
        Shape::Linear => 1.0 - progress,
        Shape::Constant => return 1.0,
    };
    schedule.last + (1.0 - schedule.last) * remaining
}

/// Steps of the warm-up: rounded up as `transformers` does it, but at least one step of the run is
/// left for the peak.
fn warmup_steps(share: f64, total: u64) -> u64 {
    ((share * total as f64).ceil() as u64).min(total.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn factors(shape: Shape, warmup: f64, last: f64, total: u64) -> Vec<f64> {
        let schedule = Schedule { warmup, shape, last };
        (0..total).map(|step| factor(&schedule, Step(step), total)).collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
    }

    /// Golden values: the lambdas of `get_cosine_schedule_with_warmup(num_warmup_steps=2,
    /// num_training_steps=10)`, of the linear one and of the cosine with `min_lr_rate=0.1`, computed
    /// in Python for the steps 2 to 9. The steps 0 and 1 have 0 and 0.5 there.
    #[test]
    fn after_the_warm_up_the_rate_is_that_of_transformers() {
        let cosine = [
            1.0,
            0.9619397662556434,
            0.8535533905932737,
            0.6913417161825449,
            0.5,
            0.30865828381745514,
            0.14644660940672627,
            0.03806023374435663,
        ];
        assert_near(&factors(Shape::Cosine, 0.2, 0.0, 10)[2..], &cosine);
        let linear = [1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125];
        assert_near(&factors(Shape::Linear, 0.2, 0.0, 10)[2..], &linear);
        let with_least = [
            1.0,
            0.9657457896300791,
            0.8681980515339464,
            0.7222075445642904,
            0.55,
            0.3777924554357096,
            0.23180194846605365,
            0.13425421036992097,
        ];
        assert_near(&factors(Shape::Cosine, 0.2, 0.1, 10)[2..], &with_least);
    }

    #[test]
    fn the_warm_up_is_one_step_ahead_of_transformers() {
        // There 0, 0.25, 0.5, 0.75; the peak follows.
        assert_eq!(factors(Shape::Constant, 0.4, 0.0, 10)[..5], [0.25, 0.5, 0.75, 1.0, 1.0]);
        // ⌈0.03 · 40⌉ = 2: as there, it is rounded up.
        assert_eq!(factors(Shape::Linear, 0.03, 0.0, 40)[..3], [0.5, 1.0, 1.0]);
    }

    #[test]
    fn short_runs_train_in_each_of_their_steps() {
        assert_eq!(factors(Shape::Cosine, 0.03, 0.0, 1), [1.0]);
        // One of the two steps had a rate of 0 before.
        assert_eq!(factors(Shape::Cosine, 0.0, 0.0, 2), [1.0, 0.5]);
        assert_near(&factors(Shape::Linear, 0.0, 0.0, 5), &[1.0, 0.8, 0.6, 0.4, 0.2]);
        // ⌈0.9 · 3⌉ would be all of them.
        assert_eq!(factors(Shape::Linear, 0.9, 0.0, 3), [0.5, 1.0, 1.0]);
        // A resume may have shortened the run; no step is left then.
        let schedule = Schedule { warmup: 0.5, shape: Shape::Linear, last: 0.25 };
        assert_eq!(factor(&schedule, Step(7), 3), 0.25);
    }

    proptest! {
        #[test]
        fn every_step_has_a_rate_and_one_has_the_peak(
            shape in prop::sample::select(vec![Shape::Cosine, Shape::Linear, Shape::Constant]),
            warmup in 0.0..1.0,
            last in 0.0..=1.0,
            total in 1u64..300,
        ) {
            let rates = factors(shape, warmup, last, total);
            prop_assert!(rates.iter().all(|rate| *rate > 0.0 && *rate <= 1.0), "{:?}", rates);
            prop_assert!(rates.contains(&1.0), "{:?}", rates);
        }
    }
}
