//! What is drawn on and beside the curves: dashed levels, signs of what lies beyond the axis,
//! labels at the right ends.

use super::raster::sign;
use super::scale::Scale;
use super::spread::spread;
use super::trace::Trace;
use super::{Chart, Curve, Level, Places, dots, wipe};
use crate::tui::look::{Look, Marks};
use crate::tui::scene::{columns, put};
use ratatui::buffer::Buffer;
use ratatui::style::Style;

/// Dashed lines where no curve is, each with its label at the first free place.
pub(super) fn levels(
    chart: &Chart<'_>,
    look: &Look,
    places: &Places,
    scale: &Scale,
    buf: &mut Buffer,
) {
    let place = |level: &Level| {
        let y = places.row(level.value, scale)?;
        let (from, to) = (level.from_to.0.max(chart.x.0), level.from_to.1.min(chart.x.1));
        let columns = places.column(from, chart.x).zip(places.column(to, chart.x));
        columns.filter(|_| from <= to).map(|columns| (y, columns))
    };
    let placed = chart.levels.iter().filter_map(|level| Some((level, place(level)?)));
    let placed: Vec<_> = placed.collect();
    // The dash of plain terminals is a hyphen: a row of them would be no dashed line.
    let every = if look.marks == Marks::Braille { 1 } else { 2 };
    for (level, (y, (first, last))) in &placed {
        for x in (*first..=*last).step_by(every) {
            if is_blank(buf, x, *y) {
                put(buf, look, x, *y, 1, look.glyphs().dash, level.style);
            }
        }
    }
    // Labels come last: another level in the same row must not fill their spaces.
    for (level, (y, ends)) in placed {
        label(look, level, y, ends, buf);
    }
}

/// The label of a level over its line, as far left as it hides nothing.
fn label(look: &Look, level: &Level, y: u16, (first, last): (u16, u16), buf: &mut Buffer) {
    let width = columns(&level.label) + 2;
    let dash = look.glyphs().dash;
    let free = |buf: &Buffer, x: u16| {
        let symbol = buf.cell((x, y)).map(|cell| cell.symbol());
        symbol.is_some_and(|symbol| symbol == dash || symbol == " ")
    };
    let mut free_columns = 0;
    for x in first.saturating_add(1)..=last {
        free_columns = if free(buf, x) { free_columns + 1 } else { 0 };
        if free_columns == width && width > 2 {
            let text = format!(" {} ", level.label);
            put(buf, look, x + 1 - width, y, width, &text, level.style);
            return;
        }
    }
}

fn is_blank(buf: &Buffer, x: u16, y: u16) -> bool {
    buf.cell((x, y)).is_some_and(|cell| cell.symbol() == " ")
}

/// A sign at the edge for each column in which a curve goes beyond the axis, or to infinity.
pub(super) fn beyond(
    look: &Look,
    places: &Places,
    traces: &[Trace],
    styles: &[Style],
    scale: &Scale,
    buf: &mut Buffer,
) {
    let (glyphs, plot) = (look.glyphs(), places.plot);
    let (per_cell, _) = dots(look.marks);
    let mut put_at = |at: i32, up: bool, glyph: &str, style: Style| {
        let column = u16::try_from(at).map(|at| at / per_cell).ok();
        if let Some(column) = column.filter(|column| *column < plot.width) {
            let y = if up { plot.y } else { plot.bottom() - 1 };
            wipe(buf, plot.x + column, y);
            put(buf, look, plot.x + column, y, 1, glyph, style);
        }
    };
    for (trace, style) in traces.iter().zip(styles) {
        for column in &trace.columns {
            if scale.share(column.high) > 1.0 {
                put_at(column.at, true, glyphs.up, *style);
            }
            if scale.share(column.low) < 0.0 {
                put_at(column.at, false, glyphs.down, *style);
            }
        }
        for (at, up) in &trace.infinite {
            put_at(*at, *up, if *up { glyphs.infinity } else { glyphs.down }, *style);
        }
    }
}

/// Labels at the right ends of the curves, none over another.
pub(super) fn ends(
    chart: &Chart<'_>,
    look: &Look,
    places: &Places,
    scale: &Scale,
    buf: &mut Buffer,
) {
    let plot = places.plot;
    let last = |curve: &Curve<'_>| {
        let value = curve.until(chart.x.1).find(|value| scale.share(*value).is_finite())?;
        let down = (1.0 - scale.share(value)).clamp(0.0, 1.0);
        Some(plot.y + ((down * f64::from(plot.height)) as u16).min(plot.height - 1))
    };
    if places.right == 0 {
        return;
    }
    let labelled = |(i, curve): (usize, &Curve<'_>)| {
        let text = match look.marks {
            Marks::Ascii => format!("{} {}", sign(i), curve.label),
            Marks::Braille | Marks::Block => curve.label.clone(),
        };
        Some((last(curve)?, (text, curve.style)))
    };
    let ends = chart.curves.iter().enumerate().filter_map(labelled);
    let (wanted, labels): (Vec<u16>, Vec<_>) = ends.unzip();
    for (y, (text, style)) in
        spread(&wanted, plot.top()..plot.bottom()).into_iter().flatten().zip(labels)
    {
        put(buf, look, plot.right() + 1, y, places.right, &text, style);
    }
}
