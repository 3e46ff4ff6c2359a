//! One chart: a metric, or several of the same kind, over the shown part of the run.

use super::legend::Shown;
use super::metric::Metric;
use super::style::CurveStyle;
use crate::telemetry::{Curves, Point, Series};
use crate::tui::chart::{Chart, Crosshair, Curve, Level, PlotLayout, Sight};
use crate::tui::draw::{Canvas, Panel, below_title, dotted};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::{Along, label, labels, marks, nearby, reference_losses};
use crate::tui::timeline::Timeline;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Whose the curves are that a rollback left.
const ABANDONED: &str = "abandoned";

/// With more domains, unsmoothed curves behind the smoothed ones would hide them: then they are drawn for the selected
/// domain alone.
const MOST_UNSMOOTHED: usize = 8;

/// Evaluations of a curve whose standard errors are drawn: of more, that are closer than can be seen, every second,
/// third and so on.
const MOST_ERRORS: usize = 256;

/// Which metrics share a chart.
pub(super) struct Picture {
    metrics: Vec<Metric>,
}

/// What all pictures of the screen share.
pub(super) struct Drawing<'a> {
    pub style: &'a CurveStyle,
    pub scene: &'a Scene<'a>,
    pub timeline: &'a Timeline,
    pub shown: &'a Shown,
}

/// The layout of a picture below its title. The same for all metrics, so that their x axes are below
/// each other.
pub(super) fn plot_layout(scene: &Scene<'_>, area: Rect, axis: bool) -> Option<PlotLayout> {
    PlotLayout::fit(below_title(area), labels(scene, area.width), axis)
}

impl Picture {
    /// Groups metrics into pictures: those of one kind share one.
    pub fn group(metrics: &[Metric]) -> Vec<Picture> {
        let mut pictures: Vec<Picture> = Vec::new();
        for metric in metrics.iter().copied() {
            let with =
                |picture: &&mut Picture| picture.metrics.iter().any(|m| metric.goes_with(*m));
            match pictures.iter_mut().find(with) {
                Some(picture) => picture.metrics.push(metric),
                None => pictures.push(Picture { metrics: vec![metric] }),
            }
        }
        pictures
    }

    /// Draws it with its title. For the last picture, which has the x axis, `last` is the number of
    /// pictures that do not fit.
    pub fn view(&self, drawing: &Drawing<'_>, last: Option<usize>, canvas: &mut Canvas<'_>) {
        let Some(first) = self.metrics.first() else { return };
        let Drawing { style, scene, timeline, shown } = *drawing;
        let (area, glyphs) = (canvas.area(), scene.look.glyphs());
        let names: Vec<String> = self.metrics.iter().map(|metric| metric.name(glyphs)).collect();
        let right = self.details(drawing, last.unwrap_or(0));
        let mut inside = canvas.panel(Panel::new(names.join(", ")).right(right));
        let range = style.view.range(timeline);
        let words = |x| timeline.axis().text(x);
        let crosshair = style.view.crosshair(timeline);
        let layout = plot_layout(scene, area, last.is_some());
        let sight = Sight::new(layout.as_ref(), scene.look.marks, range, style.log);
        let sight = sight.with_crosshair(crosshair);
        let crosshair = crosshair.map(|x| Crosshair {
            x,
            lines: crosshair_lines(drawing, x, area),
            words: &words,
        });
        let chart = Chart {
            curves: self.curves(drawing, sight, area.width),
            levels: self.levels(drawing),
            marks: &last.map_or(Vec::new(), |_| marks(scene, timeline, range, area.width)),
            axis: last.is_some(),
            log: style.log,
            clipped: style.clipped,
            crosshair: crosshair.as_ref(),
            number: first.text(),
            right: labels(scene, area.width),
            legend: true,
            awaited: self.awaited(style, scene, shown),
            ..Chart::over(range, timeline.axis().quantity())
        };
        chart.draw(&mut inside);
    }

    /// The right end of the title: the unit and how it is drawn.
    fn details(&self, drawing: &Drawing<'_>, missing: usize) -> String {
        let Drawing { style, scene, shown, .. } = *drawing;
        let unit = self.metrics.first().map_or("", |metric| metric.unit());
        let smooth = style.smoothing() > 0.0 && self.metrics.iter().any(|m| m.is_measured());
        let shadows = scene.run.history.curves.shadows.iter().map(|shadow| &*shadow.strategy);
        let shadows = shadows.filter(|_| self.metrics.contains(&Metric::Weights));
        let left = (!scene.run.abandoned.is_empty()).then_some(ABANDONED);
        let dim: Vec<&str> = shadows.chain(left).collect();
        let has_errors = self.metrics.iter().any(|metric| metric.is_evaluated());
        let with_errors = shown.chosen().filter(|_| has_errors && shown.count() > 1);
        let parts = [
            Some(unit.to_owned()),
            (!dim.is_empty()).then(|| format!("dim: {}", dim.join(", "))),
            with_errors.map(|domain| format!("bars: error of {}", scene.domain(domain))),
            smooth.then(|| format!("EMA {}{}", style.smoothing(), self.unsmoothed(drawing))),
            style.log.then(|| "log y".to_owned()),
            style.clipped.then(|| "outliers clipped".to_owned()),
            (missing > 0).then(|| format!("no space for {missing} more")),
        ];
        dotted(scene.look, parts.into_iter().flatten())
    }

    /// Whose unsmoothed curves lie behind, where not all do: `, unsmoothed: law`.
    fn unsmoothed(&self, drawing: &Drawing<'_>) -> String {
        if self.metrics.iter().all(|metric| has_unsmoothed(*metric, drawing)) {
            return String::new();
        }
        let chosen = drawing.shown.chosen().map_or("none", |domain| drawing.scene.domain(domain));
        format!(", unsmoothed: {chosen}")
    }

    /// The note where nothing is drawn.
    fn awaited(&self, style: &CurveStyle, scene: &Scene<'_>, shown: &Shown) -> &'static str {
        let curves = &scene.run.history.curves;
        let known =
            |metric: &&Metric| metric.series(curves).iter().any(|series| !series.is_empty());
        match (self.metrics.iter().find(known), self.metrics.first()) {
            (Some(metric), _) if metric.is_by_domain() && shown.count() == 0 => {
                "no domain is chosen that fits the filter"
            }
            (Some(metric), _) if metric.is_by_domain() && !scene.filter.trim().is_empty() => {
                "no value here of a domain that fits the filter"
            }
            (Some(_), _) if style.log => "no positive value here, as a logarithmic axis needs",
            (None, Some(metric)) => metric.awaited(),
            _ => "no value in this part of the run",
        }
    }

    fn curves<'a>(&self, drawing: &Drawing<'a>, sight: Sight, width: u16) -> Vec<Curve<'a>> {
        let Drawing { style, scene, timeline, shown } = *drawing;
        let mut curves = Vec::new();
        for metric in &self.metrics {
            for (domain, series) in present(*metric, &scene.run.history.curves, shown) {
                let b = if metric.is_measured() { style.smoothing() } else { 0.0 };
                let mut curve = match b > 0.0 {
                    true => smoothed(*metric, drawing, sight, (domain, series), b),
                    false => drawn(*metric, drawing, sight, (domain, series)),
                };
                // Those of all would hide the curves.
                if shown.count() == 1 || shown.is_chosen(domain) {
                    curve.band = band(*metric, drawing, domain);
                }
                curve.dotted = metric.is_evaluated();
                curve.chosen = metric.is_by_domain() && shown.is_chosen(domain);
                let last = metric.text()(curve.last(style.view.range(timeline).1));
                curve.label = match metric.is_by_domain() {
                    true => label(scene, curve.name, &last, width),
                    false => last,
                };
                curves.push(curve);
            }
            if *metric == Metric::Weights {
                curves.extend(ghosts(drawing, sight));
            }
            curves.extend(abandoned(*metric, drawing, sight));
        }
        curves
    }

    /// The mastery ceilings of the domains that are drawn.
    fn levels(&self, drawing: &Drawing<'_>) -> Vec<Level> {
        match self.metrics.contains(&Metric::Losses) {
            true => reference_losses(drawing.scene, |domain| drawing.shown.has(domain)),
            false => Vec::new(),
        }
    }
}

/// The curves of a metric that have values, of the domains that are shown.
fn present<'a>(
    metric: Metric,
    curves: &'a Curves,
    shown: &Shown,
) -> impl Iterator<Item = (usize, &'a Series)> {
    let all = metric.series(curves).iter().enumerate();
    all.filter(move |(domain, series)| {
        !series.is_empty() && (!metric.is_by_domain() || shown.has(*domain))
    })
}

/// Where the strategies that run beside the one in force would have had the weights.
fn ghosts<'a>(drawing: &Drawing<'a>, sight: Sight) -> Vec<Curve<'a>> {
    let mut ghosts = Vec::new();
    for shadow in &drawing.scene.run.history.curves.shadows {
        let all = shadow.weights.iter().enumerate();
        for (domain, series) in all.filter(|(domain, _)| drawing.shown.has(*domain)) {
            let curve = drawn(Metric::Weights, drawing, sight, (domain, series));
            ghosts.push(Curve { ghost: Some(&shadow.strategy), ..curve });
        }
    }
    ghosts
}

/// What a metric was on the ways that rollbacks left.
fn abandoned<'a>(metric: Metric, drawing: &Drawing<'a>, sight: Sight) -> Vec<Curve<'a>> {
    let mut left = Vec::new();
    for way in &drawing.scene.run.abandoned {
        for (domain, series) in present(metric, &way.curves, drawing.shown) {
            let mut curve = drawn(metric, drawing, sight, (domain, series));
            // It has no value before its beginning and after its end.
            let ends = [curve.points.first(), curve.points.last()];
            let [first, last] = ends.map(|end| end.map(|(x, _)| (*x, f64::NAN)));
            curve.points = first.into_iter().chain(curve.points).chain(last).collect();
            left.push(Curve { ghost: Some(ABANDONED), ..curve });
        }
    }
    left
}

/// One standard error on both sides of the measured values, where it is known.
fn band(metric: Metric, drawing: &Drawing<'_>, domain: usize) -> Vec<(f64, (f64, f64))> {
    let curves = &drawing.scene.run.history.curves;
    let Some(errors) = metric.errors(curves).and_then(|errors| errors.get(domain)) else {
        return Vec::new();
    };
    let Some(series) = metric.series(curves).get(domain) else { return Vec::new() };
    let mut errors = errors.lasts().into_iter().peekable();
    let pairs = series.lasts().into_iter().filter_map(|value| {
        // Not every value has one.
        while errors.next_if(|error| error.step < value.step).is_some() {}
        Some((value, errors.next_if(|error| error.step == value.step)?.value))
    });
    let pairs: Vec<(Point, f64)> = pairs.collect();
    let every = pairs.len().div_ceil(MOST_ERRORS).max(1);
    let (mut cursor, per) = (drawing.timeline.cursor(), metric.per());
    let ends = pairs.iter().step_by(every).map(|(Point { step, value }, error)| {
        (cursor.x(*step as f64), ((value - error) / per, (value + error) / per))
    });
    ends.collect()
}

/// The name of a curve, and how it is drawn.
pub(super) fn named<'a>(metric: Metric, scene: &'a Scene<'_>, domain: usize) -> (&'a str, Style) {
    match metric.is_by_domain() {
        true => (scene.domain(domain), scene.look.series(domain)),
        false => (single(metric), scene.style(Role::Text)),
    }
}

/// The name of the curve of a metric with one curve.
fn single(metric: Metric) -> &'static str {
    match metric {
        Metric::TrainingLoss => "training",
        Metric::LearningRate => "rate",
        Metric::GradNorm => "norm",
        Metric::TokensPerSec => "tokens/s",
        Metric::Memory => "memory",
        Metric::Losses
        | Metric::Weights
        | Metric::Potential
        | Metric::Forgetting
        | Metric::Change => "",
    }
}

/// A curve along the x axis: that of a domain, as far as it can be seen.
fn drawn<'a>(
    metric: Metric,
    drawing: &Drawing<'a>,
    sight: Sight,
    (domain, series): (usize, &Series),
) -> Curve<'a> {
    let along = Along { timeline: drawing.timeline, sight, per: metric.per() };
    let points = if metric.holds() { along.stairs(series) } else { along.all(series) };
    Curve { points, ..without_points(metric, drawing, domain) }
}

/// Its moving average, in front of itself, with this weight of the past.
fn smoothed<'a>(
    metric: Metric,
    drawing: &Drawing<'a>,
    sight: Sight,
    (domain, series): (usize, &Series),
    b: f64,
) -> Curve<'a> {
    let along = Along { timeline: drawing.timeline, sight, per: metric.per() };
    let is_behind = has_unsmoothed(metric, drawing) || drawing.shown.is_chosen(domain);
    let points = if is_behind { along.all(series) } else { Vec::new() };
    let smoothed = Some(along.smoothed(series, b));
    Curve { points, smoothed, ..without_points(metric, drawing, domain) }
}

/// Whether each smoothed curve of a metric has the unsmoothed one behind it.
fn has_unsmoothed(metric: Metric, drawing: &Drawing<'_>) -> bool {
    !metric.is_by_domain() || drawing.shown.count() <= MOST_UNSMOOTHED
}

/// What a curve is called and how it is drawn.
fn without_points<'a>(metric: Metric, drawing: &Drawing<'a>, domain: usize) -> Curve<'a> {
    let scene = drawing.scene;
    let (name, style) = named(metric, scene, domain);
    let pattern = if metric.is_by_domain() { scene.look.series_before(domain) } else { 0 };
    Curve { name, style, holds: metric.holds(), pattern, ..Curve::default() }
}

/// What is written above the values at `x`: where it is, and what happened within its column.
fn crosshair_lines(drawing: &Drawing<'_>, x: f64, area: Rect) -> Vec<String> {
    let Drawing { style, scene, timeline, .. } = *drawing;
    let mut lines = vec![timeline.axis().text(x)];
    let (from, to) = style.view.range(timeline);
    let columns = plot_layout(scene, area, true).map_or(1, |layout| layout.plot.width);
    let near = (to - from) / f64::from(columns.max(1));
    lines.extend(nearby(scene, timeline, x, near));
    lines
}
