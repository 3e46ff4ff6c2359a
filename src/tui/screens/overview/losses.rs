use crate::telemetry::{RunState, Series};
use crate::tui::chart::{Chart, Curve, PlotLayout, Sight};
use crate::tui::draw::{Canvas, Panel, dotted, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::{Along, label, labels, marks, reference_losses};
use crate::tui::timeline::{Axis, Timeline, View};

/// Weight of the past in the training loss, which changes from step to step.
const SMOOTHING: f64 = 0.9;
/// The part of the axis that may be left empty.
const MOST_ROOM: f64 = 1.0 / 8.0;
/// Columns from which on the title has the unit.
const WIDE: u16 = 49;

/// Held-out loss per domain with the mastery ceilings as dashed lines; the training loss of all.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool, log: bool) {
    let width = canvas.area().width;
    let panel = Panel::new("held-out loss").right(details(scene, width, log)).chosen(chosen);
    let mut inside = canvas.panel(panel);
    let timeline = Timeline::new(scene.run, Axis::Step);
    let (first, last) = View::default().range(&timeline);
    let range = (first, room_to_grow(scene.run, last));
    let layout = PlotLayout::fit(inside.area(), labels(scene, width), true);
    let sight = Sight::new(layout.as_ref(), scene.look.marks, range, log);
    let mut curves = vec![training(scene, &timeline, sight)];
    curves.extend(held_out(scene, &timeline, sight, width));
    curves.retain(|curve| !curve.points.is_empty());
    let chart = Chart {
        curves,
        levels: reference_losses(scene, |_| true),
        marks: &marks(scene, &timeline, range, width),
        log,
        right: labels(scene, width),
        awaited: "measured before the first step, and at every mixture update",
        // No legend: the mixture's bars beside it have the names in the same colours.
        ..Chart::over(range, timeline.axis().quantity())
    };
    chart.draw(&mut inside);
}

/// The right end of the axis for curves that end at `last`: a little beyond it while the run goes on, so that the
/// picture stands still for a while instead of being squeezed with each step.
fn room_to_grow(run: &RunState, last: f64) -> f64 {
    let goes_on = run.ended.is_none() && last < run.steps as f64;
    let quantum = (last * MOST_ROOM).log2().floor().exp2();
    match goes_on && quantum.is_finite() && quantum > 0.0 {
        true => ((last / quantum).ceil() * quantum).min(run.steps as f64),
        false => last,
    }
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

fn training<'a>(scene: &Scene<'_>, timeline: &Timeline, sight: Sight) -> Curve<'a> {
    let series = &scene.run.history.curves.training_loss;
    let points = Along::new(timeline, sight).smoothed(series, SMOOTHING);
    Curve {
        name: "training",
        label: "training".into(),
        style: scene.style(Role::Dim),
        points,
        ..Curve::default()
    }
}

fn held_out<'a>(
    scene: &'a Scene<'_>,
    timeline: &Timeline,
    sight: Sight,
    width: u16,
) -> Vec<Curve<'a>> {
    let curve = |(domain, series): (usize, &Series)| {
        let name = scene.domain(domain);
        let last = number::three(series.last().unwrap_or(f64::NAN));
        Curve {
            name,
            label: label(scene, name, &last, width),
            style: scene.look.series(domain),
            points: Along::new(timeline, sight).all(series),
            pattern: scene.look.series_before(domain),
            ..Curve::default()
        }
    };
    scene.run.history.curves.losses.iter().enumerate().map(curve).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_grows_in_strides_up_to_the_end_of_the_run() {
        let mut run = RunState::default();
        run.steps = 1000;
        let ends = [100.0, 101.0, 104.0, 105.0, 990.0, 1000.0].map(|last| room_to_grow(&run, last));
        assert_eq!(ends, [104.0, 104.0, 104.0, 112.0, 1000.0, 1000.0]);
    }
}
