use super::plot_layout::PlotLayout;
use super::scale::is_drawable;
use super::trace::{column, per_x};
use crate::telemetry::Span;
use crate::tui::look::Marks;

/// How closely a curve is looked at: which part of it, in how many columns of dots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    range: (f64, f64),
    width: u16,
    log: bool,
    crosshair: Option<f64>,
}

impl Sight {
    /// That of a chart with this layout (`None` where no plot fits) and this part of the x axis. On a `log` y axis
    /// what is not positive is a gap.
    pub fn new(layout: Option<&PlotLayout>, marks: Marks, range: (f64, f64), log: bool) -> Self {
        let width = layout.map_or(1, |layout| layout.dots(marks));
        Sight { range, width, log, crosshair: None }
    }

    /// With the place of the crosshair, at which values are read.
    pub fn with_crosshair(self, crosshair: Option<f64>) -> Self {
        Sight { crosshair, ..self }
    }
}

/// Lets through of a curve's points, ordered by x, only those that can be seen: of each column of dots the first, the
/// lowest, the highest and the last. A long run has many times more, and each curve of each picture would carry them.
///
/// The picture of what is let through is that of all points: their traces are equal. So are the values at the crosshair
/// and at the end.
pub struct Sieve {
    sight: Sight,
    per_x: f64,
    kept: Vec<(f64, f64)>,
    open: Option<Open>,
    /// The newest point before the picture: the line into it comes from there.
    before: Option<(f64, f64)>,
    is_beyond: bool,
}

/// A column of dots that is being gone through; where the crosshair is in it, one side of it.
struct Open {
    at: i32,
    is_right: bool,
    /// What is left of this is in it as well, without a closer look.
    until: f64,
    first: (f64, f64),
    low: (f64, f64),
    high: (f64, f64),
    last: (f64, f64),
}

/// Columns by which a point may be off through rounding.
const ROUNDING: f64 = 0.01;

impl Sieve {
    pub fn new(sight: Sight) -> Self {
        Sieve {
            sight,
            per_x: per_x(sight.range, sight.width),
            // Where there are more points than columns, most columns have their extremes at their ends.
            kept: Vec::with_capacity(2 * usize::from(sight.width)),
            open: None,
            before: None,
            is_beyond: false,
        }
    }

    /// Takes the next point.
    #[inline]
    pub fn push(&mut self, x: f64, y: f64) {
        match &mut self.open {
            Some(open) if x < open.until && is_drawable(y, self.sight.log) => open.add(x, y),
            _ => self.look_at(x, y),
        }
    }

    /// Takes the next points; `x` is where a step is.
    #[inline]
    pub fn push_span(&mut self, span: &Span, mut x: impl FnMut(u64) -> f64) {
        let last = x(span.last.step);
        match &mut self.open {
            Some(open) if last < open.until && is_drawable(span.low.value, self.sight.log) => {
                // All of it is in the column that is open: only extremes are looked at.
                if span.low.value < open.low.1 {
                    open.low = (x(span.low.step), span.low.value);
                }
                if span.high.value > open.high.1 {
                    open.high = (x(span.high.step), span.high.value);
                }
                open.last = (last, span.last.value);
            }
            _ => span.points().for_each(|point| self.push(x(point.step), point.value)),
        }
    }

    /// Those that were let through.
    pub fn into_points(mut self) -> Vec<(f64, f64)> {
        self.kept.extend(self.before);
        self.close();
        self.kept
    }

    fn look_at(&mut self, x: f64, y: f64) {
        let (from, to) = self.sight.range;
        if self.is_beyond {
            return;
        }
        if x < from {
            // Before a gap there is the last value of a curve that has no more.
            let is_gap = y.is_nan() && self.before.is_some_and(|(_, before)| !before.is_nan());
            self.kept.extend(self.before.replace((x, y)).filter(|_| is_gap));
            return;
        }
        self.kept.extend(self.before.take());
        self.is_beyond = x > to;
        if !is_drawable(y, self.sight.log) {
            self.close();
            self.kept.push((x, y));
            return;
        }
        let at = column(x, self.sight.range, self.per_x, self.sight.width);
        let is_right = self.sight.crosshair.is_some_and(|crosshair| x > crosshair);
        match &mut self.open {
            Some(open) if open.at == at && open.is_right == is_right => open.add(x, y),
            _ => {
                self.close();
                let point = (x, y);
                let until = self.end_of(at, is_right);
                let (first, low, high, last) = (point, point, point, point);
                self.open = Some(Open { at, is_right, until, first, low, high, last });
            }
        }
    }

    /// Where a column ends, or a little before.
    fn end_of(&self, at: i32, is_right: bool) -> f64 {
        let (from, to) = self.sight.range;
        let end = from + (f64::from(at) + 0.5 - ROUNDING) / self.per_x;
        let crosshair = self.sight.crosshair.filter(|_| !is_right);
        end.min(to).min(crosshair.unwrap_or(to))
    }

    /// Lets the points of the open column through, in their order.
    fn close(&mut self) {
        let Some(Open { first, low, high, last, .. }) = self.open.take() else { return };
        let (early, late) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        self.kept.push(first);
        for (before, point) in [(first, early), (early, late), (late, last)] {
            if point != before {
                self.kept.push(point);
            }
        }
    }
}

impl Open {
    fn add(&mut self, x: f64, y: f64) {
        if y < self.low.1 {
            self.low = (x, y);
        }
        if y > self.high.1 {
            self.high = (x, y);
        }
        self.last = (x, y);
    }
}

#[cfg(test)]
mod tests {
    use super::super::readout::nearest;
    use super::super::trace::trace;
    use super::*;
    use crate::telemetry::Point;
    use proptest::prelude::*;

    fn sieved(points: &[(f64, f64)], sight: Sight) -> Vec<(f64, f64)> {
        let mut sieve = Sieve::new(sight);
        points.iter().for_each(|(x, y)| sieve.push(*x, *y));
        sieve.into_points()
    }

    /// As many neighbours in a span as are asked for, where none of them is a gap.
    fn spans(points: &[(f64, f64)], count: usize) -> Vec<Span> {
        let point = |at: usize| Point { step: at as u64, value: points[at].1 };
        let all: Vec<Point> = (0..points.len()).map(point).collect();
        let span = |points: &[Point]| {
            let by = |a: &&Point, b: &&Point| a.value.total_cmp(&b.value);
            let (low, high) = (points.iter().min_by(by)?, points.iter().max_by(by)?);
            Some(Span { first: *points.first()?, low: *low, high: *high, last: *points.last()? })
        };
        let is_whole = |points: &&[Point]| points.iter().all(|point| point.value.is_finite());
        all.chunks(count)
            .flat_map(|chunk| match Some(chunk).filter(is_whole).and_then(span) {
                Some(span) => vec![span],
                None => chunk.iter().map(|point| Span::of(*point)).collect(),
            })
            .collect()
    }

    #[test]
    fn of_a_column_its_ends_and_its_extremes_are_left() {
        let sight = Sight { range: (0.0, 5.0), width: 6, log: false, crosshair: None };
        let values = [3.0, 2.0, 9.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let points: Vec<(f64, f64)> = (0..).map(|i| f64::from(i) / 20.0).zip(values).collect();
        assert_eq!(sieved(&points, sight), [(0.0, 3.0), (0.05, 2.0), (0.1, 9.0), (0.35, 8.0)]);
        // Of what is beyond the picture, the ends of the lines out of it.
        let long: Vec<(f64, f64)> = (-9..99).map(|x| (f64::from(x), 1.0)).collect();
        let kept = sieved(&long, sight);
        assert_eq!((kept[0].0, kept[kept.len() - 1].0, kept.len()), (-1.0, 6.0, 8));
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            20 => -3.0..3.0f64,
            1 => Just(f64::NAN),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NEG_INFINITY),
        ];
        prop::collection::vec(value, 0..1500)
    }

    proptest! {
        #[test]
        fn the_picture_and_the_readings_stay_the_same(
            values in values(),
            strides in prop::collection::vec(0u8..4, 1500),
            ends in (0.0..1.0f64, 0.0..1.2f64),
            share in 0.0..1.0f64,
            width in 1u16..120,
            log in any::<bool>(),
            holds in any::<bool>(),
        ) {
            let mut x = 0.0;
            let points: Vec<(f64, f64)> = values.iter().zip(strides).map(|(y, stride)| {
                x += f64::from(stride);
                (x, *y)
            }).collect();
            let (from, to) = (x * ends.0.min(ends.1), x * ends.0.max(ends.1));
            let crosshair = from + share * (to - from);
            let sight = Sight { range: (from, to), width, log, crosshair: Some(crosshair) };
            let kept = sieved(&points, sight);
            let texts = |points: &[(f64, f64)]| format!("{:?}", trace(points, (from, to), width, log));
            prop_assert_eq!(texts(&kept), texts(&points));
            let read = |points: &[(f64, f64)]| format!("{:?}", nearest(points, crosshair, holds));
            prop_assert_eq!(read(&kept), read(&points));
            let last = |points: &[(f64, f64)]| {
                points.iter().rev().find(|(x, y)| *x <= to && !y.is_nan()).map(|point| point.1)
            };
            prop_assert_eq!(last(&kept), last(&points));
        }

        #[test]
        fn spans_are_let_through_as_their_points_are(
            values in values(),
            count in 1usize..9,
            from in 0.0..1.0f64,
            width in 1u16..120,
            log in any::<bool>(),
        ) {
            let points: Vec<(f64, f64)> =
                (0..).map(f64::from).zip(values).collect();
            let range = (from * points.len() as f64, points.len() as f64);
            let sight = Sight { range, width, log, crosshair: None };
            let spans = spans(&points, count);
            let mut sieve = Sieve::new(sight);
            spans.iter().for_each(|span| sieve.push_span(span, |step| step as f64));
            let of_spans: Vec<(f64, f64)> = spans
                .iter()
                .flat_map(|span| span.points())
                .map(|point| (point.step as f64, point.value))
                .collect();
            let texts = |points: &[(f64, f64)]| format!("{:?}", trace(points, range, width, log));
            prop_assert_eq!(texts(&sieve.into_points()), texts(&of_spans));
        }
    }
}
