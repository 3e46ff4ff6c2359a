//! The box of values beside a crosshair.

use crate::tui::draw::{Canvas, columns};
use crate::tui::look::Role;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Of points that are ordered by x, the nearest to `x`, or where a value `holds` until the next, the one
/// before.
pub(super) fn nearest(points: &[(f64, f64)], x: f64, holds: bool) -> Option<(f64, f64)> {
    let after = points.partition_point(|point| point.0 <= x);
    let before = after.checked_sub(1).and_then(|at| points.get(at));
    match (before, points.get(after)) {
        (Some(before), Some(after)) if !holds && after.0 - x < x - before.0 => Some(*after),
        (None, Some(after)) if !holds => Some(*after),
        (before, _) => before.copied(),
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

/// Draws the box on the wider side of a column; the last row says how many readings have none.
pub fn readout(plot: &mut Canvas<'_>, readings: Vec<Reading>, column: u16) {
    let area = plot.area();
    let readings = &fitting(readings, usize::from(area.height), plot.look().style(Role::Dim));
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

/// As many as there are rows for.
fn fitting(mut readings: Vec<Reading>, rows: usize, style: Style) -> Vec<Reading> {
    if readings.len() > rows && rows > 0 {
        let name = format!("{} more", readings.len() - (rows - 1));
        readings.truncate(rows - 1);
        readings.push(Reading { name, value: String::new(), style });
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_that_of_the_nearest_point_or_holds_until_the_next() {
        let points = [(0.0, 1.0), (10.0, 2.0), (20.0, f64::NAN)];
        let at = |x, holds| nearest(&points, x, holds).map(|point| point.0);
        assert_eq!(
            [4.0, 6.0, 10.0, 14.0, 16.0].map(|x| at(x, false)),
            [0.0, 10.0, 10.0, 10.0, 20.0].map(Some)
        );
        assert_eq!([4.0, 9.9, 10.0].map(|x| at(x, true)), [0.0, 0.0, 10.0].map(Some));
        assert!(at(-1.0, true).is_none() && nearest(&[], 0.0, false).is_none());
    }
}
