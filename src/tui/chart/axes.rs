//! The axes with their ticks, labels and marks.

use super::places::LEFT;
use super::scale::Scale;
use super::ticks::{Quantity, Tick, of_axis, of_decades, of_values};
use super::{Mark, Places};
use crate::tui::draw::{Canvas, columns};
use crate::tui::look::Role;

/// Columns of a label of the x axis, with the gap to the next.
const BETWEEN: u16 = 11;

/// The axis left of a picture; without a scale it has no ticks.
pub(super) fn y_axis(canvas: &mut Canvas<'_>, places: &Places, scale: Option<&Scale>) {
    axis_line(canvas, places);
    let Some(scale) = scale else { return };
    for (value, label) in y_ticks(scale, places.plot.height) {
        if let Some(y) = places.row(value, scale) {
            y_tick(canvas, places, y, &label);
        }
    }
}

/// The line left of a picture.
pub fn axis_line(canvas: &mut Canvas<'_>, places: &Places) {
    let (plot, wall) = (places.plot, canvas.glyphs().wall);
    for y in plot.top()..plot.bottom() {
        canvas.mark((plot.x - 1, y), wall, Role::Faint);
    }
}

/// A tick of the y axis with its label, in a row of the picture.
pub fn y_tick(canvas: &mut Canvas<'_>, places: &Places, y: u16, label: &str) {
    let x = places.plot.x - 1;
    let tick = canvas.glyphs().tick[0];
    canvas.line_at(x + 1 - LEFT, y).cell_right(LEFT - 1, format!("{label} "), Role::Dim);
    canvas.mark((x, y), tick, Role::Faint);
}

/// A tick for every second row, or fewer.
fn y_ticks(scale: &Scale, height: u16) -> Vec<Tick> {
    let most = usize::from(height / 2).clamp(2, 12);
    let of = |most| match scale.is_log() {
        true => of_decades(scale.ends(), most),
        false => of_values(scale.ends(), most),
    };
    // Two at least, so that the distance can be told.
    (most..most + 3).map(of).find(|ticks| ticks.len() >= 2).unwrap_or_else(|| of(most))
}

/// An x axis below a picture.
pub struct XAxis<'a> {
    /// The part that is shown.
    pub x: (f64, f64),
    /// What it measures: its name, and how it is written.
    pub quantity: (&'a str, Quantity),
    /// What happened along it.
    pub marks: &'a [Mark],
}

impl XAxis<'_> {
    /// Draws it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, places: &Places) {
        let (plot, glyphs) = (places.plot, canvas.glyphs());
        let y = plot.bottom();
        canvas.mark((plot.x - 1, y), glyphs.origin, Role::Faint);
        let rule = glyphs.rule.repeat(usize::from(plot.width));
        canvas.line_at(plot.x, y).put(rule, Role::Faint);
        let end = self.name(canvas, places);
        self.ticks(canvas, places, end);
        for mark in self.marks {
            // The name of the axis stays readable where it is on the axis itself.
            let free = |x: &u16| places.foot > 1 || *x < end;
            if let Some(x) = places.column(mark.x, self.x).filter(free) {
                canvas.mark((x, y), mark.glyph, mark.style);
            }
        }
    }

    /// Writes the name beside the labels where it fits, else at their end; where labels end.
    fn name(&self, canvas: &mut Canvas<'_>, places: &Places) -> u16 {
        let (plot, name) = (places.plot, self.quantity.0);
        let y = plot.bottom() + places.foot.saturating_sub(1);
        if places.foot > 1 && places.right > columns(name) {
            canvas.line_at(plot.right() + 1, y).put_most(places.right, name, Role::Dim);
            return plot.right() + 1;
        }
        let mut line = canvas.line_at(plot.x, y);
        let beside = line.room().saturating_sub(plot.width);
        line.skip_end(beside).end(name, Role::Dim).rest().right()
    }

    fn ticks(&self, canvas: &mut Canvas<'_>, places: &Places, end: u16) {
        let (plot, tick) = (places.plot, canvas.glyphs().tick[1]);
        let most = usize::from(plot.width / BETWEEN).max(2);
        let mut free = plot.x.saturating_sub(LEFT);
        for (value, label) in of_axis(self.x, most, self.quantity.1) {
            let Some(x) = places.column(value, self.x) else { continue };
            if places.foot > 1 || x < end {
                canvas.mark((x, plot.bottom()), tick, Role::Faint);
            }
            let width = columns(&label);
            let start = x.saturating_sub(width / 2).min(end.saturating_sub(width + 1));
            if places.foot > 1 && start >= free && start + width > x {
                canvas.line_at(start, plot.bottom() + 1).put(&label, Role::Dim);
                free = start + width + 1;
            }
        }
    }
}
