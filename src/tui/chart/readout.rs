//! What is read at one place of a picture.

use super::wipe;
use crate::tui::look::Look;
use crate::tui::scene::{columns, put, put_right};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The value of points, ordered by x, at a place: that of the nearest, or the one that holds there.
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

/// A line of what is read: what, how much.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What.
    pub name: String,
    /// How much; may be empty.
    pub value: String,
    /// How it looks.
    pub style: Style,
}

/// What is read at a column of a picture, on the side of it where there is more room.
pub fn readout(lines: &[Line], column: u16, plot: Rect, look: &Look, buf: &mut Buffer) {
    let name = lines.iter().map(|line| columns(&line.name)).max().unwrap_or(0);
    let valued = lines.iter().filter(|line| !line.value.is_empty());
    let named = valued.clone().map(|line| columns(&line.name)).max().unwrap_or(0);
    let value = valued.map(|line| columns(&line.value) + 2).max().unwrap_or(0);
    let width = (name.max(named + value) + 2).min(plot.width);
    let start = match column.saturating_sub(plot.x) < plot.width / 2 {
        true => (column + 2).min(plot.right() - width),
        false => column.saturating_sub(width + 1).max(plot.x),
    };
    for (line, y) in lines.iter().zip(plot.top()..plot.bottom()) {
        let row = Rect { x: start, y, width, height: 1 };
        (row.left()..row.right()).for_each(|x| wipe(buf, x, y));
        let end = row.right().saturating_sub(1);
        let used = put_right(buf, look, end, y, width - 1, &line.value, line.style);
        let room = width.saturating_sub(used + 2);
        put(buf, look, row.x + 1, y, room, &line.name, line.style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_value_or_the_one_that_holds() {
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
