use super::bucket::{Bucket, Mean};
use super::{Point, Span};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// A curve over steps in bounded memory, whatever the length of the run: some 140 KB at most (in
/// JSON twice that).
///
/// The newest points are kept as they are. Those before them are gathered in buckets of equal width
/// in steps; when there are more than the capacity, the width doubles and neighbours are joined. A
/// bucket keeps its first, lowest, highest and last point, so that a spike of one step in a million is
/// still there, at its step. When a point at an earlier step than the newest one is pushed, the steps
/// after it are being done again, and their points are dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Most buckets, ≥ 2.
    #[serde(skip, default = "default_buckets")]
    capacity: usize,
    /// Steps that a bucket spans, ≥ 1.
    #[serde(deserialize_with = "at_least_one")]
    width: u64,
    buckets: Vec<Bucket>,
    newest: VecDeque<Point>,
    /// Most points in `newest`, ≥ 1.
    #[serde(skip, default = "default_newest")]
    exact: usize,
}

/// Most buckets of a [tail](Series::tail).
const TAIL_BUCKETS: usize = 128;
/// Most points of it that are kept as they are.
const TAIL_NEWEST: usize = 256;
/// Fewer points are no measure of what is usual.
const LEAST_OF_A_MEDIAN: usize = 10;

fn at_least_one<'de, D: Deserializer<'de>>(reader: D) -> Result<u64, D::Error> {
    NonZeroU64::deserialize(reader).map(NonZeroU64::get)
}

fn default_buckets() -> usize {
    1024
}

fn default_newest() -> usize {
    2048
}

impl Default for Series {
    fn default() -> Self {
        Series::with_capacity(default_buckets(), default_newest())
    }
}

impl Series {
    /// A curve of at most this many buckets (≥ 2) before this many newest points (≥ 1).
    pub fn with_capacity(buckets: usize, newest: usize) -> Self {
        Series {
            capacity: buckets.max(2),
            width: 1,
            buckets: Vec::new(),
            newest: VecDeque::new(),
            exact: newest.max(1),
        }
    }

    /// Adds a point.
    pub fn push(&mut self, step: u64, value: f64) {
        self.truncate(step);
        if self.newest.len() >= self.exact
            && let Some(oldest) = self.newest.pop_front()
        {
            self.gather(Bucket::from_point(oldest));
        }
        let value = if value.is_finite() { value } else { f64::NAN };
        self.newest.push_back(Point { step, value });
    }

    /// Drops what was measured after `step`.
    pub fn truncate(&mut self, step: u64) {
        while self.newest.back().is_some_and(|point| point.step > step) {
            self.newest.pop_back();
        }
        if self.newest.is_empty() {
            while self.buckets.last().is_some_and(|bucket| bucket.begin() > step) {
                self.buckets.pop();
            }
            if let Some(bucket) = self.buckets.last_mut() {
                bucket.truncate(step);
            }
        }
    }

    /// What follows after `step`, with the last point before it, in less memory.
    pub(super) fn tail(&self, step: u64) -> Series {
        let mut tail = Series::with_capacity(TAIL_BUCKETS, TAIL_NEWEST);
        let mut before = None;
        for point in self.points() {
            if point.step <= step {
                before = Some(point);
                continue;
            }
            for Point { step, value } in before.take().into_iter().chain([point]) {
                tail.push(step, value);
            }
        }
        tail
    }

    /// Calls `visit` on what is drawn, in the order of steps: the spans of the buckets and then the newest points; NaN
    /// marks a gap. No iterator, because this is done for every curve of every frame.
    #[inline]
    pub fn each_span(&self, mut visit: impl FnMut(&Span)) {
        self.buckets.iter().for_each(|bucket| bucket.each_span(&mut visit));
        self.newest.iter().for_each(|point| visit(&Span::of(*point)));
    }

    /// The same as points, at most six a bucket.
    pub fn points(&self) -> Vec<Point> {
        let mut points = Vec::with_capacity(4 * self.buckets.len() + self.newest.len());
        self.each_span(|span| points.extend(span.points()));
        points
    }

    /// The last point of each bucket, then of each of the newest steps: of series that were pushed
    /// at the same steps, the same steps.
    pub fn lasts(&self) -> Vec<Point> {
        let mut lasts = Vec::with_capacity(self.buckets.len() + self.newest.len());
        lasts.extend(self.buckets.iter().map(Bucket::last));
        let gathered = lasts.len();
        for point in &self.newest {
            if lasts.len() > gathered && lasts.last().is_some_and(|last| last.step == point.step) {
                lasts.pop();
            }
            lasts.push(*point);
        }
        lasts
    }

    /// The newest of [these](Series::lasts), so many at most, the newest first.
    pub fn newest(&self, count: usize) -> Vec<Point> {
        let mut newest: Vec<Point> = Vec::new();
        let all = self.newest.iter().copied().rev();
        let all = all.chain(self.buckets.iter().rev().map(Bucket::last));
        for point in all {
            if newest.len() == count {
                break;
            }
            if newest.last().is_none_or(|later| later.step != point.step) {
                newest.push(point);
            }
        }
        newest
    }

    /// What smoothing goes by: the mean of each bucket, then the newest points one by one.
    pub fn means(&self) -> impl Iterator<Item = Mean> + '_ {
        let newest = self.newest.iter().map(|point| Mean::from_point(*point));
        self.buckets.iter().flat_map(Bucket::means).chain(newest)
    }

    /// The newest value, where there is one that is a number.
    pub fn last(&self) -> Option<f64> {
        let newest = self.newest.iter().rev().copied();
        let all = newest.chain(self.buckets.iter().rev().map(Bucket::last));
        all.map(|point| point.value).find(|value| !value.is_nan())
    }

    /// The median of the points, once there are at least ten numbers among them.
    pub fn median(&self) -> Option<f64> {
        let mut values: Vec<f64> = self
            .points()
            .into_iter()
            .map(|point| point.value)
            .filter(|value| !value.is_nan())
            .collect();
        if values.len() < LEAST_OF_A_MEDIAN {
            return None;
        }
        let middle = values.len() / 2;
        Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
    }

    /// Whether nothing was pushed yet.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty() && self.newest.is_empty()
    }

    /// Adds a bucket that comes after all others.
    fn gather(&mut self, bucket: Bucket) {
        match self.buckets.last_mut() {
            Some(last) if last.begin() / self.width == bucket.begin() / self.width => {
                last.absorb(&bucket);
            }
            _ => {
                if self.buckets.len() == self.buckets.capacity() {
                    // Not twice as many, as a vector grows by itself: that would be too many.
                    let more = self.buckets.len().max(8).min(self.capacity + 1);
                    self.buckets.reserve_exact(more.min(self.capacity + 1 - self.buckets.len()));
                }
                self.buckets.push(bucket);
            }
        }
        while self.buckets.len() > self.capacity {
            // At the width of all steps there is one bucket, and `capacity` is at least two.
            self.width = self.width.saturating_mul(2);
            let width = self.width;
            self.buckets.dedup_by(|later, kept| {
                let joined = kept.begin() / width == later.begin() / width;
                if joined {
                    kept.absorb(later);
                }
                joined
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As text, because NaN equals nothing.
    fn drawn(series: &Series) -> Vec<String> {
        series.points().iter().map(|p| format!("{}:{}", p.step, p.value)).collect()
    }

    #[test]
    fn a_spike_in_a_million_steps_stays_in_bounded_memory() {
        let mut series = Series::default();
        for step in 1..=1_000_000 {
            series.push(step, if step == 777_777 { 90.0 } else { 2.0 });
        }
        let bytes = series.buckets.capacity() * size_of::<Bucket>()
            + series.newest.capacity() * size_of::<Point>();
        assert!(bytes < 150_000, "{bytes} bytes");
        assert!(series.points().len() <= 6 * 1024 + 2048);
        assert!(series.points().contains(&Point { step: 777_777, value: 90.0 }));
        // The newest 2,048 are as they were pushed.
        let steps: Vec<u64> = series.points().iter().map(|p| p.step).collect();
        assert!(steps.ends_with(&(1_000_000 - 2047..=1_000_000).collect::<Vec<u64>>()));
    }

    #[test]
    fn what_is_no_number_is_a_gap_and_not_a_minimum() {
        for newest in [1, 8] {
            let mut series = Series::with_capacity(8, newest);
            for (step, value) in [(1, 3.0), (2, f64::NAN), (3, f64::INFINITY), (4, 1.0)] {
                series.push(step, value);
            }
            assert_eq!(drawn(&series), ["1:3", "2:NaN", "3:NaN", "4:1"]);
            assert_eq!(series.last(), Some(1.0));
        }
    }

    #[test]
    fn gaps_at_both_ends_of_a_bucket_are_kept() {
        // Buckets of four steps: 0 to 3, 4 to 7.
        let mut series = Series::with_capacity(2, 1);
        let values = [f64::NAN, 5.0, 7.0, f64::NAN, 1.0, 2.0, 3.0, 4.0, 0.0];
        values.iter().enumerate().for_each(|(step, value)| series.push(step as u64, *value));
        assert_eq!(series.width, 4);
        assert_eq!(drawn(&series), ["0:NaN", "1:5", "2:7", "3:NaN", "4:1", "7:4", "8:0"]);
    }

    #[test]
    fn steps_that_are_done_over_are_dropped() {
        for newest in [1, 4, 100] {
            let mut series = Series::with_capacity(100, newest);
            (1..=10).for_each(|step| series.push(step, step as f64));
            series.push(6, -6.0);
            assert_eq!(series.last(), Some(-6.0));
            assert!(series.points().iter().all(|p| p.step <= 6));
        }
    }

    #[test]
    fn a_tail_is_what_follows_with_the_point_before() {
        let mut series = Series::with_capacity(100, 8);
        [0, 5, 10, 15, 20].iter().for_each(|step| series.push(*step, *step as f64));
        assert_eq!(drawn(&series.tail(12)), ["10:10", "15:15", "20:20"]);
        assert!(series.tail(20).is_empty());
        (21..9000).for_each(|step| series.push(step, 1.0));
        assert!(series.tail(0).points().len() <= 6 * TAIL_BUCKETS + TAIL_NEWEST);
    }

    #[test]
    fn means_are_those_of_the_numbers_and_say_how_many() {
        let mut series = Series::with_capacity(2, 1);
        let values = [1.0, 2.0, f64::NAN, 6.0, 10.0, 20.0, 30.0, 40.0, 0.5];
        values.iter().enumerate().for_each(|(step, value)| series.push(step as u64, *value));
        let means: Vec<String> =
            series.means().map(|m| format!("{}:{} of {}", m.step, m.value, m.count)).collect();
        assert_eq!(means, ["2:NaN of 0", "3:3 of 3", "7:25 of 4", "8:0.5 of 1"]);
    }

    #[test]
    fn the_last_of_each_step_counts() {
        let mut series = Series::default();
        [(0, 1.0), (0, 2.0), (5, 3.0)].iter().for_each(|(step, v)| series.push(*step, *v));
        let lasts: Vec<(u64, f64)> = series.lasts().iter().map(|p| (p.step, p.value)).collect();
        assert_eq!(lasts, [(0, 2.0), (5, 3.0)]);
    }

    proptest! {
        #[test]
        fn extremes_survive_in_any_series(
            values in prop::collection::vec(-1e6..1e6f64, 1..3000),
            stride in 1u64..1_000_000,
            capacity in 2usize..64,
            newest in 1usize..64,
        ) {
            let mut series = Series::with_capacity(capacity, newest);
            for (i, value) in values.iter().enumerate() {
                series.push(i as u64 * stride, *value);
            }
            let seen: Vec<f64> = series.points().iter().map(|p| p.value).collect();
            let extreme = |v: &[f64], f: fn(f64, f64) -> f64| v.iter().copied().reduce(f);
            prop_assert_eq!(extreme(&seen, f64::max), extreme(&values, f64::max));
            prop_assert_eq!(extreme(&seen, f64::min), extreme(&values, f64::min));
            prop_assert_eq!(seen.last(), values.last());
            prop_assert!(series.buckets.len() <= capacity && series.newest.len() <= newest);
            let steps: Vec<u64> = series.points().iter().map(|p| p.step).collect();
            prop_assert!(steps.is_sorted());
            let counted: u64 = series.means().map(|mean| mean.count).sum();
            prop_assert_eq!(counted, values.len() as u64);
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            let sum: f64 = series.means().map(|mean| mean.value * mean.count as f64).sum();
            prop_assert!((sum / counted as f64 - mean(&values)).abs() < 1e-6);
        }

        #[test]
        fn any_points_in_any_order_are_taken(
            points in prop::collection::vec((any::<u64>(), any::<f64>()), 0..300)
        ) {
            let mut series = Series::with_capacity(2, 3);
            for (step, value) in points {
                series.push(step, value);
            }
            prop_assert!(series.buckets.len() <= 2 && series.newest.len() <= 3);
            let steps: Vec<u64> = series.points().iter().map(|p| p.step).collect();
            prop_assert!(steps.is_sorted());
        }
    }
}
