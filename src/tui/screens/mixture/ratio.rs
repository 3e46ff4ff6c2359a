//! γ_e / mean φ of every threshold test against τ.

use super::style::{MixtureStyle, labels};
use crate::telemetry::ThresholdMark;
use crate::tui::chart::{Chart, Crosshair, Curve, Level, Mark};
use crate::tui::draw::{Canvas, Panel, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::timeline::Timeline;

pub(super) fn view(
    style: &MixtureStyle,
    scene: &Scene<'_>,
    timeline: &Timeline,
    marks: &[Mark],
    canvas: &mut Canvas<'_>,
) {
    let (width, glyphs) = (canvas.area().width, scene.look.glyphs());
    let axis = if style.linear { "linear y" } else { "log y" };
    let clipped = if style.clipped { ", outliers clipped" } else { "" };
    let forgotten = format!("{}: nothing was forgotten", glyphs.infinity);
    let panel = Panel::new(format!("{} / {}", glyphs.gamma, glyphs.mean_phi));
    let right = format!("{forgotten} {} {axis}{clipped}", glyphs.dot);
    let mut inside = canvas.panel(panel.right(right));
    let thresholds = &scene.run.history.thresholds;
    let mut cursor = timeline.cursor();
    let point = |mark: &ThresholdMark| (cursor.x(mark.step.0 as f64), ratio(mark, !style.linear));
    let points: Vec<(f64, f64)> = thresholds.iter().map(point).collect();
    let mut curve =
        Curve { name: "ratio", style: scene.style(Role::Text), points, ..Curve::default() };
    let last = curve.last(style.view.range(timeline).1);
    curve.label = if last == f64::INFINITY { String::new() } else { ratio_text(last) };
    let words = |x| timeline.axis().text(x);
    let crosshair = style.view.crosshair(timeline);
    let crosshair = crosshair.map(|x| Crosshair { x, lines: Vec::new(), words: &words });
    let chart = Chart {
        curves: vec![curve],
        levels: levels(scene, timeline),
        marks,
        log: !style.linear,
        clipped: style.clipped,
        crosshair: crosshair.as_ref(),
        number: ratio_text,
        right: labels(scene, width),
        awaited: "no ratio in this part of the run",
        ..Chart::over(style.view.range(timeline), timeline.axis().quantity())
    };
    chart.draw(&mut inside);
}

fn ratio_text(ratio: f64) -> String {
    match ratio {
        f64::INFINITY => "nothing forgotten".into(),
        f64::NEG_INFINITY => number::short(0.0),
        ratio => number::short(ratio),
    }
}

/// The ratio as a value of the chart: infinite where nothing was forgotten; on a logarithmic axis 0
/// is minus infinity.
fn ratio(mark: &ThresholdMark, log: bool) -> f64 {
    match mark.threshold.ratio {
        None => f64::INFINITY,
        Some(ratio) if log && ratio <= 0.0 => f64::NEG_INFINITY,
        Some(ratio) => ratio,
    }
}

/// τ as a dashed line, a piece for each value that it had.
fn levels(scene: &Scene<'_>, timeline: &Timeline) -> Vec<Level> {
    let tests = &scene.run.history.thresholds;
    let now = scene.run.history.live.as_ref().map(|live| live.params.tau);
    let mut levels: Vec<Level> = Vec::new();
    let style = scene.style(Role::Target);
    let known = tests.iter().map(|mark| (timeline.x(mark.step.0 as f64), mark.threshold.tau));
    let current = now.map(|tau| (timeline.x(scene.run.history.step.0 as f64), tau));
    for (x, value) in known.chain(current) {
        match levels.last_mut() {
            Some(level) if level.value == value => level.from_to.1 = x,
            before => {
                let start = before.map_or(f64::NEG_INFINITY, |level| level.from_to.1);
                let label = format!("{} {}", scene.look.glyphs().tau, number::tunable(value));
                levels.push(Level { value, from_to: (start, x), label, style });
            }
        }
    }
    if let Some(level) = levels.last_mut() {
        level.from_to.1 = f64::INFINITY;
    }
    levels
}
