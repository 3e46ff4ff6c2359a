use crate::telemetry::words;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, put};
use crate::tui::screens::events::draw_line;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Kinds that other panels show.
const ELSEWHERE: [&str; 6] = ["phase", "live", "config", "expanded", "held", "full"];

/// The newest events, the newest first.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, "events", "", chosen);
    let told = scene.log.events().rev();
    let told = told.filter(|record| !ELSEWHERE.contains(&words::kind(&record.event)));
    let mut rows = (inside.y..inside.bottom()).zip(told).peekable();
    if rows.peek().is_none() {
        let text = "what happens is told here";
        put(buf, scene.look, inside.x + 1, inside.y, inside.width, text, scene.style(Role::Dim));
    }
    for (y, record) in rows {
        draw_line(scene, record, Rect { y, height: 1, ..inside }, buf);
    }
}
