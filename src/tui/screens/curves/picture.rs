//! One picture: a metric, or several of the same kind, over the part of the run that is shown.

use super::Curves;
use super::metric::Metric;
use crate::telemetry::Series;
use crate::tui::chart::{self, Chart, Crosshair, Curve, Level, Places, smooth};
use crate::tui::input::filter::Words;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel};
use crate::tui::screens::over_time::{along, label, labels, marks, nearby, reference_losses};
use crate::tui::timeline::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A picture before it is drawn.
pub(super) struct Picture {
    metrics: Vec<Metric>,
}

/// Where the parts of a picture are, its title taken off. The same for all metrics, so that their x
/// axes stand below each other.
pub(super) fn places(scene: &Scene<'_>, area: Rect, axis: bool) -> Option<Places> {
    let titled = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    chart::places(titled, labels(scene, area.width), axis)
}

impl Picture {
    /// Those that a screen draws.
    pub fn of(screen: &Curves) -> Vec<Picture> {
        let mut pictures: Vec<Picture> = Vec::new();
        for metric in screen.drawn() {
            let with =
                |picture: &&mut Picture| picture.metrics.iter().any(|m| metric.goes_with(*m));
            match pictures.iter_mut().find(with) {
                Some(picture) => picture.metrics.push(metric),
                None => pictures.push(Picture { metrics: vec![metric] }),
            }
        }
        pictures
    }

    /// Draws it with its title; the last has the x axis and says how many have no room.
    pub fn view(
        &self,
        screen: &Curves,
        scene: &Scene<'_>,
        timeline: &Timeline,
        area: Rect,
        (last, missing): (bool, usize),
        buf: &mut Buffer,
    ) {
        let Some(first) = self.metrics.first() else { return };
        let glyphs = scene.look.glyphs();
        let names: Vec<String> = self.metrics.iter().map(|metric| metric.name(glyphs)).collect();
        let right = self.said(screen, scene, missing);
        let inside = panel(buf, scene.look, area, &names.join(", "), &right, false);
        let range = screen.view.range(timeline);
        let marks = if last { marks(scene, timeline, range, inside.width) } else { Vec::new() };
        let crosshair =
            screen.view.crosshair(timeline).map(|x| crosshair(scene, timeline, screen, x, area));
        let chart = Chart {
            curves: self.curves(screen, scene, timeline, area.width),
            levels: self.levels(scene),
            marks: &marks,
            x: range,
            quantity: timeline.axis().quantity(),
            axis: last,
            log: screen.log,
            clipped: screen.clipped,
            crosshair: crosshair.as_ref(),
            number: first.text(),
            right: labels(scene, area.width),
            legend: true,
            awaited: self.awaited(screen, scene),
        };
        chart.draw(scene.look, inside, buf);
    }

    /// The right of the title: unit and how it is drawn.
    fn said(&self, screen: &Curves, scene: &Scene<'_>, missing: usize) -> String {
        let unit = self.metrics.first().map_or("", |metric| metric.unit());
        let mut parts = vec![unit.to_owned()];
        if screen.smoothing() > 0.0 && self.metrics.iter().any(|metric| metric.is_measured()) {
            parts.push(format!("EMA {}", screen.smoothing()));
        }
        parts.extend(screen.log.then(|| "log y".to_owned()));
        parts.extend(screen.clipped.then(|| "outliers clipped".to_owned()));
        parts.extend((missing > 0).then(|| format!("no room for {missing} more")));
        parts.retain(|part| !part.is_empty());
        parts.join(&format!(" {} ", scene.look.glyphs().dot))
    }

    /// What is said where nothing is drawn.
    fn awaited(&self, screen: &Curves, scene: &Scene<'_>) -> &'static str {
        let curves = &scene.run.history.curves;
        let known =
            |metric: &&Metric| metric.series(curves).iter().any(|series| !series.is_empty());
        match (self.metrics.iter().find(known), self.metrics.first()) {
            (Some(metric), _) if metric.is_by_domain() && !scene.filter.trim().is_empty() => {
                "no value here of a domain that fits the filter"
            }
            (Some(_), _) if screen.log => "no positive value here, as a logarithmic axis needs",
            (None, Some(metric)) => metric.awaited(),
            _ => "no value in this part of the run",
        }
    }

    fn curves<'a>(
        &self,
        screen: &Curves,
        scene: &'a Scene<'_>,
        timeline: &Timeline,
        width: u16,
    ) -> Vec<Curve<'a>> {
        let words = Words::of(scene.filter);
        let mut curves = Vec::new();
        for metric in &self.metrics {
            let all = metric.series(&scene.run.history.curves).iter().enumerate();
            let shown = all.filter(|(domain, series)| {
                let named = !metric.is_by_domain() || words.fit(scene.domain(*domain));
                named && !series.is_empty()
            });
            for (domain, series) in shown {
                let (name, style) = match metric.is_by_domain() {
                    true => (scene.domain(domain), scene.look.series(domain)),
                    false => (single(*metric), scene.style(Role::Text)),
                };
                let mut curve = Curve { name, style, ..drawn(*metric, screen, series, timeline) };
                let last = metric.text()(curve.last(screen.view.range(timeline).1));
                curve.label = match metric.is_by_domain() {
                    true => label(scene, name, &last, width),
                    false => last,
                };
                curves.push(curve);
            }
        }
        curves
    }

    /// The mastery ceilings of the domains that are drawn.
    fn levels(&self, scene: &Scene<'_>) -> Vec<Level> {
        match self.metrics.contains(&Metric::Losses) {
            true => reference_losses(scene, &Words::of(scene.filter)),
            false => Vec::new(),
        }
    }
}

/// The name of a curve that is alone.
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
fn drawn(metric: Metric, screen: &Curves, series: &Series, timeline: &Timeline) -> Curve<'static> {
    let per = metric.per();
    let points = along(timeline, metric.holds(), series.points().map(|p| (p.step, p.value / per)));
    let b = if metric.is_measured() { screen.smoothing() } else { 0.0 };
    let means = || smooth(series.means(), b).map(|mean| (mean.step, mean.value / per));
    let smoothed = (b > 0.0).then(|| along(timeline, false, means()));
    Curve { points, smoothed, holds: metric.holds(), ..Curve::default() }
}

/// Where values are read, and what happened within the column.
fn crosshair(
    scene: &Scene<'_>,
    timeline: &Timeline,
    screen: &Curves,
    x: f64,
    area: Rect,
) -> Crosshair {
    let mut lines = vec![timeline.axis().say(x)];
    let (from, to) = screen.view.range(timeline);
    let columns = places(scene, area, true).map_or(1, |places| places.plot.width);
    let near = (to - from) / f64::from(columns.max(1));
    lines.extend(nearby(scene, timeline, x, near));
    Crosshair { x, lines }
}
