//! One chart: a metric, or several of the same kind, over the shown part of the run.

use super::metric::Metric;
use super::style::CurveStyle;
use crate::telemetry::Series;
use crate::tui::chart::{Chart, Crosshair, Curve, Level, PlotLayout, smooth};
use crate::tui::draw::{Canvas, Panel, below_title, dotted};
use crate::tui::input::Words;
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::{along, label, labels, marks, nearby, reference_losses};
use crate::tui::timeline::Timeline;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Whose the curves are that a rollback left.
const ABANDONED: &str = "abandoned";

/// Which metrics share a chart.
pub(super) struct Picture {
    metrics: Vec<Metric>,
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
    pub fn view(
        &self,
        style: &CurveStyle,
        scene: &Scene<'_>,
        timeline: &Timeline,
        last: Option<usize>,
        canvas: &mut Canvas<'_>,
    ) {
        let Some(first) = self.metrics.first() else { return };
        let (area, glyphs) = (canvas.area(), scene.look.glyphs());
        let names: Vec<String> = self.metrics.iter().map(|metric| metric.name(glyphs)).collect();
        let right = self.details(style, scene, last.unwrap_or(0));
        let mut inside = canvas.panel(Panel::new(names.join(", ")).right(right));
        let range = style.view.range(timeline);
        let crosshair = style.view.crosshair(timeline);
        let crosshair = crosshair.map(|x| crosshair_at(scene, timeline, style, x, area));
        let chart = Chart {
            curves: self.curves(style, scene, timeline, area.width),
            levels: self.levels(scene),
            marks: &last.map_or(Vec::new(), |_| marks(scene, timeline, range, area.width)),
            x: range,
            quantity: timeline.axis().quantity(),
            axis: last.is_some(),
            log: style.log,
            clipped: style.clipped,
            crosshair: crosshair.as_ref(),
            number: first.text(),
            right: labels(scene, area.width),
            legend: true,
            awaited: self.awaited(style, scene),
        };
        chart.draw(&mut inside);
    }

    /// The right end of the title: the unit and how it is drawn.
    fn details(&self, style: &CurveStyle, scene: &Scene<'_>, missing: usize) -> String {
        let unit = self.metrics.first().map_or("", |metric| metric.unit());
        let smooth = style.smoothing() > 0.0 && self.metrics.iter().any(|m| m.is_measured());
        let shadows = scene.run.history.curves.shadows.iter().map(|shadow| &*shadow.strategy);
        let shadows = shadows.filter(|_| self.metrics.contains(&Metric::Weights));
        let left = (!scene.run.abandoned.is_empty()).then_some(ABANDONED);
        let dim: Vec<&str> = shadows.chain(left).collect();
        let parts = [
            Some(unit.to_owned()),
            (!dim.is_empty()).then(|| format!("dim: {}", dim.join(", "))),
            smooth.then(|| format!("EMA {}", style.smoothing())),
            style.log.then(|| "log y".to_owned()),
            style.clipped.then(|| "outliers clipped".to_owned()),
            (missing > 0).then(|| format!("no space for {missing} more")),
        ];
        dotted(scene.look, parts.into_iter().flatten())
    }

    /// The note where nothing is drawn.
    fn awaited(&self, style: &CurveStyle, scene: &Scene<'_>) -> &'static str {
        let curves = &scene.run.history.curves;
        let known =
            |metric: &&Metric| metric.series(curves).iter().any(|series| !series.is_empty());
        match (self.metrics.iter().find(known), self.metrics.first()) {
            (Some(metric), _) if metric.is_by_domain() && !scene.filter.trim().is_empty() => {
                "no value here of a domain that fits the filter"
            }
            (Some(_), _) if style.log => "no positive value here, as a logarithmic axis needs",
            (None, Some(metric)) => metric.awaited(),
            _ => "no value in this part of the run",
        }
    }

    fn curves<'a>(
        &self,
        style: &CurveStyle,
        scene: &'a Scene<'_>,
        timeline: &Timeline,
        width: u16,
    ) -> Vec<Curve<'a>> {
        let words = Words::new(scene.filter);
        let mut curves = Vec::new();
        for metric in &self.metrics {
            let all = metric.series(&scene.run.history.curves).iter().enumerate();
            let shown = all.filter(|(domain, series)| {
                let named = !metric.is_by_domain() || words.fit(scene.domain(*domain));
                named && !series.is_empty()
            });
            for (domain, series) in shown {
                let (name, ink) = named(*metric, scene, domain);
                let mut curve =
                    Curve { name, style: ink, ..drawn(*metric, style, series, timeline) };
                let last = metric.text()(curve.last(style.view.range(timeline).1));
                curve.label = match metric.is_by_domain() {
                    true => label(scene, name, &last, width),
                    false => last,
                };
                curves.push(curve);
            }
            if *metric == Metric::Weights {
                curves.extend(ghosts(scene, style, timeline, &words));
            }
            curves.extend(abandoned(*metric, scene, style, timeline, &words));
        }
        curves
    }

    /// The mastery ceilings of the domains that are drawn.
    fn levels(&self, scene: &Scene<'_>) -> Vec<Level> {
        match self.metrics.contains(&Metric::Losses) {
            true => reference_losses(scene, &Words::new(scene.filter)),
            false => Vec::new(),
        }
    }
}

/// Where the strategies that run beside the one in force would have had the weights.
fn ghosts<'a>(
    scene: &'a Scene<'_>,
    style: &CurveStyle,
    timeline: &Timeline,
    words: &Words,
) -> Vec<Curve<'a>> {
    let mut ghosts = Vec::new();
    for shadow in &scene.run.history.curves.shadows {
        let all = shadow.weights.iter().enumerate();
        for (domain, series) in all.filter(|(domain, _)| words.fit(scene.domain(*domain))) {
            ghosts.push(Curve {
                name: scene.domain(domain),
                style: scene.look.series(domain),
                ghost: Some(&shadow.strategy),
                ..drawn(Metric::Weights, style, series, timeline)
            });
        }
    }
    ghosts
}

/// What a metric was on the ways that rollbacks left.
fn abandoned<'a>(
    metric: Metric,
    scene: &'a Scene<'_>,
    style: &CurveStyle,
    timeline: &Timeline,
    words: &Words,
) -> Vec<Curve<'a>> {
    let mut left = Vec::new();
    for way in &scene.run.abandoned {
        let all = metric.series(&way.curves).iter().enumerate();
        let shown =
            all.filter(|(domain, _)| !metric.is_by_domain() || words.fit(scene.domain(*domain)));
        for (domain, series) in shown.filter(|(_, series)| !series.is_empty()) {
            let (name, ink) = named(metric, scene, domain);
            let mut curve = drawn(metric, style, series, timeline);
            // It has no value before its beginning and after its end.
            let ends = [curve.points.first(), curve.points.last()];
            let [first, last] = ends.map(|end| end.map(|(x, _)| (*x, f64::NAN)));
            curve.points = first.into_iter().chain(curve.points).chain(last).collect();
            left.push(Curve { name, style: ink, ghost: Some(ABANDONED), smoothed: None, ..curve });
        }
    }
    left
}

/// The name of a curve, and how it is drawn.
fn named<'a>(metric: Metric, scene: &'a Scene<'_>, domain: usize) -> (&'a str, Style) {
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
        Metric::Losses | Metric::Weights | Metric::Potential | Metric::Forgetting => "",
    }
}

/// The points of a curve along the x axis.
fn drawn(
    metric: Metric,
    style: &CurveStyle,
    series: &Series,
    timeline: &Timeline,
) -> Curve<'static> {
    let per = metric.per();
    let points = along(timeline, metric.holds(), series.points().map(|p| (p.step, p.value / per)));
    let b = if metric.is_measured() { style.smoothing() } else { 0.0 };
    let means = || smooth(series.means(), b).map(|mean| (mean.step, mean.value / per));
    let smoothed = (b > 0.0).then(|| along(timeline, false, means()));
    Curve { points, smoothed, holds: metric.holds(), ..Curve::default() }
}

/// The crosshair at `x`, with what happened within its column.
fn crosshair_at(
    scene: &Scene<'_>,
    timeline: &Timeline,
    style: &CurveStyle,
    x: f64,
    area: Rect,
) -> Crosshair {
    let mut lines = vec![timeline.axis().text(x)];
    let (from, to) = style.view.range(timeline);
    let columns = plot_layout(scene, area, true).map_or(1, |layout| layout.plot.width);
    let near = (to - from) / f64::from(columns.max(1));
    lines.extend(nearby(scene, timeline, x, near));
    Crosshair { x, lines }
}
