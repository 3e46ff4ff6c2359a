use crate::telemetry::Series;
use crate::tui::chart::{Chart, Curve, smooth};
use crate::tui::draw::{Canvas, Panel, dotted, number};
use crate::tui::input::Words;
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::{along, label, labels, marks, reference_losses};
use crate::tui::timeline::{Axis, Timeline, View};

/// Weight of the past in the training loss, which changes from step to step.
const SMOOTHING: f64 = 0.9;
/// Columns from which on the title has the unit.
const WIDE: u16 = 49;

/// Held-out loss per domain with the mastery ceilings as dashed lines; the training loss of all.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool, log: bool) {
    let width = canvas.area().width;
    let panel = Panel::new("held-out loss").right(details(scene, width, log)).chosen(chosen);
    let mut inside = canvas.panel(panel);
    let timeline = Timeline::new(scene.run, Axis::Step);
    let range = View::default().range(&timeline);
    let mut curves = vec![training(scene, &timeline)];
    curves.extend(held_out(scene, &timeline, width));
    curves.retain(|curve| !curve.points.is_empty());
    // The x axis takes two rows; each curve wants one for its name.
    let rows = usize::from(inside.area().height.saturating_sub(2));
    let right = if rows >= curves.len() { labels(scene, width) } else { 0 };
    let chart = Chart {
        curves,
        levels: reference_losses(scene, &Words::new("")),
        marks: &marks(scene, &timeline, range, width),
        x: range,
        quantity: timeline.axis().quantity(),
        axis: true,
        log,
        clipped: false,
        crosshair: None,
        number: number::three,
        right,
        // The mixture's bars beside it have the names in the same colours.
        legend: false,
        awaited: "measured before the first step, and at every mixture update",
    };
    chart.draw(&mut inside);
}

/// `training 2.375 · nats/token`, as far as it fits.
fn details(scene: &Scene<'_>, width: u16, log: bool) -> String {
    let training = scene.run.history.curves.training_loss.last();
    let parts = [
        training.map(|loss| format!("training {}", number::three(loss))),
        (width >= WIDE).then(|| "nats/token".to_owned()),
        log.then(|| "log y".to_owned()),
    ];
    dotted(scene.look, parts.into_iter().flatten())
}

fn training<'a>(scene: &Scene<'_>, timeline: &Timeline) -> Curve<'a> {
    let series = &scene.run.history.curves.training_loss;
    let means = smooth(series.means(), SMOOTHING).map(|mean| (mean.step, mean.value));
    let points = along(timeline, false, means);
    Curve {
        name: "training",
        label: "training".into(),
        style: scene.style(Role::Dim),
        points,
        ..Curve::default()
    }
}

fn held_out<'a>(scene: &'a Scene<'_>, timeline: &Timeline, width: u16) -> Vec<Curve<'a>> {
    let curve = |(domain, series): (usize, &Series)| {
        let name = scene.domain(domain);
        let last = number::three(series.last().unwrap_or(f64::NAN));
        let points = series.points().map(|point| (point.step, point.value));
        Curve {
            name,
            label: label(scene, name, &last, width),
            style: scene.look.series(domain),
            points: along(timeline, false, points),
            ..Curve::default()
        }
    };
    scene.run.history.curves.losses.iter().enumerate().map(curve).collect()
}
