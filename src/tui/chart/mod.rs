//! A chart of curves in cells: dots, axes, labels, a crosshair. Pure; drawn anew for every frame.
//!
//! ```text
//!  points ─▶ trace: per column of dots the first, lowest, highest and last value, gaps ─▶ scale
//!            (one pass over the points)                                        │
//!                                          raster: dots of all curves ◀────────┘
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
mod places;
mod raster;
mod readout;
mod scale;
mod smooth;
mod span;
mod spread;
mod ticks;
mod trace;
mod window;
#[cfg(test)]
mod tests;

pub use axes::XAxis;
pub use parts::{Crosshair, Curve, Level, Mark};
pub use places::{Places, places};
pub use readout::{Line, readout};
pub use smooth::smooth;
pub use spread::spread;
pub use ticks::{Quantity, time};
pub use window::{Extent, Window};

use super::look::{Look, Role};
use super::scene::put;
use axes::y_axis;
use places::LEAST;
use raster::{Pen, Raster, dots};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
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
    /// The part of the x axis that is shown.
    pub x: (f64, f64),
    /// What the x axis measures: its name, and how it is written.
    pub quantity: (&'a str, Quantity),
    /// Whether the x axis stands below the picture.
    pub axis: bool,
    /// Whether the y axis is logarithmic.
    pub log: bool,
    /// Whether the y axis leaves out outliers; they are marked at its ends.
    pub clipped: bool,
    /// Where values are read.
    pub crosshair: Option<&'a Crosshair>,
    /// How values are written.
    pub number: fn(f64) -> String,
    /// Columns for labels at the right.
    pub right: u16,
    /// Whether the curves are named above the picture where there is no room beside it.
    pub legend: bool,
    /// What is said while there is no value.
    pub awaited: &'a str,
}

impl Chart<'_> {
    /// Draws it.
    pub fn draw(&self, look: &Look, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        let Some(mut places) = places(area, self.right, self.axis) else {
            return self.words(look, area, buf);
        };
        if self.needs_legend(&places) {
            self.legend(look, Rect { height: 1, ..places.plot }, buf);
            places.plot.y += 1;
            places.plot.height -= 1;
        }
        let (columns, _) = dots(look.marks);
        let width = places.plot.width.saturating_mul(columns);
        let traces = self.traces(width);
        let scale = Seen::of(&traces, width, self.log).scale(&self.levels, self.log, self.clipped);
        y_axis(look, &places, scale.as_ref(), buf);
        if self.axis {
            let Chart { x, quantity, marks, .. } = *self;
            XAxis { x, quantity, marks }.draw(look, &places, buf);
        }
        let Some(scale) = scale else {
            let dim = look.style(Role::Dim);
            put(
                buf,
                look,
                places.plot.x + 1,
                places.plot.y,
                places.plot.width - 1,
                self.awaited,
                dim,
            );
            return;
        };
        self.curves(look, &places, &traces, &scale, buf);
        lines::levels(self, look, &places, &scale, buf);
        lines::ends(self, look, &places, &scale, buf);
        if let Some(crosshair) = self.crosshair {
            self.cross(crosshair, look, &places, buf);
        }
    }

    /// Of each curve what lies behind and what lies in front; nothing of the first kind where it is
    /// not smoothed.
    fn traces(&self, width: u16) -> Vec<Trace> {
        let of = |points: &[(f64, f64)]| trace(points, self.x, width, self.log);
        let behind = self.curves.iter().map(|curve| match curve.smoothed {
            Some(_) => of(&curve.points),
            None => Trace::default(),
        });
        let front = self.curves.iter().map(|curve| of(curve.front()));
        behind.chain(front).collect()
    }

    fn curves(
        &self,
        look: &Look,
        places: &Places,
        traces: &[Trace],
        scale: &Scale,
        buf: &mut Buffer,
    ) {
        let mut raster = Raster::new(places.plot, look.marks);
        for (trace, curve) in traces.iter().zip(0..) {
            let front = usize::from(curve) >= self.curves.len();
            raster.curve(trace, scale, Pen { curve, layer: u8::from(front) });
        }
        let dim = |curve: &Curve<'_>| curve.style.add_modifier(Modifier::DIM);
        let front = self.curves.iter().map(|curve| curve.style);
        let styles: Vec<Style> = self.curves.iter().map(dim).chain(front).collect();
        // What lies behind is plain.
        let behind = self.curves.iter().map(|_| '.');
        let signs: Vec<char> = behind.chain((0..self.curves.len()).map(raster::sign)).collect();
        raster.emit(&signs, &styles, buf);
        lines::beyond(look, places, traces, &styles, scale, buf);
    }

    /// The crosshair where no curve is, and what is read there.
    fn cross(&self, crosshair: &Crosshair, look: &Look, places: &Places, buf: &mut Buffer) {
        let Some(x) = places.column(crosshair.x, self.x) else { return };
        let glyphs = look.glyphs();
        for y in places.plot.top()..places.plot.bottom() {
            let symbol = buf.cell((x, y)).map(|cell| cell.symbol());
            if symbol.is_some_and(|symbol| symbol == " " || symbol == glyphs.dash) {
                put(buf, look, x, y, 1, glyphs.wall, look.style(Role::Accent));
            }
        }
        let values = self.curves.iter().map(|curve| Line {
            name: curve.name.to_owned(),
            value: (self.number)(curve.read(crosshair.x)),
            style: curve.style,
        });
        let lines: Vec<Line> = crosshair.said(look).chain(values).collect();
        readout(&lines, x, places.plot, look, buf);
    }

    /// Whether the names stand above the picture, because there is no room for them beside it.
    fn needs_legend(&self, places: &Places) -> bool {
        let many = self.curves.len() > usize::from(places.plot.height.saturating_sub(1));
        self.legend
            && self.curves.len() > 1
            && places.plot.height > LEAST.1
            && (places.right == 0 || many)
    }

    fn legend(&self, look: &Look, row: Rect, buf: &mut Buffer) {
        let mut x = row.x;
        for (i, curve) in self.curves.iter().enumerate() {
            let sign = match look.marks {
                super::look::Marks::Ascii => raster::sign(i).to_string(),
                _ => look.glyphs().lamp.to_owned(),
            };
            let text = format!("{sign} {}", curve.name);
            x += put(buf, look, x, row.y, row.right().saturating_sub(x), &text, curve.style) + 2;
        }
    }

    /// Where there is no room for a picture: the newest values.
    fn words(&self, look: &Look, area: Rect, buf: &mut Buffer) {
        let last = |curve: &Curve<'_>| {
            let last = curve.front().iter().rev().map(|point| point.1).find(|v| !v.is_nan())?;
            Some((format!("{} {}", curve.name, (self.number)(last)), curve.style))
        };
        let lines: Vec<(String, Style)> = self.curves.iter().filter_map(last).collect();
        if lines.is_empty() {
            put(buf, look, area.x, area.y, area.width, self.awaited, look.style(Role::Dim));
        }
        for (y, (text, style)) in (area.top()..area.bottom()).zip(lines) {
            put(buf, look, area.x, y, area.width, &text, style);
        }
    }
}

/// Empties a cell but for the ground that it stands on, so that no modifier shines through.
fn wipe(buf: &mut Buffer, x: u16, y: u16) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        let ground = cell.bg;
        cell.reset();
        cell.bg = ground;
    }
}
