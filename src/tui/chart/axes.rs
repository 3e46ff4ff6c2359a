//! The axes with their ticks, labels and marks.

use super::plot_layout::LEFT;
use super::scale::Scale;
use super::ticks::{Quantity, Tick, axis_ticks, decade_ticks, value_ticks};
use super::{Mark, PlotLayout};
use crate::tui::draw::{Canvas, columns};
use crate::tui::look::Role;

/// Columns of a label of the x axis, with the gap to the next.
const BETWEEN: u16 = 11;

/// The axis left of a picture; without a scale it has no ticks.
pub(super) fn y_axis(canvas: &mut Canvas<'_>, layout: &PlotLayout, scale: Option<&Scale>) {
    axis_line(canvas, layout);
    let Some(scale) = scale else { return };
    for (value, label) in y_ticks(scale, layout.plot.height) {
        if let Some(y) = layout.row(value, scale) {
            y_tick(canvas, layout, y, &label);
        }
    }
}

/// The line left of a picture.
pub fn axis_line(canvas: &mut Canvas<'_>, layout: &PlotLayout) {
    let (plot, wall) = (layout.plot, canvas.glyphs().wall);
    for y in plot.top()..plot.bottom() {
        canvas.mark((plot.x - 1, y), wall, Role::Faint);
    }
}

/// A tick of the y axis with its label, in a row of the picture.
pub fn y_tick(canvas: &mut Canvas<'_>, layout: &PlotLayout, y: u16, label: &str) {
    let x = layout.plot.x - 1;
    let tick = canvas.glyphs().tick[0];
    canvas.line_at(x + 1 - LEFT, y).cell_right(LEFT - 1, format!("{label} "), Role::Dim);
    canvas.mark((x, y), tick, Role::Faint);
}

/// A tick for every second row, or fewer.
fn y_ticks(scale: &Scale, height: u16) -> Vec<Tick> {
    let most = usize::from(height / 2).clamp(2, 12);
    let ticks = |most| match scale.is_log() {
        true => decade_ticks(scale.ends(), most),
        false => value_ticks(scale.ends(), most),
    };
    // At least two, so that their distance can be read.
    (most..most + 3).map(ticks).find(|found| found.len() >= 2).unwrap_or_else(|| ticks(most))
}

/// An x axis below a picture.
pub struct XAxis<'a> {
    /// The first and the last x that are shown.
    pub x: (f64, f64),
    /// Its name, and how its values are written.
    pub quantity: (&'a str, Quantity),
    /// What happened along it.
    pub marks: &'a [Mark],
}

impl XAxis<'_> {
    pub fn draw(&self, canvas: &mut Canvas<'_>, layout: &PlotLayout) {
        let (plot, glyphs) = (layout.plot, canvas.glyphs());
        let y = plot.bottom();
        canvas.mark((plot.x - 1, y), glyphs.origin, Role::Faint);
        let rule = glyphs.rule.repeat(usize::from(plot.width));
        canvas.line_at(plot.x, y).put(rule, Role::Faint);
        let end = self.name(canvas, layout);
        self.ticks(canvas, layout, end);
        for mark in self.marks {
            // The name of the axis stays readable where it is on the axis itself.
            let free = |x: &u16| layout.foot > 1 || *x < end;
            if let Some(x) = layout.column(mark.x, self.x).filter(free) {
                canvas.mark((x, y), mark.glyph, mark.style);
            }
        }
    }

    /// Writes the name beside the labels where it fits, else over their end. Returns the column at
    /// which labels have to end.
    fn name(&self, canvas: &mut Canvas<'_>, layout: &PlotLayout) -> u16 {
        let (plot, name) = (layout.plot, self.quantity.0);
        let y = plot.bottom() + layout.foot.saturating_sub(1);
        if layout.foot > 1 && layout.right > columns(name) {
            canvas.line_at(plot.right() + 1, y).put_most(layout.right, name, Role::Dim);
            return plot.right() + 1;
        }
        let mut line = canvas.line_at(plot.x, y);
        let beside = line.space().saturating_sub(plot.width);
        line.skip_end(beside).end(name, Role::Dim).rest().right()
    }

    fn ticks(&self, canvas: &mut Canvas<'_>, layout: &PlotLayout, end: u16) {
        let (plot, tick) = (layout.plot, canvas.glyphs().tick[1]);
        let most = usize::from(plot.width / BETWEEN).max(2);
        let mut free = plot.x.saturating_sub(LEFT);
        for (value, label) in axis_ticks(self.x, most, self.quantity.1) {
            let Some(x) = layout.column(value, self.x) else { continue };
            if layout.foot > 1 || x < end {
                canvas.mark((x, plot.bottom()), tick, Role::Faint);
            }
            let width = columns(&label);
            let start = x.saturating_sub(width / 2).min(end.saturating_sub(width + 1));
            if layout.foot > 1 && start >= free && start + width > x {
                canvas.line_at(start, plot.bottom() + 1).put(&label, Role::Dim);
                free = start + width + 1;
            }
        }
    }
}
