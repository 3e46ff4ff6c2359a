use super::frame::{Chart, PlotError};
use plotters::element::DashedPathElement;
use plotters::prelude::*;

/// Most points of a curve that gets a dot on each.
const DOTS: usize = 60;

/// How a curve is drawn.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub colour: RGBAColor,
    /// In SVG units.
    pub width: u32,
    pub dashed: bool,
}

impl Pen {
    /// A pen that draws whole lines.
    pub fn new(colour: RGBAColor, width: u32) -> Self {
        Pen { colour, width, dashed: false }
    }
}

/// Draws a curve over steps; a NaN is a gap.
pub(super) fn draw_curve(
    chart: &mut Chart<'_, '_>,
    points: &[(f64, f64)],
    pen: Pen,
) -> Result<(), PlotError> {
    let style = pen.colour.stroke_width(pen.width);
    // A gap ends one line and begins the next.
    for run in points.split(|point| point.1.is_nan()) {
        let line = run.iter().copied();
        match pen.dashed {
            true => chart.draw_series([DashedPathElement::new(line.clone(), 14, 8, style)])?,
            false => chart.draw_series(LineSeries::new(line.clone(), style))?,
        };
        if points.len() <= DOTS {
            let size = i32::try_from(pen.width + 2).unwrap_or(5);
            chart.draw_series(line.map(|at| Circle::new(at, size, pen.colour.filled())))?;
        }
    }
    Ok(())
}
