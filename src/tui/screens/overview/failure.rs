//! Why a run failed, in full, and what to do: above everything else.

use crate::telemetry::RunState;
use crate::tui::draw::{Canvas, Panel, wrap};
use crate::tui::look::Role;
use crate::tui::scene::Scene;

/// Rows that the panel needs in this width; 0 where the run has not failed.
pub(super) fn rows(run: &RunState, width: u16) -> u16 {
    text(run).map_or(0, |text| 1 + wrap(&text, inner(width)).len() as u16)
}

/// The panel.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let Some(text) = text(scene.run) else { return };
    let mut inside = canvas.panel(Panel::new("failed"));
    let lines = wrap(&text, inner(inside.area().width));
    for (row, line) in (0..inside.area().height).zip(lines) {
        inside.line(row).skip(1).put(line, Role::Error);
    }
}

fn inner(width: u16) -> usize {
    usize::from(width.saturating_sub(2).max(1))
}

/// The error, and how to go on.
fn text(run: &RunState) -> Option<String> {
    let ending = run.ended.as_ref().filter(|ending| ending.failed)?;
    let what_to_do = match run.newest_checkpoints().next() {
        Some(step) => format!(
            "Once the cause is mended, the run goes on from its checkpoint of step {step}: the command is printed when \
             you leave."
        ),
        None => {
            "There is no checkpoint to go on from: once the cause is mended, start it anew.".into()
        }
    };
    Some(format!("{}\n{what_to_do}", ending.why))
}
