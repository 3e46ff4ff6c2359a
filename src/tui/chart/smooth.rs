use crate::telemetry::Mean;

/// A debiased exponential moving average: m ← b·m + (1 − b)·x, divided by 1 − bⁿ, where n counts
/// the values that are finite. Others are gaps of the curve and do not change the average.
///
/// A mean of k values counts as k values that are all like it, so that the smoothing of a long
/// run's early part is that of its newest part.
pub fn smooth(means: impl Iterator<Item = Mean>, b: f64) -> impl Iterator<Item = Mean> {
    // `weight` is 1 − bⁿ, gathered as the average itself is.
    let (mut average, mut weight) = (0.0, 0.0);
    // Neighbours are means of equally many.
    let mut power = (1, b);
    means.map(move |mean| {
        if mean.count == 0 || !mean.value.is_finite() {
            return Mean { value: f64::NAN, ..mean };
        }
        if mean.count != power.0 {
            power = (mean.count, b.powf(mean.count as f64));
        }
        let past = power.1;
        average = past * average + (1.0 - past) * mean.value;
        weight = past * weight + (1.0 - past);
        Mean { value: average / weight, ..mean }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(values: &[(f64, u64)], b: f64) -> Vec<f64> {
        let means =
            values.iter().map(|(value, count)| Mean { step: 0, value: *value, count: *count });
        smooth(means, b).map(|mean| mean.value).collect()
    }

    #[test]
    fn an_average_is_debiased_and_skips_gaps() {
        let averages = smoothed(&[(4.0, 1), (f64::NAN, 0), (8.0, 1), (8.0, 1)], 0.5);
        // m: 2, –, 1 + 4 = 5, 2.5 + 4 = 6.5; by 1 − 0.5, –, 1 − 0.25, 1 − 0.125.
        assert_eq!((averages[0], averages[2], averages[3]), (4.0, 5.0 / 0.75, 6.5 / 0.875));
        assert!(averages[1].is_nan());
        assert_eq!(smoothed(&[(3.0, 1), (1.0, 1)], 0.0), [3.0, 1.0]);
    }

    #[test]
    fn a_mean_of_several_values_counts_as_that_many() {
        let one_by_one = smoothed(&[(2.0, 1), (6.0, 1), (6.0, 1), (6.0, 1), (1.0, 1)], 0.9);
        let together = smoothed(&[(2.0, 1), (6.0, 3), (1.0, 1)], 0.9);
        assert!((one_by_one[3] - together[1]).abs() < 1e-12);
        assert!((one_by_one[4] - together[2]).abs() < 1e-12);
    }
}
