use crate::telemetry::words;
use crate::tui::draw::{Canvas, Panel};
use crate::tui::scene::Scene;
use crate::tui::screens::events::draw_line;

/// Kinds that other panels show.
const ELSEWHERE: [&str; 8] =
    ["phase", "live", "config", "mixture", "eval", "expanded", "held", "full"];

/// The newest events, the newest first.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let mut inside = canvas.panel(Panel::new("events").chosen(chosen));
    let events = scene.log.events.iter().rev();
    let events = events.filter(|record| !ELSEWHERE.contains(&words::kind(&record.event)));
    let mut rows = (0..inside.area().height).zip(events).peekable();
    if rows.peek().is_none() {
        inside.note("none yet that no other panel shows");
    }
    for (row, record) in rows {
        draw_line(scene, record, &mut inside.line(row));
    }
}
