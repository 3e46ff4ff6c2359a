use crate::telemetry::Series;
use crate::tui::chart::{Chart, Curve, smooth};
use crate::tui::input::filter::Words;
use crate::tui::look::Role;
use crate::tui::draw::number;
use crate::tui::scene::{Scene, panel};
use crate::tui::screens::over_time::{along, label, labels, marks, reference_losses};
use crate::tui::timeline::{Axis, Timeline, View};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Weight of the past in the training loss, which changes from step to step.
const SMOOTHING: f64 = 0.9;
/// Columns from which on the title says the unit.
const ROOMY: u16 = 49;

/// Held-out loss per domain with the mastery ceilings as dashed lines; the training loss of all.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, log: bool, buf: &mut Buffer) {
    let inside =
        panel(buf, scene.look, area, "held-out loss", &said(scene, area.width, log), chosen);
    let timeline = Timeline::of(scene.run, Axis::Step);
    let range = View::default().range(&timeline);
    let mut curves = vec![training(scene, &timeline)];
    curves.extend(held_out(scene, &timeline, area.width));
    curves.retain(|curve| !curve.points.is_empty());
    // The x axis takes two rows; each curve wants one for its name.
    let roomy = usize::from(inside.height.saturating_sub(2)) >= curves.len();
    let chart = Chart {
        curves,
        levels: reference_losses(scene, &Words::of("")),
        marks: &marks(scene, &timeline, range, inside.width),
        x: range,
        quantity: timeline.axis().quantity(),
        axis: true,
        log,
        clipped: false,
        crosshair: None,
        number: number::three,
        right: if roomy { labels(scene, area.width) } else { 0 },
        // The mixture's bars beside it have the names in the same colours.
        legend: false,
        awaited: "measured before the first step, and at every mixture update",
    };
    chart.draw(scene.look, inside, buf);
}

/// `training 2.375 · nats/token`, as far as there is room.
fn said(scene: &Scene<'_>, width: u16, log: bool) -> String {
    let training = scene.run.history.curves.training_loss.last();
    let parts = [
        training.map(|loss| format!("training {}", number::three(loss))),
        (width >= ROOMY).then(|| "nats/token".to_owned()),
        log.then(|| "log y".to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(&format!(" {} ", scene.look.glyphs().dot))
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
