use super::super::names::cut;
use super::frame::{Axes, Chart, PlotError, SIZE, colour, frame, last_step};
use super::labels::{Label, labels};
use super::marks::{Key, marks};
use crate::telemetry::{Point, RunState, Series};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use std::ops::Range;

/// Most points of a curve that gets a dot on each.
const DOTS: usize = 60;

/// Held-out losses over the steps, one line a domain, its ceiling dashed in the same colour.
pub(super) fn svg(state: &RunState) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let nats = |loss: &f64| format!("{loss:.2}");
        let title = "Held-out loss, nats per token";
        let axes = Axes { title, last_step: end(state), y: range(state), y_label: &nats };
        let mut chart = frame(&canvas, state, axes)?;
        let history = &state.history;
        for (domain, reference_loss) in
            history.reference_losses.iter().enumerate().filter(|(_, r)| r.is_finite())
        {
            let line = [(0.0, *reference_loss), (end(state), *reference_loss)];
            let style = colour(domain).mix(0.8).stroke_width(2);
            chart.draw_series([DashedPathElement::new(line, 10, 7, style)])?;
        }
        for way in &state.abandoned {
            for (domain, series) in way.curves.losses.iter().enumerate() {
                draw_curve(&mut chart, series, Pen { colour: colour(domain).mix(PALE), width: 2 })?;
            }
        }
        for (domain, series) in history.curves.losses.iter().enumerate() {
            draw_curve(&mut chart, series, Pen { colour: colour(domain).mix(1.0), width: 3 })?;
        }
        let named = state.domains.iter().zip(&history.losses).enumerate();
        let named = named.filter(|(_, (_, loss))| loss.last.is_finite());
        let named = named.map(|(domain, (name, loss))| Label {
            y: chart.backend_coord(&(0.0, loss.last)).1,
            domain,
            words: format!("{} {:.3} → {:.3}", cut(name, 12), loss.first, loss.last),
        });
        labels(&canvas, &chart, named.collect())?;
        let dashed = (!history.reference_losses.is_empty()).then_some("mastery ceiling");
        let pale = (!state.abandoned.is_empty()).then_some("abandoned by a rollback");
        marks(&canvas, &chart, state, &Key { dashed, pale })?;
        canvas.present()?;
    }
    Ok(svg)
}

/// How much of its colour a curve keeps that a rollback left.
const PALE: f64 = 0.35;

struct Pen {
    colour: RGBAColor,
    width: u32,
}

fn draw_curve(chart: &mut Chart<'_, '_>, series: &Series, pen: Pen) -> Result<(), PlotError> {
    let Pen { colour, width } = pen;
    let points: Vec<Point> = series.points().collect();
    // A gap ends one line and begins the next.
    for run in points.split(|point| point.value.is_nan()) {
        let line = run.iter().map(|point| (point.step as f64, point.value));
        chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(width)))?;
        if points.len() <= DOTS {
            chart.draw_series(line.map(|at| Circle::new(at, 5, colour.filled())))?;
        }
    }
    Ok(())
}

/// The last step of any way that the run went.
fn end(state: &RunState) -> f64 {
    state.abandoned.iter().map(|way| way.end.0 as f64).fold(last_step(state), f64::max)
}

/// All losses and ceilings, with some space above and below.
fn range(state: &RunState) -> Range<f64> {
    let history = &state.history;
    let left = state.abandoned.iter().flat_map(|way| &way.curves.losses);
    let measured = history.curves.losses.iter().chain(left).flat_map(Series::points);
    let measured = measured.map(|point| point.value);
    let all =
        measured.chain(history.reference_losses.iter().copied()).filter(|value| value.is_finite());
    let (low, high) =
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = 0.06 * (high - low).max(0.1);
    low - margin..high + margin
}
