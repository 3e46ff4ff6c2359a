use super::super::names::cut;
use super::frame::{Axes, PlotError, SIZE, colour, frame, last_step, subtitle};
use super::labels::{Label, labels};
use super::marks::{Key, marks};
use crate::telemetry::{Point, RunState};
use plotters::prelude::*;

/// One domain's band: at each step where the mixture changed, where it begins and ends.
struct Band {
    low: Vec<(f64, f64)>,
    high: Vec<(f64, f64)>,
}

/// The mixture over the steps, stacked: weights hold from one update to the next.
pub(super) fn svg(state: &RunState) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let percent = |share: &f64| format!("{:.0} %", 100.0 * share);
        let title = "Share of each domain in the training data";
        let (last_step, y_label) = (last_step(state), &percent);
        let axes = Axes { title, subtitle: subtitle(state), last_step, y: 0.0..1.0, y_label };
        let mut chart = frame(&canvas, axes)?;
        let bands = bands(state);
        for (domain, band) in bands.iter().enumerate() {
            let around = band.low.iter().chain(band.high.iter().rev()).copied();
            let area = Polygon::new(around.collect::<Vec<_>>(), colour(domain).mix(0.85).filled());
            chart.draw_series([area])?;
        }
        for band in bands.iter().rev().skip(1) {
            chart.draw_series([PathElement::new(band.low.clone(), WHITE.stroke_width(2))])?;
        }
        let named = bands.iter().enumerate().filter_map(|(domain, band)| {
            let (low, high) = (band.low.last()?, band.high.last()?);
            let first = band.high.first()?.1 - band.low.first()?.1;
            let name = cut(state.domains.get(domain)?, 12);
            let last = 100.0 * (high.1 - low.1);
            let words = format!("{name} {:.1} → {last:.1} %", 100.0 * first);
            let y = chart.backend_coord(&(high.0, (low.1 + high.1) / 2.0)).1;
            Some(Label { y, index: domain, words })
        });
        labels(&canvas, &chart, named.collect())?;
        marks(&canvas, &chart, state, &Key::default())?;
        canvas.present()?;
    }
    Ok(svg)
}

/// From top to bottom in the order of the domains, as the legend reads.
fn bands(state: &RunState) -> Vec<Band> {
    let curves = &state.history.curves.weights;
    let shares: Vec<Vec<Point>> = curves.iter().map(|series| series.lasts()).collect();
    let changes = shares.iter().map(Vec::len).min().unwrap_or(0);
    let end = last_step(state);
    let mut top = vec![1.0; changes];
    let mut bands = Vec::new();
    for points in &shares {
        let bottom: Vec<f64> =
            top.iter().zip(points).map(|(top, p)| (top - p.value).max(0.0)).collect();
        let stairs = |heights: &[f64]| {
            let mut path = Vec::new();
            for (i, (point, height)) in points.iter().zip(heights).enumerate() {
                let until = points.get(i + 1).map_or(end, |next| next.step as f64);
                path.extend([(point.step as f64, *height), (until, *height)]);
            }
            path
        };
        bands.push(Band { low: stairs(&bottom), high: stairs(&top) });
        top = bottom;
    }
    bands
}
