//! One picture: a metric, or several of the same kind, over the part of the run that is shown.

use super::Curves;
use super::metric::Metric;
use crate::control::Verdict;
use crate::telemetry::Series;
use crate::tui::chart::{self, Chart, Crosshair, Curve, Level, Mark, Places, smooth};
use crate::tui::filter::Words;
use crate::tui::look::{Marks, Role};
use crate::tui::number;
use crate::tui::scene::{Scene, columns, panel};
use crate::tui::timeline::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of a domain's name at most.
const NAME: u16 = 14;
/// Columns of a value beside it.
const VALUE: u16 = 7;
/// Columns from which on values stand beside the names.
const ROOMY: u16 = 70;

/// Points for which there is room at once: those of a long run.
const POINTS: usize = 8192;

/// A picture before it is drawn.
pub(super) struct Picture {
    metrics: Vec<Metric>,
}

/// Where the parts of a picture are, its title taken off. The same for all metrics, so that their x
/// axes stand below each other.
pub(super) fn places(scene: &Scene<'_>, area: Rect, axis: bool) -> Option<Places> {
    let titled = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    chart::places(titled, labels(scene, area), axis)
}

/// Columns of the labels at the right.
fn labels(scene: &Scene<'_>, area: Rect) -> u16 {
    let name = name_width(scene);
    // Where curves have signs, labels have them too.
    let sign = if scene.look.marks == Marks::Ascii { 2 } else { 0 };
    sign + if area.width >= ROOMY { name + 1 + VALUE } else { name }
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
        let marks = if last { marks(scene, timeline) } else { Vec::new() };
        let crosshair =
            screen.view.crosshair().map(|x| crosshair(scene, timeline, screen, x, area));
        let chart = Chart {
            curves: self.curves(screen, scene, timeline, area.width >= ROOMY),
            levels: self.levels(scene),
            marks: &marks,
            x: screen.view.range(timeline),
            quantity: timeline.axis().quantity(),
            axis: last,
            log: screen.log,
            clipped: screen.clipped,
            crosshair: crosshair.as_ref(),
            number: first.text(),
            right: labels(scene, area),
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
        roomy: bool,
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
                let last = series.last().map_or(f64::NAN, |last| last / metric.per());
                let last = metric.text()(last);
                curve.label = match (metric.is_by_domain(), roomy) {
                    (true, false) => name.to_owned(),
                    (true, true) => {
                        let width = usize::from(name_width(scene));
                        format!("{:width$} {last:>6}", short(name, width))
                    }
                    (false, _) => last,
                };
                curves.push(curve);
            }
        }
        curves
    }

    /// The mastery ceilings of the domains that are drawn.
    fn levels(&self, scene: &Scene<'_>) -> Vec<Level> {
        if !self.metrics.contains(&Metric::Losses) {
            return Vec::new();
        }
        let words = Words::of(scene.filter);
        let ceilings = scene.run.history.ceilings.iter().enumerate();
        let shown = ceilings.filter(|(domain, value)| {
            value.is_finite()
                && *domain < scene.run.domains.len()
                && words.fit(scene.domain(*domain))
        });
        let level = |(domain, value): (usize, &f64)| Level {
            value: *value,
            from_to: (f64::NEG_INFINITY, f64::INFINITY),
            label: format!("ceiling {} {}", scene.domain(domain), number::three(*value)),
            style: scene.look.series(domain),
        };
        shown.map(level).collect()
    }
}

fn name_width(scene: &Scene<'_>) -> u16 {
    scene.run.domains.iter().map(|name| columns(name)).max().unwrap_or(0).clamp(8, NAME)
}

/// The first letters of a name.
fn short(name: &str, width: usize) -> String {
    name.chars().take(width).collect()
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

/// Values at their places on the x axis; where each holds until the next, with the corners.
fn along(
    timeline: &Timeline,
    holds: bool,
    values: impl Iterator<Item = (u64, f64)>,
) -> Vec<(f64, f64)> {
    let (mut places, mut points) = (timeline.places(), Vec::with_capacity(POINTS));
    // By `for_each`, which goes through buckets several times as fast as `collect`.
    values.for_each(|(step, y)| {
        let x = places.x(step as f64);
        if let (true, Some((_, before))) = (holds, points.last()) {
            points.push((x, *before));
        }
        points.push((x, y));
    });
    points
}

/// Checkpoints, and commands that took effect.
fn marks(scene: &Scene<'_>, timeline: &Timeline) -> Vec<Mark> {
    let history = &scene.run.history;
    let mark = |step: u64, glyph, role| Mark {
        x: timeline.x(step as f64),
        glyph,
        style: scene.style(role),
    };
    let saved = history.checkpoints.iter().map(|step| mark(step.0, "s", Role::Dim));
    let applied = history
        .commands
        .iter()
        .filter(|command| matches!(command.verdict, Verdict::Applied { .. }));
    let diamond = scene.look.glyphs().diamond;
    saved.chain(applied.map(|command| mark(command.step.0, diamond, Role::Target))).collect()
}

/// Where values are read, and the newest command within the column.
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
    let at = |step: u64| (timeline.x(step as f64) - x).abs();
    let applied = scene.run.history.commands.iter().rev().filter(|command| {
        matches!(command.verdict, Verdict::Applied { .. }) && at(command.step.0) <= near
    });
    let nearest = applied.min_by(|a, b| at(a.step.0).total_cmp(&at(b.step.0)));
    lines.extend(
        nearest.map(|command| format!("{} {}", scene.look.glyphs().diamond, command.command)),
    );
    Crosshair { x, lines }
}
