use super::super::names::cut;
use super::curve::{Pen, draw_curve};
use super::frame::{
    Axes, PlotError, SIZE, colour, frame, is_colour_taken, last_step, range, subtitle,
};
use super::labels::{Label, labels};
use super::marks::{Key, marks};
use crate::telemetry::{RunState, Series};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use std::ops::Range;

/// Held-out losses over the steps, one line a domain, its ceiling dashed in the same colour.
pub(super) fn svg(state: &RunState) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let nats = |loss: &f64| format!("{loss:.2}");
        let title = "Held-out loss, nats per token";
        let subtitle = subtitle(state);
        let axes =
            Axes { title, subtitle, last_step: end(state), y: losses(state), y_label: &nats };
        let mut chart = frame(&canvas, axes)?;
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
                draw_curve(&mut chart, &points(series), Pen::new(colour(domain).mix(PALE), 2))?;
            }
        }
        for (domain, series) in history.curves.losses.iter().enumerate() {
            let pen =
                Pen { dashed: is_colour_taken(domain), ..Pen::new(colour(domain).mix(1.0), 3) };
            draw_curve(&mut chart, &points(series), pen)?;
        }
        let named = state.domains.iter().zip(&history.losses).enumerate();
        let named = named.filter(|(_, (_, loss))| loss.last.is_finite());
        let named = named.map(|(domain, (name, loss))| Label {
            y: chart.backend_coord(&(0.0, loss.last)).1,
            index: domain,
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

fn points(series: &Series) -> Vec<(f64, f64)> {
    series.points().iter().map(|point| (point.step as f64, point.value)).collect()
}

/// The last step of any way that the run went.
fn end(state: &RunState) -> f64 {
    state.abandoned.iter().map(|way| way.end.0 as f64).fold(last_step(state), f64::max)
}

/// All losses and ceilings, with some space above and below.
fn losses(state: &RunState) -> Range<f64> {
    let history = &state.history;
    let left = state.abandoned.iter().flat_map(|way| &way.curves.losses);
    let measured = history.curves.losses.iter().chain(left).flat_map(Series::points);
    let measured = measured.map(|point| point.value);
    range(measured.chain(history.reference_losses.iter().copied()))
}
