use super::{Point, Span, number};
use serde::{Deserialize, Serialize};

/// A summary of a few neighbouring steps. `low` and `high` keep the step of a spike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Bucket {
    first: Point,
    low: Point,
    high: Point,
    last: Point,
    /// Steps of the first and of the last value that was no number.
    gaps: Option<(u64, u64)>,
    /// Mean of the values that are numbers; NaN where there are none.
    #[serde(deserialize_with = "number::nan_if_null")]
    mean: f64,
    count: u64,
}

/// The mean of a curve over the steps since the [`Mean`] before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The last step of them.
    pub step: u64,
    /// The mean value; NaN is a gap.
    pub value: f64,
    /// How many values it is the mean of; 0 for a gap.
    pub count: u64,
}

impl Bucket {
    pub fn from_point(point: Point) -> Self {
        let gaps = point.value.is_nan().then_some((point.step, point.step));
        let count = u64::from(gaps.is_none());
        let mean = point.value;
        Bucket { first: point, low: point, high: point, last: point, gaps, mean, count }
    }

    /// Its first step, gaps included.
    pub fn begin(&self) -> u64 {
        self.gaps.map_or(self.first.step, |(first, _)| first.min(self.first.step))
    }

    /// The newest value; NaN where all are gaps.
    pub fn last(&self) -> Point {
        self.last
    }

    /// Joins a bucket that comes after this one.
    pub fn absorb(&mut self, later: &Bucket) {
        let gaps = match (self.gaps, later.gaps) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (earlier, later) => earlier.or(later),
        };
        if self.count == 0 {
            *self = later.clone();
        } else if later.count > 0 {
            self.last = later.last;
            if later.low.value < self.low.value {
                self.low = later.low;
            }
            if later.high.value > self.high.value {
                self.high = later.high;
            }
            self.count += later.count;
            self.mean += (later.mean - self.mean) * (later.count as f64 / self.count as f64);
        }
        self.gaps = gaps;
    }

    /// Drops what comes after `step`, which is not before the first step. The points that are kept are
    /// exact; the mean stays as it is.
    pub fn truncate(&mut self, step: u64) {
        self.gaps = self.gaps.filter(|(first, _)| *first <= step).map(|(first, last)| {
            let kept = if last <= step { last } else { first };
            (first, kept)
        });
        let kept = [self.first, self.low, self.high, self.last].into_iter();
        let kept = || kept.clone().filter(|point| point.step <= step);
        let lowest = kept().min_by(|a, b| a.value.total_cmp(&b.value));
        let highest = kept().max_by(|a, b| a.value.total_cmp(&b.value));
        match (lowest, highest, kept().max_by_key(|point| point.step)) {
            (Some(low), Some(high), Some(last)) => {
                (self.low, self.high, self.last) = (low, high, last);
            }
            _ => {
                let gap = Point { step: self.gaps.map_or(step, |gaps| gaps.0), value: f64::NAN };
                *self = Bucket { gaps: self.gaps, ..Bucket::from_point(gap) };
            }
        }
    }

    /// What is drawn of it, in the order of steps: one span, or where it has gaps, its points and these.
    #[inline]
    pub fn each_span(&self, visit: &mut impl FnMut(&Span)) {
        let Bucket { first, low, high, last, gaps, .. } = *self;
        let span = Span { first, low, high, last };
        match gaps {
            None => visit(&span),
            Some(gaps) => self.with_gaps(&span, gaps).iter().for_each(visit),
        }
    }

    fn with_gaps(&self, span: &Span, (first, last): (u64, u64)) -> Vec<Span> {
        let gap = |step| Point { step, value: f64::NAN };
        let known = span.points().filter(|_| self.count > 0);
        let gaps = [Some(gap(first)), (last > first).then(|| gap(last))];
        let mut all: Vec<Span> = known.chain(gaps.into_iter().flatten()).map(Span::of).collect();
        all.sort_by_key(|span| span.first.step);
        all
    }

    /// Its mean, and a gap before or after it.
    pub fn means(&self) -> impl Iterator<Item = Mean> + use<> {
        let Point { step, value } = self.last;
        let mean = (self.count > 0).then_some(Mean { step, value: self.mean, count: self.count });
        let gap = self.gaps.map(|(_, step)| Mean { step, value: f64::NAN, count: 0 });
        let behind = self.gaps.is_some_and(|(_, gap)| gap >= step) || value.is_nan();
        if behind { [mean, gap] } else { [gap, mean] }.into_iter().flatten()
    }
}

impl Mean {
    /// Of one point.
    pub(super) fn from_point(point: Point) -> Self {
        let count = u64::from(!point.value.is_nan());
        Mean { step: point.step, value: point.value, count }
    }
}
