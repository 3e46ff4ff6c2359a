use crate::tui::scene::{Scene, panel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    panel(buf, scene.look, area, "events", "", chosen);
}
