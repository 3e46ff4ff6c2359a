//! What the steps took so far, where the readings of the machine leave room.

use crate::telemetry::Series;
use crate::tui::chart::{Chart, Curve, PlotLayout, Sight};
use crate::tui::draw::{Canvas, Panel, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::{Along, marks};
use crate::tui::timeline::{Axis, Timeline, View};

/// Rows of the smallest picture, with its title and its axis.
pub(super) const LEAST: u16 = 8;
/// Weight of the past in the speed, which changes from step to step.
const SMOOTHING: f64 = 0.9;

/// Tokens per second, smoothed.
pub(super) fn speed(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let series = &scene.run.history.curves.tokens_per_sec;
    let along = |along: Along<'_>| along.smoothed(series, SMOOTHING);
    let newest = series.last().map(|rate| format!("{} now", number::count(rate)));
    picture(scene, ("tokens/s", newest, number::count), along, canvas);
}

/// Memory of each step: of the card, or of the process where there is none.
pub(super) fn memory(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let series: &Series = &scene.run.history.curves.memory_bytes;
    let gib = f64::from(1 << 30);
    let along = |along: Along<'_>| Along { per: gib, ..along }.all(series);
    let newest = series.last().map(|bytes| format!("{} GiB now", number::short(bytes / gib)));
    picture(scene, ("memory of a step", newest, number::short), along, canvas);
}

fn picture(
    scene: &Scene<'_>,
    (title, newest, number): (&'static str, Option<String>, fn(f64) -> String),
    points: impl Fn(Along<'_>) -> Vec<(f64, f64)>,
    canvas: &mut Canvas<'_>,
) {
    let mut inside = canvas.panel(Panel::new(title).right(newest.unwrap_or_default()));
    let timeline = Timeline::new(scene.run, Axis::Step);
    let range = View::default().range(&timeline);
    let layout = PlotLayout::fit(inside.area(), 0, true);
    let sight = Sight::new(layout.as_ref(), scene.look.marks, range, false);
    let curve = Curve {
        name: title,
        style: scene.style(Role::Good),
        points: points(Along::new(&timeline, sight)),
        ..Curve::default()
    };
    let chart = Chart {
        curves: vec![curve],
        marks: &marks(scene, &timeline, range, inside.area().width),
        from_zero: true,
        number,
        awaited: "measured at every optimizer step",
        ..Chart::over(range, timeline.axis().quantity())
    };
    chart.draw(&mut inside);
}
