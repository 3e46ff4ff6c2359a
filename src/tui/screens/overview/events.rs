use crate::telemetry::words;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, put};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The newest events, the newest first; those that other panels show are left out.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, "events", "", chosen);
    let told = scene.log.events().rev().filter(|record| {
        !matches!(
            words::kind(&record.event),
            "phase" | "live" | "config" | "expanded" | "held" | "full"
        )
    });
    let mut rows = (inside.y..inside.bottom()).zip(told).peekable();
    if rows.peek().is_none() {
        let text = "what happens is told here";
        put(buf, scene.look, inside.x + 1, inside.y, inside.width, text, scene.style(Role::Dim));
    }
    for (y, record) in rows {
        let said = words::said(scene.run, record);
        let (look, x) = (scene.look, inside.x + 1);
        put(buf, look, x, y, 8, &scene.clock(record.unix_ms), scene.style(Role::Dim));
        let role = match said.kind {
            "warning" => Role::Warning,
            "error" | "failed" => Role::Error,
            "command" | "replayed" => Role::Accent,
            _ => Role::Dim,
        };
        put(buf, look, x + 10, y, 9, said.kind, scene.style(role));
        let room = inside.right().saturating_sub(x + 20);
        let step = said.step.map_or_else(String::new, |step| format!("{step}  "));
        put(buf, look, x + 20, y, room, &format!("{step}{}", said.text), scene.style(Role::Text));
    }
}
