//! Each domain by itself, on tall screens: its held-out loss on a scale of its own with its mastery ceiling, and above
//! it weight, loss and the change since the start.

use super::mixture::signed;
use crate::tui::chart::{Chart, Curve, Level, PlotLayout, Sight};
use crate::tui::draw::{Canvas, Panel, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::Along;
use crate::tui::timeline::{Axis, Timeline, View};
use ratatui::layout::Rect;

/// Columns of a picture at least.
const WIDTH: u16 = 31;
/// Rows of a picture at least and at most, with the line above it.
const HEIGHT: (u16, u16) = (6, 10);

/// Rows of the panel where it may have so many; 0 where not every domain has room for a picture.
pub(super) fn rows(domains: u16, width: u16, most: u16) -> u16 {
    let lines = domains.div_ceil(beside(width));
    let each = (most.saturating_sub(1) / lines.max(1)).min(HEIGHT.1);
    if each < HEIGHT.0 { 0 } else { 1 + lines * each }
}

/// Pictures beside each other.
fn beside(width: u16) -> u16 {
    (width / WIDTH).max(1)
}

/// The pictures, in the order of the domains.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let panel = Panel::new("each domain").right("held-out loss, each on its own scale");
    let mut inside = canvas.panel(panel.chosen(chosen));
    let area = inside.area();
    let count = u16::try_from(scene.run.domains.len()).unwrap_or(u16::MAX).max(1);
    let columns = beside(area.width);
    let (width, height) = (area.width / columns, area.height / count.div_ceil(columns));
    if height < 2 {
        return inside.note("there is no room for a picture of each domain");
    }
    for domain in 0..count {
        let (x, y) = (domain % columns * width, domain / columns * height);
        let part = Rect { x: area.x + x, y: area.y + y, width, height };
        picture(scene, usize::from(domain), &mut inside.within(part));
    }
}

fn picture(scene: &Scene<'_>, domain: usize, canvas: &mut Canvas<'_>) {
    let (standing, style) = (scene.run.standing(domain), scene.look.series(domain));
    let change = standing.since_start;
    let role = if change.is_clearly_positive() { Role::Warning } else { Role::Dim };
    let mut head = canvas.line(0);
    head.skip(1).skip_end(2).cell(scene.name_width(), scene.domain(domain), style).skip(1);
    if standing.loss.value.is_finite() {
        head.put(number::three(standing.loss.value), Role::Text).skip(1);
    }
    if change.value.is_finite() {
        head.put(format!("{} %", signed(100.0 * change.value, scene.look.glyphs())), role);
    }
    let weight = scene.run.history.weights.as_ref();
    if let Some(weight) = weight.and_then(|weights| weights.as_slice().get(domain)) {
        head.end(format!("{} %", number::percent(*weight)), Role::Dim);
    }
    let area = canvas.area();
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    chart(scene, domain, &mut canvas.within(below));
}

fn chart(scene: &Scene<'_>, domain: usize, canvas: &mut Canvas<'_>) {
    let (history, style) = (&scene.run.history, scene.look.series(domain));
    let timeline = Timeline::new(scene.run, Axis::Step);
    let series = history.curves.losses.get(domain);
    let range = View::default().range(&timeline);
    let layout = PlotLayout::fit(canvas.area(), 0, false);
    let sight = Sight::new(layout.as_ref(), scene.look.marks, range, false);
    let along = Along::new(&timeline, sight);
    let points = series.map_or_else(Vec::new, |series| along.all(series));
    let ceiling = history.reference_losses.get(domain).filter(|value| value.is_finite());
    let level = ceiling.map(|value| Level {
        value: *value,
        from_to: (f64::NEG_INFINITY, f64::INFINITY),
        label: String::new(),
        style,
    });
    let curve = Curve { name: scene.domain(domain), style, points, ..Curve::default() };
    let chart = Chart {
        curves: vec![curve],
        levels: level.into_iter().collect(),
        axis: false,
        awaited: "not measured yet",
        ..Chart::over(range, timeline.axis().quantity())
    };
    chart.draw(canvas);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_takes_what_all_pictures_need_or_nothing() {
        // Three beside each other: six domains are two lines.
        assert_eq!([rows(6, 99, 30), rows(6, 99, 13), rows(6, 99, 12)], [21, 13, 0]);
        assert_eq!([rows(1, 99, 30), rows(64, 99, 30), rows(3, 50, 30)], [11, 0, 28]);
    }
}
