//! What each threshold test decided, one lane for each outcome: in a column with several tests none
//! hides another.

use super::Mixture;
use crate::mixing::Outcome;
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::{Scene, panel, put};
use crate::tui::screens::over_time::awaited_test;
use crate::tui::timeline::Timeline;
use crate::unit::grouped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows that the outcomes take.
pub(super) fn lanes(scene: &Scene<'_>) -> u16 {
    outcomes(scene).len() as u16
}

/// Expanded and held always, full where it occurred.
fn outcomes(scene: &Scene<'_>) -> &'static [Outcome] {
    let full =
        scene.run.history.thresholds.iter().any(|mark| mark.threshold.outcome == Outcome::Full);
    match full {
        true => &[Outcome::Expanded, Outcome::Held, Outcome::Full],
        false => &[Outcome::Expanded, Outcome::Held],
    }
}

fn sign(outcome: Outcome, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    match outcome {
        Outcome::Expanded => ("expanded", glyphs.up, Role::Good),
        Outcome::Held => ("held", glyphs.times, Role::Warning),
        Outcome::Full => ("full", glyphs.level, Role::Dim),
    }
}

pub(super) fn view(
    screen: &Mixture,
    scene: &Scene<'_>,
    timeline: &Timeline,
    area: Rect,
    buf: &mut Buffer,
) {
    let (look, glyphs, history) = (scene.look, scene.look.glyphs(), &scene.run.history);
    let rule = format!(
        "the target grows where {} > {} {} {}",
        glyphs.gamma, glyphs.tau, glyphs.times, glyphs.mean_phi
    );
    let inside = panel(buf, look, area, "threshold", &rule, false);
    if history.thresholds.is_empty() {
        let room = inside.width.saturating_sub(1);
        put(buf, look, inside.x + 1, inside.y, room, awaited_test(scene), look.style(Role::Dim));
        return;
    }
    let range = screen.view.range(timeline);
    let places = screen.places(scene, Rect { height: 9, ..area }, false);
    for (outcome, y) in outcomes(scene).iter().zip(inside.top()..inside.bottom()) {
        let (word, glyph, role) = sign(*outcome, glyphs);
        let style = look.style(role);
        let mut seen = 0;
        let marks = history.thresholds.iter().filter(|mark| mark.threshold.outcome == *outcome);
        for mark in marks {
            let x = timeline.x(mark.step.0 as f64);
            let Some(x) = places.and_then(|places| places.column(x, range)) else { continue };
            put(buf, look, x, y, 1, glyph, style);
            seen += 1;
        }
        let label = format!("{glyph} {word} {}", grouped(seen));
        match places.filter(|places| places.right > 0) {
            Some(places) => {
                put(buf, look, places.plot.right() + 1, y, places.right, &label, style);
            }
            None => {
                // Left of the picture there is room for a count.
                put(buf, look, inside.x, y, 7, &format!("{word:.4} {}", grouped(seen)), style);
            }
        }
    }
}
