//! The losses of several runs over each other.

use super::super::ReportError;
use super::super::names::cut;
use super::curve::{Pen, draw_curve};
use super::frame::{
    Axes, Canvas, Chart, INK, PALE, PlotError, SIZE, colour, frame, is_colour_taken, range, text,
};
use super::labels::{Label, labels};
use super::marks::diamond;
use crate::compare::{Comparison, Metric};
use crate::disk;
use crate::echo;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use std::path::Path;

/// Height of a picture of one loss, in SVG units.
const HEIGHT: u32 = 640;
/// Widths of the baseline's curve and of the others.
const WIDTHS: [u32; 2] = [6, 3];

/// Writes the losses of the runs as an SVG file: their means above, below them each domain. A colour is a run, the
/// baseline's line is the bold one, and what was changed while a run went is marked. The file is written whole or not
/// at all.
///
/// # Errors
/// [`ReportError::Plot`], [`ReportError::Write`].
pub fn write_comparison(comparison: &Comparison, path: &Path) -> Result<(), ReportError> {
    let name = "the comparison";
    let drawn = svg(comparison);
    let svg = drawn.map_err(|error| ReportError::Plot { name, reason: error.to_string() })?;
    disk::write_atomic(path, echo::lines(&svg).as_bytes(), disk::OWNER_ONLY)
        .map_err(|source| ReportError::Write { path: path.to_owned(), source })
}

fn svg(comparison: &Comparison) -> Result<String, PlotError> {
    let losses: Vec<Metric> = comparison.metrics().into_iter().filter(Metric::is_loss).collect();
    let height = HEIGHT * u32::try_from(losses.len()).unwrap_or(1);
    let mut svg = String::new();
    {
        let whole = SVGBackend::with_string(&mut svg, (SIZE.0, height)).into_drawing_area();
        for (metric, part) in losses.iter().zip(whole.split_evenly((losses.len(), 1))) {
            Picture { comparison, metric }.draw(&whole, &part)?;
        }
        whole.present()?;
    }
    Ok(svg)
}

/// One loss of all runs.
struct Picture<'a> {
    comparison: &'a Comparison,
    metric: &'a Metric,
}

impl Picture<'_> {
    /// Draws it into a part of the canvas. Positions of a chart are those of the whole.
    fn draw(&self, whole: &Canvas<'_>, part: &Canvas<'_>) -> Result<(), PlotError> {
        let runs = 0..self.comparison.runs.len();
        let curves: Vec<Vec<(f64, f64)>> =
            runs.map(|run| self.comparison.curve(run, self.metric)).collect();
        let nats = |loss: &f64| format!("{loss:.2}");
        let axes = Axes {
            title: &cut(&capital(&self.metric.name()), 60),
            subtitle: "nats per token".into(),
            last_step: self.comparison.last_step(),
            y: range(curves.iter().flatten().map(|point| point.1)),
            y_label: &nats,
        };
        let mut chart = frame(part, axes)?;
        self.interventions(whole, &chart)?;
        // The baseline comes last: it is in front.
        let baseline = self.comparison.baseline;
        let others = (0..curves.len()).filter(|run| *run != baseline);
        for run in others.chain([baseline]) {
            let width = WIDTHS[usize::from(run != baseline)];
            let pen = Pen { dashed: is_colour_taken(run), ..Pen::new(colour(run).mix(1.0), width) };
            draw_curve(&mut chart, curves.get(run).map_or(&[][..], Vec::as_slice), pen)?;
        }
        let named = curves.iter().enumerate().filter_map(|(run, curve)| {
            let last = curve.iter().rev().map(|point| point.1).find(|loss| loss.is_finite())?;
            let words = self.words(run, last);
            Some(Label { y: chart.backend_coord(&(0.0, last)).1, index: run, words })
        });
        labels(whole, &chart, named.collect())?;
        self.key(part)
    }

    fn words(&self, run: usize, last: f64) -> String {
        let label = &self.comparison.runs[run].label;
        let is_baseline = self.comparison.is_baseline(run);
        format!("{} {last:.4}{}", cut(label, 14), if is_baseline { " (base)" } else { "" })
    }

    /// A hairline in the run's colour for each.
    fn interventions(&self, whole: &Canvas<'_>, chart: &Chart<'_, '_>) -> Result<(), PlotError> {
        let (_, plot_y) = chart.plotting_area().get_pixel_range();
        let bottom = chart.y_range().start;
        for one in &self.comparison.interventions {
            let (x, _) = chart.backend_coord(&(one.step.0 as f64, bottom));
            let colour = colour(one.run);
            let line = vec![(x, plot_y.start), (x, plot_y.end)];
            whole.draw(&DashedPathElement::new(line, 4, 6, colour.stroke_width(2)))?;
            diamond(whole, (x, plot_y.start), colour)?;
        }
        Ok(())
    }

    /// What is bold, and what diamonds are.
    fn key(&self, part: &Canvas<'_>) -> Result<(), PlotError> {
        let (y, mut x) = (90, 100);
        part.draw(&PathElement::new(vec![(x, y), (x + 40, y)], INK.stroke_width(WIDTHS[0])))?;
        let label = &self.comparison.runs[self.comparison.baseline].label;
        let words = format!("baseline: {}", cut(label, 40));
        x += 52;
        part.draw(&Text::new(words.clone(), (x, y), text(20.0, PALE, HPos::Left)))?;
        let count = self.comparison.interventions.len();
        if count > 0 {
            x += 12 * words.chars().count() as i32 + 30;
            diamond(part, (x, y), INK)?;
            let words = format!("intervention ({count})");
            part.draw(&Text::new(words, (x + 18, y), text(20.0, PALE, HPos::Left)))?;
        }
        Ok(())
    }
}

/// With a capital at its beginning, as a title has.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
