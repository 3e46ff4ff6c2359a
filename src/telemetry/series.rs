/// A value at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Steps taken when it was measured.
    pub step: u64,
    /// The value; NaN is a gap.
    pub value: f64,
}

/// What a few neighbouring steps came to. `low` and `high` keep the place of a spike.
#[derive(Clone, Debug, PartialEq)]
struct Bucket {
    first: Point,
    low: Point,
    high: Point,
    last: Point,
    /// Step of the last value that was no number.
    gap: Option<u64>,
}

impl Bucket {
    fn of(point: Point) -> Self {
        let gap = (!point.value.is_finite()).then_some(point.step);
        let point = if gap.is_some() { Point { value: f64::NAN, ..point } } else { point };
        Bucket { first: point, low: point, high: point, last: point, gap }
    }

    fn is_gap(&self) -> bool {
        self.last.value.is_nan()
    }

    /// Takes in a bucket that lies behind this one.
    fn absorb(&mut self, later: Bucket) {
        let gap = later.gap.or(self.gap);
        if self.is_gap() {
            *self = later;
        } else if !later.is_gap() {
            self.last = later.last;
            if later.low.value < self.low.value {
                self.low = later.low;
            }
            if later.high.value > self.high.value {
                self.high = later.high;
            }
        }
        self.gap = gap;
    }

    /// What is drawn of it, in the order of steps.
    fn points(&self) -> Vec<Point> {
        let mut points: Vec<Point> = [self.first, self.low, self.high, self.last]
            .into_iter()
            .filter(|p| !p.value.is_nan())
            .chain(self.gap.map(|step| Point { step, value: f64::NAN }))
            .collect();
        points.sort_by_key(|p| p.step);
        points.dedup();
        points
    }
}

/// A curve over steps in bounded memory, whatever the length of the run.
///
/// Points are gathered in buckets of equal width in steps; when there are more than the capacity,
/// the width doubles and neighbours are joined. A bucket keeps its first, lowest, highest and last
/// point, so that a spike of one step in a million is still seen, at its place. A point at an
/// earlier step than the newest one says that the steps behind it are done over: they are dropped
/// (exactly up to the width of one bucket).
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    capacity: usize,
    width: u64,
    buckets: Vec<Bucket>,
}

impl Default for Series {
    fn default() -> Self {
        Series::with_capacity(512)
    }
}

impl Series {
    /// A curve of at most this many buckets (≥ 2).
    pub fn with_capacity(buckets: usize) -> Self {
        Series { capacity: buckets.max(2), width: 1, buckets: Vec::new() }
    }

    /// Adds a point.
    pub fn push(&mut self, step: u64, value: f64) {
        self.truncate(step);
        self.add(Bucket::of(Point { step, value }));
        while self.buckets.len() > self.capacity {
            self.width *= 2;
            for bucket in std::mem::take(&mut self.buckets) {
                self.add(bucket);
            }
        }
    }

    /// Drops what was measured after `step`.
    pub fn truncate(&mut self, step: u64) {
        while self.buckets.last().is_some_and(|b| b.first.step > step) {
            self.buckets.pop();
        }
    }

    /// Points in the order of steps, at most five a bucket; NaN marks a gap.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.buckets.iter().flat_map(Bucket::points)
    }

    /// The last point of each bucket: of series that were pushed at the same steps, the same steps.
    pub fn lasts(&self) -> impl Iterator<Item = Point> + '_ {
        self.buckets.iter().map(|b| b.last)
    }

    /// The newest value, where there is one that is a number.
    pub fn last(&self) -> Option<f64> {
        self.lasts().map(|p| p.value).filter(|v| !v.is_nan()).last()
    }

    /// Whether nothing was pushed yet.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    fn add(&mut self, bucket: Bucket) {
        match self.buckets.last_mut() {
            Some(last) if last.first.step / self.width == bucket.first.step / self.width => {
                last.absorb(bucket);
            }
            _ => self.buckets.push(bucket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_spike_in_a_million_steps_stays_in_bounded_memory() {
        let mut series = Series::with_capacity(200);
        for step in 1..=1_000_000 {
            series.push(step, if step == 777_777 { 90.0 } else { 2.0 });
        }
        assert!(series.buckets.len() <= 200 && series.buckets.capacity() <= 512);
        assert!(series.points().count() <= 1000);
        assert!(series.points().any(|p| p == Point { step: 777_777, value: 90.0 }));
    }

    #[test]
    fn what_is_no_number_is_a_gap_and_not_a_minimum() {
        let mut series = Series::with_capacity(8);
        series.push(1, 3.0);
        series.push(2, f64::NAN);
        series.push(3, f64::INFINITY);
        series.push(4, 1.0);
        let drawn: Vec<String> =
            series.points().map(|p| format!("{}:{}", p.step, p.value)).collect();
        assert_eq!(drawn, ["1:3", "2:NaN", "3:NaN", "4:1"]);
        assert_eq!(series.last(), Some(1.0));
    }

    #[test]
    fn steps_that_are_done_over_are_dropped() {
        let mut series = Series::default();
        for step in 1..=10 {
            series.push(step, step as f64);
        }
        series.push(6, -6.0);
        assert_eq!(series.last(), Some(-6.0));
        assert!(series.points().all(|p| p.step <= 6));
    }

    proptest! {
        #[test]
        fn extremes_survive_in_any_series(
            values in prop::collection::vec(-1e6..1e6f64, 1..3000),
            stride in 1u64..1_000_000,
            capacity in 2usize..64,
        ) {
            let mut series = Series::with_capacity(capacity);
            for (i, value) in values.iter().enumerate() {
                series.push(i as u64 * stride, *value);
            }
            let seen: Vec<f64> = series.points().map(|p| p.value).collect();
            let extreme = |v: &[f64], f: fn(f64, f64) -> f64| v.iter().copied().reduce(f);
            prop_assert_eq!(extreme(&seen, f64::max), extreme(&values, f64::max));
            prop_assert_eq!(extreme(&seen, f64::min), extreme(&values, f64::min));
            prop_assert_eq!(seen.last(), values.last());
            prop_assert!(series.buckets.len() <= capacity);
            let steps: Vec<u64> = series.points().map(|p| p.step).collect();
            prop_assert!(steps.is_sorted());
        }

        #[test]
        fn any_points_in_any_order_are_taken(
            points in prop::collection::vec((any::<u64>(), any::<f64>()), 0..300)
        ) {
            let mut series = Series::with_capacity(2);
            for (step, value) in points {
                series.push(step, value);
            }
            prop_assert!(series.buckets.len() <= 2);
        }
    }
}
