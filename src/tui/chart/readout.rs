//! The box of values beside a crosshair.

use crate::tui::draw::{Canvas, columns};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The value at `x` of points that are ordered by x: that of the nearest point, or where a value
/// `holds` until the next, that of the point before.
pub(super) fn nearest(points: &[(f64, f64)], x: f64, holds: bool) -> f64 {
    let after = points.partition_point(|point| point.0 <= x);
    let before = after.checked_sub(1).and_then(|at| points.get(at));
    match (before, points.get(after)) {
        (Some(before), Some(after)) if !holds && after.0 - x < x - before.0 => after.1,
        (Some(before), _) => before.1,
        (None, Some(after)) if !holds => after.1,
        (None, _) => f64::NAN,
    }
}

/// A line of the box.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub name: String,
    /// May be empty.
    pub value: String,
    pub style: Style,
}

/// Draws the box on the wider side of a column.
pub fn readout(plot: &mut Canvas<'_>, readings: &[Reading], column: u16) {
    let area = plot.area();
    let name = readings.iter().map(|reading| columns(&reading.name)).max().unwrap_or(0);
    let valued = readings.iter().filter(|reading| !reading.value.is_empty());
    let named = valued.clone().map(|reading| columns(&reading.name)).max().unwrap_or(0);
    let value = valued.map(|reading| columns(&reading.value) + 2).max().unwrap_or(0);
    let width = (name.max(named + value) + 2).min(area.width);
    let start = match column.saturating_sub(area.x) < area.width / 2 {
        true => (column + 2).min(area.right() - width),
        false => column.saturating_sub(width + 1).max(area.x),
    };
    for (reading, y) in readings.iter().zip(area.top()..area.bottom()) {
        let row = Rect { x: start, y, width, height: 1 };
        row.positions().for_each(|at| plot.wipe(at));
        let mut canvas = plot.within(row);
        let mut line = canvas.line(0);
        line.skip(1).skip_end(1).end(&reading.value, reading.style);
        line.put(&reading.name, reading.style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_that_of_the_nearest_point_or_holds_until_the_next() {
        let points = [(0.0, 1.0), (10.0, 2.0), (20.0, f64::NAN)];
        assert_eq!(
            [4.0, 6.0, 10.0, 14.0].map(|x| nearest(&points, x, false)),
            [1.0, 2.0, 2.0, 2.0]
        );
        assert!(nearest(&points, 16.0, false).is_nan() && nearest(&[], 0.0, false).is_nan());
        assert_eq!([4.0, 9.9, 10.0].map(|x| nearest(&points, x, true)), [1.0, 1.0, 2.0]);
        assert!(nearest(&points, -1.0, true).is_nan());
    }
}
