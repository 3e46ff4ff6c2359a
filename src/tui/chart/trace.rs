use super::scale::is_drawable;

/// A curve in one column of dots. Columns left of the plot (< 0) and right of it are where lines
/// into it begin and lines out of it end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    pub at: i32,
    pub first: f64,
    pub low: f64,
    pub high: f64,
    pub last: f64,
    /// Whether a line joins it with the one before; after a gap there is none.
    pub joined: bool,
}

/// A curve by columns of dots, in the order of x.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trace {
    pub columns: Vec<Column>,
    /// Columns in which the curve is infinite, and whether upwards.
    pub infinite: Vec<(i32, bool)>,
}

/// Columns further away are clamped to this.
const FAR: f64 = 1e9;

/// Brings points, ordered by x, down to `width` columns over a part of the x axis, in one pass. Of
/// all values in a column the lowest and the highest are kept. NaN, and on a logarithmic axis what
/// is not positive, is a gap, also within a column.
pub(super) fn trace(points: &[(f64, f64)], (from, to): (f64, f64), width: u16, log: bool) -> Trace {
    let mut trace = Trace::default();
    if width == 0 || to.partial_cmp(&from) != Some(std::cmp::Ordering::Greater) {
        return trace;
    }
    let per_x = per_x((from, to), width);
    // A line may come from the last point before the plot.
    let start = points.partition_point(|(x, _)| *x < from).saturating_sub(1);
    trace.columns.reserve(usize::from(width) + 2);
    let mut open: Option<Column> = None;
    let mut joined = false;
    for &(x, y) in points.get(start..).unwrap_or_default() {
        let (at, beyond) = (column(x, (from, to), per_x, width), x > to);
        if !is_drawable(y, log) {
            if y.is_infinite() && !beyond && at >= 0 {
                trace.infinite.push((at, y > 0.0));
            }
            trace.columns.extend(open.take());
            joined = false;
        } else {
            match &mut open {
                Some(column) if column.at == at => {
                    column.low = column.low.min(y);
                    column.high = column.high.max(y);
                    column.last = y;
                }
                _ => {
                    let column = Column { at, first: y, low: y, high: y, last: y, joined };
                    trace.columns.extend(open.replace(column));
                    joined = true;
                }
            }
        }
        if beyond {
            break;
        }
    }
    trace.columns.extend(open);
    trace
}

/// Columns of dots for each unit of x.
pub(super) fn per_x((from, to): (f64, f64), width: u16) -> f64 {
    f64::from(width.max(2) - 1) / (to - from)
}

/// The column of `x` at `per_x` columns for each unit: one of the plot within `from..=to`, negative
/// before it, at least `width` behind it.
pub(super) fn column(x: f64, (from, to): (f64, f64), per_x: f64, width: u16) -> i32 {
    // A cast cuts towards 0, so that only what is within the plot is rounded right. That is enough.
    let nearest = ((x - from) * per_x + 0.5).clamp(-FAR, FAR) as i32;
    match (x < from, x > to) {
        (true, _) => nearest.min(-1),
        (_, true) => nearest.max(i32::from(width)),
        (false, false) => nearest.clamp(0, i32::from(width) - 1),
    }
}

impl Trace {
    /// The columns within the picture.
    pub fn seen(&self, width: u16) -> &[Column] {
        let first = self.columns.partition_point(|column| column.at < 0);
        let end = self.columns.partition_point(|column| column.at < i32::from(width));
        self.columns.get(first..end).unwrap_or_default()
    }

    /// The values at which lines enter and leave the picture.
    pub fn crossings(&self, width: u16, log: bool) -> impl Iterator<Item = f64> + '_ {
        let pairs = self.columns.iter().zip(self.columns.iter().skip(1));
        let lines = pairs.filter(|(_, column)| column.joined);
        lines.flat_map(move |(from, to)| {
            let edges = [0, i32::from(width) - 1].into_iter();
            let crossed = edges.filter(|edge| from.at < *edge && to.at > *edge);
            crossed.map(move |edge| {
                let share = f64::from(edge - from.at) / (f64::from(to.at) - f64::from(from.at));
                match log {
                    true => from.last * (to.first / from.last).powf(share),
                    false => from.last * (1.0 - share) + to.first * share,
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_column_has_its_extremes_and_is_joined_to_the_one_before() {
        let points = [(0.0, 1.0), (0.4, 9.0), (0.5, 2.0), (3.0, f64::NAN), (3.1, 5.0), (9.0, 6.0)];
        let trace = trace(&points, (0.0, 5.0), 6, false);
        let column =
            |at, first, low, high, last, joined| Column { at, first, low, high, last, joined };
        // Columns 0 to 5 at x 0 to 5; 0.5 is the first of column 1.
        assert_eq!(
            trace.columns,
            [
                column(0, 1.0, 1.0, 9.0, 9.0, false),
                column(1, 2.0, 2.0, 2.0, 2.0, true),
                column(3, 5.0, 5.0, 5.0, 5.0, false),
                column(9, 6.0, 6.0, 6.0, 6.0, true),
            ]
        );
        assert_eq!(trace.seen(6).len(), 3);
    }

    #[test]
    fn a_gap_within_a_column_stays_one() {
        let points = [(0.0, 1.0), (0.1, f64::NAN), (0.2, 3.0)];
        let columns = trace(&points, (0.0, 10.0), 11, false).columns;
        assert_eq!(columns.len(), 2);
        assert!(!columns[1].joined && columns[1].at == 0);
    }

    #[test]
    fn a_line_that_passes_through_is_seen() {
        let trace = trace(&[(0.0, 1.0), (100.0, 2.0)], (40.0, 41.0), 10, false);
        assert!(trace.columns[0].at < 0 && trace.columns[1].at >= 10);
        let crossings: Vec<f64> = trace.crossings(10, false).collect();
        // Columns are a ninth of a step: from 360 left of the picture to 540 right of it.
        assert_eq!((trace.seen(10).len(), crossings.len()), (0, 2));
        assert!((crossings[0] - 1.4).abs() < 0.002 && (crossings[1] - 1.41).abs() < 0.002);
    }

    #[test]
    fn infinities_are_noted_and_log_axes_leave_out_what_is_not_positive() {
        let points = [(0.0, f64::INFINITY), (1.0, 0.0), (2.0, 3.0), (3.0, f64::NEG_INFINITY)];
        let log = trace(&points, (0.0, 3.0), 4, true);
        assert_eq!((log.columns.len(), log.infinite), (1, vec![(0, true), (3, false)]));
        let linear = trace(&points, (0.0, 3.0), 4, false);
        assert_eq!(linear.infinite, [(0, true), (3, false)]);
    }

    proptest! {
        #[test]
        fn the_extremes_of_every_part_survive(
            values in prop::collection::vec(-1e3..1e3f64, 1..2000),
            from in 0.0..1.0f64,
            share in 0.001..1.0f64,
            width in 1u16..300,
        ) {
            let points: Vec<(f64, f64)> =
                values.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect();
            let from = from * values.len() as f64;
            let to = from + share * values.len() as f64 + 1e-6;
            let trace = trace(&points, (from, to), width, false);
            let within = |p: &&(f64, f64)| (from..=to).contains(&p.0);
            let most = points.iter().filter(within).map(|p| p.1).reduce(f64::max);
            let least = points.iter().filter(within).map(|p| p.1).reduce(f64::min);
            let seen = trace.columns.iter().filter(|c| (0..i32::from(width)).contains(&c.at));
            prop_assert_eq!(seen.clone().map(|c| c.high).reduce(f64::max), most);
            prop_assert_eq!(seen.map(|c| c.low).reduce(f64::min), least);
            prop_assert!(trace.columns.len() <= usize::from(width) + 2);
        }
    }
}
