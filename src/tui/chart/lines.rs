//! What is drawn on and beside the curves: dashed levels, signs where a curve leaves the axis,
//! labels at the right ends.

use super::parts::{Curve, Level};
use super::plot_layout::PlotLayout;
use super::raster::{dots, sign};
use super::scale::Scale;
use super::spread::spread;
use super::trace::Trace;
use crate::tui::draw::{Canvas, columns};
use crate::tui::look::{Marks, Role};
use ratatui::style::Style;

/// Dashed lines where no curve is, each with its label where the line is free.
pub(super) fn levels(
    levels: &[Level],
    range: (f64, f64),
    canvas: &mut Canvas<'_>,
    layout: &PlotLayout,
    scale: &Scale,
) {
    let position = |level: &Level| {
        let y = layout.row(level.value, scale)?;
        let (from, to) = (level.from_to.0.max(range.0), level.from_to.1.min(range.1));
        let columns = layout.column(from, range).zip(layout.column(to, range));
        columns.filter(|_| from <= to).map(|columns| (y, columns))
    };
    let shown = levels.iter().filter_map(|level| Some((level, position(level)?)));
    let shown: Vec<_> = shown.collect();
    // The dash of plain terminals is a hyphen: a row of them would be no dashed line.
    let every = if canvas.look().marks == Marks::Braille { 1 } else { 2 };
    let dash = canvas.glyphs().dash;
    for (level, (y, (first, last))) in &shown {
        for x in (*first..=*last).step_by(every) {
            if canvas.sign_at((x, *y)) == Some(" ") {
                canvas.mark((x, *y), dash, level.style);
            }
        }
    }
    // Labels come last: another level in the same row must not fill their spaces.
    for (level, (y, ends)) in shown {
        label(canvas, level, y, ends);
    }
}

/// The label of a level over its line, as far left as it hides nothing.
fn label(canvas: &mut Canvas<'_>, level: &Level, y: u16, (first, last): (u16, u16)) {
    let width = columns(&level.label) + 2;
    let dash = canvas.glyphs().dash;
    let mut free = 0;
    for x in first.saturating_add(1)..=last {
        let is_free = canvas.sign_at((x, y)).is_some_and(|sign| sign == dash || sign == " ");
        free = if is_free { free + 1 } else { 0 };
        if free == width && width > 2 {
            canvas.line_at(x + 1 - width, y).put(format!(" {} ", level.label), level.style);
            return;
        }
    }
}

/// A sign at the edge for each column in which a curve goes beyond the axis, or to infinity.
pub(super) fn beyond(
    canvas: &mut Canvas<'_>,
    layout: &PlotLayout,
    traces: &[(&Trace, Style)],
    scale: &Scale,
) {
    let (glyphs, plot) = (canvas.glyphs(), layout.plot);
    let (per_cell, _) = dots(canvas.look().marks);
    let mut put_at = |at: i32, up: bool, glyph: &str, style: Style| {
        let column = u16::try_from(at).map(|at| at / per_cell).ok();
        if let Some(column) = column.filter(|column| *column < plot.width) {
            let at = (plot.x + column, if up { plot.y } else { plot.bottom() - 1 });
            canvas.wipe(at);
            canvas.mark(at, glyph, style);
        }
    };
    for (trace, style) in traces {
        for column in &trace.columns {
            if scale.is_above(column.high) {
                put_at(column.at, true, glyphs.up, *style);
            }
            if scale.is_below(column.low) {
                put_at(column.at, false, glyphs.down, *style);
            }
        }
        for (at, up) in &trace.infinite {
            put_at(*at, *up, if *up { glyphs.infinity } else { glyphs.down }, *style);
        }
    }
}

/// Columns from one marked point to the next, at least.
const APART: usize = 4;

/// Marks the points of a curve where they are apart enough to be seen one by one.
pub(super) fn points(
    curve: &Curve<'_>,
    range: (f64, f64),
    canvas: &mut Canvas<'_>,
    layout: &PlotLayout,
    scale: &Scale,
) {
    if canvas.look().marks == Marks::Ascii {
        // There the sign of the curve tells it from others.
        return;
    }
    let shown = curve.points.iter().filter(|(x, y)| (range.0..=range.1).contains(x) && !y.is_nan());
    let most = usize::from(layout.plot.width) / APART;
    if shown.clone().nth(most).is_some() {
        return;
    }
    let glyph = canvas.glyphs().point;
    for (x, y) in shown {
        if let Some(at) = layout.column(*x, range).zip(layout.row(*y, scale)) {
            canvas.wipe(at);
            canvas.mark(at, glyph, curve.front_style());
        }
    }
}

/// Labels at the right ends of the curves, at `x`, none over another, and that of a higher value above others.
pub(super) fn ends(
    curves: &[Curve<'_>],
    x: f64,
    canvas: &mut Canvas<'_>,
    layout: &PlotLayout,
    scale: &Scale,
) {
    let plot = layout.plot;
    if layout.right == 0 {
        return;
    }
    let marks = canvas.look().marks;
    let labelled = |(i, curve): (usize, &Curve<'_>)| {
        let value = curve.until(x).find(|value| scale.share(*value).is_finite())?;
        let text = match marks {
            Marks::Ascii => format!("{} {}", sign(i), curve.label),
            Marks::Braille | Marks::Block => curve.label.clone(),
        };
        Some((value, (text, curve.front_style(), curve.chosen)))
    };
    let named = curves.iter().enumerate().filter(|(_, curve)| curve.ghost.is_none());
    let mut ends: Vec<_> = named.filter_map(labelled).collect();
    let rows = usize::from(plot.height);
    let missing = if ends.len() > rows { ends.len() - rows.saturating_sub(1) } else { 0 };
    if missing > 0 {
        // The chosen curve and the first ones; the last row says how many others there are.
        ends.sort_by_key(|(_, (_, _, is_chosen))| !is_chosen);
        ends.truncate(rows.saturating_sub(1));
        let text = format!("{missing} more");
        canvas.line_at(plot.right() + 1, plot.bottom() - 1).put_most(layout.right, text, Role::Dim);
    }
    let bottom = plot.bottom() - u16::from(missing > 0);
    // By their values: those of one row stay in this order.
    ends.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let row = |value: f64| {
        let down = (1.0 - scale.share(value)).clamp(0.0, 1.0);
        plot.y + ((down * f64::from(plot.height)) as u16).min(plot.height - 1)
    };
    let wanted: Vec<u16> = ends.iter().map(|(value, _)| row(*value)).collect();
    let rows = spread(&wanted, plot.top()..bottom);
    for (y, (_, (text, style, _))) in rows.into_iter().flatten().zip(ends) {
        canvas.line_at(plot.right() + 1, y).put_most(layout.right, text, style);
    }
}
