//! How often a run measures and saves: counted from its steps, nothing is tried.

/// After which steps a run measures its held-out losses, besides its start and its end. Several at one
/// step are one measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuringCadence {
    /// Optimizer steps of the run.
    pub steps: u64,
    /// Steps between two mixture updates that measure; `None` where no update does.
    pub updates: Option<u64>,
    /// Steps between two more measurements.
    pub evaluations: Option<u64>,
    /// Steps between two checkpoints that are ranked.
    pub ranked_checkpoints: Option<u64>,
}

impl MeasuringCadence {
    /// Held-out measurements of the whole run: before the first step, after the last one, and between.
    pub fn measurements(&self) -> u64 {
        let all = [self.updates, self.evaluations, self.ranked_checkpoints];
        let every: Vec<u64> = all.into_iter().flatten().collect();
        2 + multiples_of_any(&every, self.steps.saturating_sub(1))
    }
}

/// Checkpoints of a run of `steps` steps: one after each `every`, and one at the end.
pub fn checkpoints(steps: u64, every: Option<u64>) -> u64 {
    1 + every.map_or(0, |every| steps.saturating_sub(1) / every.max(1))
}

/// How many of 1..=`most` are a multiple of at least one of the numbers: each subset of them adds or takes
/// away the multiples of its least common multiple.
fn multiples_of_any(numbers: &[u64], most: u64) -> u64 {
    let subsets = 1u32..1 << numbers.len();
    let of_subset = |subset: u32| -> i128 {
        let chosen = numbers.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1);
        let common = chosen.fold(1u128, |common, (_, n)| lcm(common, u128::from((*n).max(1))));
        let count = (u128::from(most) / common) as i128;
        if subset.count_ones() % 2 == 1 { count } else { -count }
    };
    subsets.map(of_subset).sum::<i128>().try_into().unwrap_or(0)
}

/// The least common multiple, at most the largest number there is.
fn lcm(a: u128, b: u128) -> u128 {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cadence(steps: u64, every: [Option<u64>; 3]) -> MeasuringCadence {
        let [updates, evaluations, ranked_checkpoints] = every;
        MeasuringCadence { steps, updates, evaluations, ranked_checkpoints }
    }

    #[test]
    fn start_end_and_every_step_with_a_reason_count_once() {
        // 300 steps, updates after each 7: 42 between (7 to 294), start and end.
        assert_eq!(cadence(300, [Some(7), None, None]).measurements(), 44);
        // Checkpoints after 100 and 200 are no multiples of 7: two more.
        assert_eq!(cadence(300, [Some(7), None, Some(100)]).measurements(), 46);
        // After the last step there is only the closing measurement.
        assert_eq!(cadence(300, [None, Some(300), None]).measurements(), 2);
        assert_eq!(cadence(1, [Some(1), None, None]).measurements(), 2);
        assert_eq!((checkpoints(300, Some(100)), checkpoints(300, None)), (3, 1));
    }

    proptest! {
        #[test]
        fn counting_is_what_the_steps_do(
            steps in 1u64..200,
            every in [
                prop::option::of(1u64..60), prop::option::of(1u64..60), prop::option::of(1u64..60),
            ],
        ) {
            let due = |step: &u64| every.iter().flatten().any(|every| step.is_multiple_of(*every));
            let between = (1..steps).filter(due).count() as u64;
            prop_assert_eq!(cadence(steps, every).measurements(), 2 + between);
            let saved = every[0].map_or(0, |every| (1..steps).filter(|s| s.is_multiple_of(every)).count());
            prop_assert_eq!(checkpoints(steps, every[0]), 1 + saved as u64);
        }
    }
}
