use super::plot_layout::PlotLayout;
use super::scale::is_drawable;
use super::trace::{column, per_x};
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

    fn close(&mut self) {
        self.kept.extend(self.open.take().into_iter().flat_map(|open| open.seen()));
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

    /// The points that are seen of it, in their order.
    fn seen(&self) -> impl Iterator<Item = (f64, f64)> + use<> {
        let (early, late) = match self.low.0 <= self.high.0 {
            true => (self.low, self.high),
            false => (self.high, self.low),
        };
        let other = |point: (f64, f64), before: (f64, f64)| (point != before).then_some(point);
        let Open { first, last, .. } = *self;
        [Some(first), other(early, first), other(late, early), other(last, late)]
            .into_iter()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::readout::nearest;
    use super::super::trace::trace;
    use super::*;
    use proptest::prelude::*;

    fn sieved(points: &[(f64, f64)], sight: Sight) -> Vec<(f64, f64)> {
        let mut sieve = Sieve::new(sight);
        points.iter().for_each(|(x, y)| sieve.push(*x, *y));
        sieve.into_points()
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
    }
}
