//! A chart of curves in cells: dots, axes, labels, a crosshair. Pure; drawn anew for every frame.
//!
//! ```text
//!  all points ─▶ sieve: those that can be seen ─▶ trace: per column of dots the first, ─▶ scale
//!                                                 lowest, highest and last value, gaps     │
//!                                                      raster: dots of all curves ◀────────┘
//!  3.0 ┤⠉⠢⢄                     ┊ step 820    finance 2.36
//!      │⠤⣀⠈⠑⠤⣀                  ┊ law 1.91    law 1.74
//!  2.0 ┤╌╌╌╌╌╌╌ ceiling law 1.38┊
//!      └──────┬───────────┬───◆───────
//!            400         800            step
//! ```
//!
//! A NaN never joins two points; of whatever falls into one column the lowest and the highest value
//! are drawn, so that one spike in a million points is seen at every zoom.

mod axes;
mod lines;
mod parts;
mod plot_layout;
mod raster;
mod readout;
mod scale;
mod sieve;
mod smooth;
mod span;
mod spread;
mod ticks;
mod trace;
mod window;
#[cfg(test)]
mod tests;

pub use axes::{XAxis, axis_line, y_tick};
pub use parts::{Crosshair, Curve, Level, Mark};
pub use plot_layout::PlotLayout;
pub use readout::{Reading, readout};
pub use sieve::{Sieve, Sight};
pub use smooth::smooth;
pub use spread::spread;
pub use ticks::{Quantity, time};
pub use window::{Extent, Window};

use super::draw::{Canvas, columns, lines_shown, number};
use super::look::{Marks, Role};
use axes::y_axis;
use plot_layout::LEAST;
use raster::{Pen, Raster};
use ratatui::style::{Modifier, Style};
use scale::Scale;
use span::Seen;
use trace::{Trace, trace};

/// Everything that is drawn of a chart.
pub struct Chart<'a> {
    /// The curves; the last is in front.
    pub curves: Vec<Curve<'a>>,
    /// Dashed lines.
    pub levels: Vec<Level>,
    /// What happened; drawn only with the x axis.
    pub marks: &'a [Mark],
    /// The first and the last x that are shown.
    pub x: (f64, f64),
    /// Name of the x axis, and how its values are written.
    pub quantity: (&'a str, Quantity),
    /// Whether the x axis is drawn below the plot.
    pub axis: bool,
    /// Whether the y axis begins at 0; not a logarithmic one.
    pub from_zero: bool,
    /// Whether the y axis is logarithmic.
    pub log: bool,
    /// Whether the y axis leaves out outliers; they are marked at its ends.
    pub clipped: bool,
    /// Where values are read, if anywhere.
    pub crosshair: Option<&'a Crosshair<'a>>,
    /// How values are written.
    pub number: fn(f64) -> String,
    /// Columns for labels at the right.
    pub right: u16,
    /// Whether the curves are named above the picture where they cannot be beside it.
    pub legend: bool,
    /// Shown while there is no value.
    pub awaited: &'a str,
}

impl<'a> Chart<'a> {
    /// A chart of nothing yet: a linear axis, numbers with three decimals, no room for labels.
    pub fn over(x: (f64, f64), quantity: (&'a str, Quantity)) -> Self {
        Chart {
            curves: Vec::new(),
            levels: Vec::new(),
            marks: &[],
            x,
            quantity,
            axis: true,
            from_zero: false,
            log: false,
            clipped: false,
            crosshair: None,
            number: number::three,
            right: 0,
            legend: false,
            awaited: "",
        }
    }
}

impl Chart<'_> {
    /// Draws it over the whole canvas.
    pub fn draw(&self, canvas: &mut Canvas<'_>) {
        let Some(mut layout) = PlotLayout::fit(canvas.area(), self.right, self.axis) else {
            return self.newest_values(canvas);
        };
        if self.needs_legend(&layout) {
            self.legend(&mut canvas.within(layout.plot));
            layout.plot.y += 1;
            layout.plot.height -= 1;
        }
        let width = layout.dots(canvas.look().marks);
        let traces = self.traces(width);
        let seen = Seen::new(&traces, width, self.log);
        let zero = Some(0.0).filter(|_| self.from_zero);
        let values = self.levels.iter().map(|level| level.value).chain(zero);
        let scale = seen.scale(values, self.log, self.clipped);
        y_axis(canvas, &layout, scale.as_ref());
        if self.axis {
            let Chart { x, quantity, marks, .. } = *self;
            XAxis { x, quantity, marks }.draw(canvas, &layout);
        }
        let Some(scale) = scale else { return canvas.within(layout.plot).note(self.awaited) };
        self.curves(canvas, &layout, &traces, &scale);
        lines::levels(&self.levels, self.x, canvas, &layout, &scale);
        lines::ends(&self.curves, self.x.1, canvas, &layout, &scale);
        if let Some(crosshair) = self.crosshair {
            self.cross(crosshair, canvas, &layout);
        }
    }

    /// First the band of each curve, then what is behind (its points, where it is smoothed), then what is in
    /// front.
    fn traces(&self, width: u16) -> Vec<Trace> {
        let traced = |points: &[(f64, f64)]| trace(points, self.x, width, self.log);
        let bands = self.curves.iter().map(|curve| traced(&curve.band_lines()));
        let behind = self.curves.iter().map(|curve| match (&curve.smoothed, curve.ghost) {
            (None, None) => Trace::default(),
            _ => traced(&curve.points),
        });
        let front = self.curves.iter().map(|curve| match curve.ghost {
            Some(_) => Trace::default(),
            None => traced(curve.front()),
        });
        bands.chain(behind).chain(front).collect()
    }

    fn curves(
        &self,
        canvas: &mut Canvas<'_>,
        layout: &PlotLayout,
        traces: &[Trace],
        scale: &Scale,
    ) {
        let mut raster = Raster::new(layout.plot, canvas.look().marks);
        for (trace, number) in traces.iter().zip(0..) {
            raster.curve(trace, scale, self.pen(number));
        }
        let dim = |curve: &Curve<'_>| curve.style.add_modifier(Modifier::DIM);
        let behind = || self.curves.iter().map(dim);
        let front = self.curves.iter().map(Curve::front_style);
        let styles: Vec<Style> = behind().chain(behind()).chain(front).collect();
        // What is behind is plain.
        let plain = self.curves.iter().chain(&self.curves).map(|_| '.');
        let signs: Vec<char> = plain.chain((0..self.curves.len()).map(raster::sign)).collect();
        raster.emit(&signs, &styles, canvas);
        let styled: Vec<_> = traces.iter().zip(styles).collect();
        lines::beyond(canvas, layout, &styled, scale);
        for curve in self.curves.iter().filter(|curve| curve.dotted) {
            lines::points(curve, self.x, canvas, layout, scale);
        }
    }

    /// How a trace is drawn; its number is that in [`Chart::traces`].
    fn pen(&self, number: u16) -> Pen {
        let count = self.curves.len().max(1);
        let (kind, curve) =
            (usize::from(number) / count, self.curves.get(usize::from(number) % count));
        let layer = match kind {
            0 | 1 => kind as u8,
            _ => 2 + u8::from(curve.is_some_and(|curve| curve.chosen)),
        };
        let pattern = if kind == 0 { 0 } else { curve.map_or(0, |curve| curve.pattern) };
        Pen { curve: number, layer, pattern }
    }

    /// The crosshair where no curve is, and what is read there.
    fn cross(&self, crosshair: &Crosshair<'_>, canvas: &mut Canvas<'_>, layout: &PlotLayout) {
        let Some(x) = layout.column(crosshair.x, self.x) else { return };
        let glyphs = canvas.glyphs();
        for y in layout.plot.top()..layout.plot.bottom() {
            if canvas.sign_at((x, y)).is_some_and(|sign| sign == " " || sign == glyphs.dash) {
                canvas.mark((x, y), glyphs.wall, Role::Accent);
            }
        }
        let name = |curve: &Curve<'_>| match curve.ghost {
            Some(whose) => format!("{} {whose}", curve.name),
            None => curve.name.to_owned(),
        };
        let values = self.curves.iter().map(|curve| (curve, curve.read(crosshair.x)));
        // What lies dim behind the others is not everywhere.
        let values = values.filter(|(curve, (_, value))| curve.ghost.is_none() || !value.is_nan());
        let here = (crosshair.words)(crosshair.x);
        let values = values.map(|(curve, (at, value))| Reading {
            name: name(curve),
            value: match (crosshair.words)(at) {
                at if at == here || value.is_nan() => (self.number)(value),
                at => format!("{at}: {}", (self.number)(value)),
            },
            style: curve.style,
        });
        let readings: Vec<Reading> = crosshair.readings(canvas.look()).chain(values).collect();
        readout(&mut canvas.within(layout.plot), readings, x);
    }

    /// Whether the names are above the picture, because there is no room beside it.
    fn needs_legend(&self, layout: &PlotLayout) -> bool {
        let named = self.curves.iter().filter(|curve| curve.ghost.is_none()).count();
        self.legend && named > 1 && layout.plot.height > LEAST.1 && layout.right == 0
    }

    /// The names in one line, as many as fit, and how many do not.
    fn legend(&self, canvas: &mut Canvas<'_>) {
        let (marks, lamp) = (canvas.look().marks, canvas.glyphs().lamp);
        let named = self.curves.iter().enumerate().filter(|(_, curve)| curve.ghost.is_none());
        let entries: Vec<(String, Style)> = named
            .map(|(i, curve)| match marks {
                Marks::Ascii => (format!("{} {}", raster::sign(i), curve.name), curve.style),
                Marks::Braille | Marks::Block => (format!("{lamp} {}", curve.name), curve.style),
            })
            .collect();
        let mut line = canvas.line(0);
        for (i, (text, style)) in entries.iter().enumerate() {
            let more = format!("{} more", entries.len() - i);
            let rest = if i + 1 < entries.len() { columns(&more) + 2 } else { 0 };
            if columns(text) + rest > line.space() {
                line.put(more, Role::Dim);
                break;
            }
            line.put(text, *style).skip(2);
        }
    }

    /// Where no plot fits: the newest values as text.
    fn newest_values(&self, canvas: &mut Canvas<'_>) {
        let last = |curve: &Curve<'_>| {
            let last = curve.front().iter().rev().map(|point| point.1).find(|v| !v.is_nan())?;
            Some((format!("{} {}", curve.name, (self.number)(last)), curve.style))
        };
        let named = self.curves.iter().filter(|curve| curve.ghost.is_none());
        let values: Vec<(String, Style)> = named.filter_map(last).collect();
        if values.is_empty() {
            canvas.line(0).put(self.awaited, Role::Dim);
        }
        let rows = usize::from(canvas.area().height);
        let fit = lines_shown(values.len(), rows);
        for (row, (text, style)) in (0..).zip(values.iter().take(fit)) {
            canvas.line(row).put(text, *style);
        }
        if fit < values.len() {
            canvas.line(fit as u16).put(format!("{} more", values.len() - fit), Role::Dim);
        }
    }
}
