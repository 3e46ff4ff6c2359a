//! What the run does before it trains, phase by phase: in the place of the curves that are still to come.

mod ceilings;
mod data;
mod detection;

use crate::telemetry::Phase;
use crate::tui::draw::{Canvas, Panel};
use crate::tui::look::Role;
use crate::tui::scene::Scene;

/// Whether the first held-out losses are still to come.
pub(super) fn is_due(scene: &Scene<'_>) -> bool {
    let history = &scene.run.history;
    let measured = history.losses.iter().any(|loss| loss.first.is_finite());
    !measured && !matches!(scene.run.phase, Some(Phase::Finished | Phase::Failed))
}

/// The present phase.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    match scene.run.phase {
        Some(Phase::Detection) => detection::view(scene, canvas, chosen),
        Some(Phase::Reference) => ceilings::view(scene, canvas, chosen),
        Some(Phase::Evaluating) => {
            let mut inside = canvas.panel(Panel::new("first held-out losses").chosen(chosen));
            inside.note("measuring every domain's held-out rows before the first step");
        }
        phase => {
            let title = if phase == Some(Phase::Tokenizing) { "data" } else { "getting ready" };
            data::view(scene, &mut canvas.panel(Panel::new(title).chosen(chosen)));
        }
    }
}

/// A dim line.
fn note(inside: &mut Canvas<'_>, row: u16, text: &str) {
    inside.line(row).skip(1).skip_end(1).put(text, Role::Dim);
}
