//! The axes with their ticks, labels and marks.

use super::places::LEFT;
use super::scale::Scale;
use super::ticks::{Quantity, Tick, of_axis, of_decades, of_values};
use super::{Mark, Places};
use crate::tui::look::{Look, Role};
use crate::tui::scene::{columns, put, put_right};
use ratatui::buffer::Buffer;

/// Columns of a label of the x axis, with the room to the next.
const BETWEEN: u16 = 11;

pub(super) fn y_axis(look: &Look, places: &Places, scale: Option<&Scale>, buf: &mut Buffer) {
    let (dim, faint) = (look.style(Role::Dim), look.style(Role::Faint));
    let (plot, glyphs) = (places.plot, look.glyphs());
    let x = plot.x - 1;
    for y in plot.top()..plot.bottom() {
        put(buf, look, x, y, 1, glyphs.wall, faint);
    }
    let Some(scale) = scale else { return };
    for (value, label) in y_ticks(scale, plot.height) {
        let Some(y) = places.row(value, scale) else { continue };
        put_right(buf, look, x, y, LEFT - 1, &format!("{label} "), dim);
        put(buf, look, x, y, 1, glyphs.tick[0], faint);
    }
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
    pub fn draw(&self, look: &Look, places: &Places, buf: &mut Buffer) {
        let (plot, glyphs, faint) = (places.plot, look.glyphs(), look.style(Role::Faint));
        let y = plot.bottom();
        put(buf, look, plot.x - 1, y, 1, glyphs.origin, faint);
        put(buf, look, plot.x, y, plot.width, &glyphs.rule.repeat(usize::from(plot.width)), faint);
        let end = self.name(look, places, buf);
        self.ticks(look, places, end, buf);
        for mark in self.marks {
            // The name of the axis stays readable where it stands on it.
            let free = |x: &u16| places.foot > 1 || *x < end;
            if let Some(x) = places.column(mark.x, self.x).filter(free) {
                put(buf, look, x, y, 1, mark.glyph, mark.style);
            }
        }
    }

    /// Writes the name beside the labels where there is room, else at their end; where labels end.
    fn name(&self, look: &Look, places: &Places, buf: &mut Buffer) -> u16 {
        let (plot, dim, name) = (places.plot, look.style(Role::Dim), self.quantity.0);
        let y = plot.bottom() + places.foot.saturating_sub(1);
        if places.foot > 1 && places.right > columns(name) {
            put(buf, look, plot.right() + 1, y, places.right, name, dim);
            return plot.right() + 1;
        }
        plot.right() - put_right(buf, look, plot.right(), y, plot.width, name, dim)
    }

    fn ticks(&self, look: &Look, places: &Places, end: u16, buf: &mut Buffer) {
        let (plot, dim, faint) = (places.plot, look.style(Role::Dim), look.style(Role::Faint));
        let most = usize::from(plot.width / BETWEEN).max(2);
        let mut free = plot.x.saturating_sub(LEFT);
        for (value, label) in of_axis(self.x, most, self.quantity.1) {
            let Some(x) = places.column(value, self.x) else { continue };
            if places.foot > 1 || x < end {
                put(buf, look, x, plot.bottom(), 1, look.glyphs().tick[1], faint);
            }
            let width = columns(&label);
            let start = x.saturating_sub(width / 2).min(end.saturating_sub(width + 1));
            if places.foot > 1 && start >= free && start + width > x {
                put(buf, look, start, plot.bottom() + 1, width, &label, dim);
                free = start + width + 1;
            }
        }
    }
}
