use super::raster::dots;
use super::scale::Scale;
use crate::tui::look::Marks;
use ratatui::layout::Rect;

/// Columns left of the plot: labels of the y axis and the axis itself.
pub(super) const LEFT: u16 = 8;
/// Columns and rows of the smallest plot.
pub(super) const LEAST: (u16, u16) = (6, 2);

/// Where the parts of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlotLayout {
    /// Where the curves are.
    pub plot: Rect,
    /// Columns for labels right of it.
    pub right: u16,
    /// Rows of the x axis below it: the axis, its labels.
    pub(super) foot: u16,
}

impl PlotLayout {
    /// The layout of a chart in an area, with `right` columns of labels beside it, with or without
    /// its x axis. `None` where no plot fits.
    pub fn fit(area: Rect, right: u16, axis: bool) -> Option<Self> {
        let foot = match (axis, area.height) {
            (false, _) => 0,
            (true, ..6) => 1,
            (true, 6..) => 2,
        };
        // Labels never take more than a third.
        let right = if right == 0 || right + 1 > area.width / 3 { 0 } else { right + 1 };
        let plot = Rect {
            x: area.x.saturating_add(LEFT),
            y: area.y,
            width: area.width.saturating_sub(LEFT + right),
            height: area.height.saturating_sub(foot),
        };
        let fits = plot.width >= LEAST.0 && plot.height >= LEAST.1;
        fits.then_some(PlotLayout { plot, right: right.saturating_sub(1), foot })
    }

    /// Columns of dots in the plot.
    pub(super) fn dots(&self, marks: Marks) -> u16 {
        self.plot.width.saturating_mul(dots(marks).0)
    }

    /// The columns of the plot.
    pub fn columns(&self) -> std::ops::Range<u16> {
        self.plot.left()..self.plot.right()
    }

    /// Where a column of the terminal is along the shown part of the x axis, 0..=1.
    pub fn share(&self, column: u16) -> f64 {
        let from_left = f64::from(column) - f64::from(self.plot.x) + 0.5;
        (from_left / f64::from(self.plot.width.max(1))).clamp(0.0, 1.0)
    }

    /// The column of a value of x, of which the part `from..=to` is shown; `None` outside of it.
    pub fn column(&self, x: f64, (from, to): (f64, f64)) -> Option<u16> {
        let share = (x - from) / (to - from);
        let within = (0.0..=1.0).contains(&share) && self.plot.width > 0;
        let column = share * f64::from(self.plot.width);
        within.then(|| self.plot.x + (column as u16).min(self.plot.width - 1))
    }

    /// The row of a value of y; `None` outside of the plot.
    pub(super) fn row(&self, value: f64, scale: &Scale) -> Option<u16> {
        let down = 1.0 - scale.share(value);
        let within = (0.0..=1.0).contains(&down) && self.plot.height > 0;
        let row = down * f64::from(self.plot.height);
        within.then(|| self.plot.y + (row as u16).min(self.plot.height - 1))
    }
}
