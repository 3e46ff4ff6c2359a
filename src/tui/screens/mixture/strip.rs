//! What each threshold test decided, one lane for each outcome: in a column with several tests none
//! hides another.

use super::style::MixtureStyle;
use crate::mixing::Outcome;
use crate::tui::chart::PlotLayout;
use crate::tui::draw::{Canvas, Panel};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;
use crate::tui::screens::over_time::awaited_test;
use crate::tui::timeline::Timeline;
use crate::unit::grouped;
use ratatui::layout::Rect;

/// Number of lanes.
pub(super) fn lanes(scene: &Scene<'_>) -> u16 {
    outcomes(scene).len() as u16
}

/// The outcomes that have a lane: expanded and held always, the others where they occurred.
fn outcomes(scene: &Scene<'_>) -> Vec<Outcome> {
    let tests = &scene.run.history.thresholds;
    let occurred = |outcome| tests.iter().any(|mark| mark.threshold.outcome == outcome);
    let rare = [Outcome::Limited, Outcome::Full].map(|outcome| (outcome, occurred(outcome)));
    let rare = rare.into_iter().filter(|(_, occurred)| *occurred).map(|(outcome, _)| outcome);
    [Outcome::Expanded, Outcome::Held].into_iter().chain(rare).collect()
}

fn sign(outcome: Outcome, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    match outcome {
        Outcome::Expanded => ("expanded", glyphs.up, Role::Good),
        Outcome::Held => ("held", glyphs.times, Role::Warning),
        Outcome::Limited => ("limited", glyphs.times, Role::Error),
        Outcome::Full => ("full", glyphs.level, Role::Dim),
    }
}

pub(super) fn view(
    style: &MixtureStyle,
    scene: &Scene<'_>,
    timeline: &Timeline,
    canvas: &mut Canvas<'_>,
) {
    let (glyphs, history) = (scene.look.glyphs(), &scene.run.history);
    let rule = format!(
        "the target grows where {} > {} {} {}",
        glyphs.gamma, glyphs.tau, glyphs.times, glyphs.mean_phi
    );
    let layout = style.plot_layout(scene, Rect { height: 9, ..canvas.area() }, false);
    let mut inside = canvas.panel(Panel::new("threshold").right(rule));
    if history.thresholds.is_empty() {
        return inside.note(awaited_test(scene));
    }
    let range = style.view.range(timeline);
    let area = inside.area();
    for (outcome, y) in outcomes(scene).iter().zip(area.top()..area.bottom()) {
        let marks = history.thresholds.iter().filter(|mark| mark.threshold.outcome == *outcome);
        let columns = marks.filter_map(|mark| {
            layout.and_then(|layout| layout.column(timeline.x(mark.step.0 as f64), range))
        });
        lane(&mut inside, y, sign(*outcome, glyphs), columns, layout);
    }
}

/// One outcome: its sign in each column that has such a test, and how many there are.
fn lane(
    canvas: &mut Canvas<'_>,
    y: u16,
    (word, glyph, role): (&str, &str, Role),
    columns: impl Iterator<Item = u16>,
    layout: Option<PlotLayout>,
) {
    let mut tests = 0;
    for x in columns {
        canvas.mark((x, y), glyph, role);
        tests += 1;
    }
    match layout.filter(|layout| layout.right > 0) {
        Some(layout) => {
            let label = format!("{glyph} {word} {}", grouped(tests));
            let mut line = canvas.line_at(layout.plot.right() + 1, y);
            line.put_most(layout.right, label, role);
        }
        None => {
            // Left of the plot a count fits.
            let label = format!("{word:.4} {}", grouped(tests));
            canvas.line_at(canvas.area().x, y).put_most(7, label, role);
        }
    }
}
