use super::boxed;
use crate::tui::input::keys::KeyMap;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, columns, put};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The keys, in as many columns as fit.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// Lines scrolled down.
    scroll: u16,
}

impl Help {
    /// Scrolls by so many lines, in a terminal of this area.
    pub fn scroll(&mut self, lines: i16, keys: &KeyMap, area: Rect) {
        let (_, rows, _) = shape(&keys.help(), area);
        let most = rows.saturating_sub(area.height.saturating_sub(2));
        self.scroll = self.scroll.saturating_add_signed(lines).min(most);
    }

    /// Draws it. A click anywhere closes it.
    pub fn view(&self, keys: &KeyMap, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let lines = keys.help();
        let key_width = key_width(&lines);
        let (across, rows, column) = shape(&lines, area);
        let below = rows.saturating_sub(area.height.saturating_sub(2) + self.scroll);
        let title = match below {
            0 => "keys · esc closes".to_owned(),
            more => format!("keys · {} {more} more · esc closes", scene.look.glyphs().down),
        };
        let inside = boxed(buf, scene.look, area, (across * column - 3, rows), &title);
        let scroll = self.scroll.min(rows.saturating_sub(inside.height));
        for (i, (keys, help)) in (0u16..).zip(&lines) {
            let (x, row) = (inside.x + i / rows * column, i % rows);
            let Some(row) = row.checked_sub(scroll).filter(|row| *row < inside.height) else {
                continue;
            };
            let room = inside.right().saturating_sub(x);
            put(
                buf,
                scene.look,
                x,
                inside.y + row,
                room.min(key_width),
                keys,
                scene.style(Role::Key),
            );
            let room = room.saturating_sub(key_width + 2);
            let text = scene.style(Role::Text);
            put(buf, scene.look, x + key_width + 2, inside.y + row, room, help, text);
        }
    }
}

fn key_width(lines: &[(String, &str)]) -> u16 {
    lines.iter().map(|(keys, _)| columns(keys)).max().unwrap_or(0)
}

/// How many columns of keys, how many rows, and how wide such a column is.
fn shape(lines: &[(String, &str)], area: Rect) -> (u16, u16, u16) {
    let help_width = lines.iter().map(|(_, help)| columns(help)).max().unwrap_or(0);
    let column = key_width(lines) + 2 + help_width + 3;
    let across = (area.width.saturating_sub(4) / column).clamp(1, 2);
    (across, u16::try_from(lines.len()).unwrap_or(u16::MAX).div_ceil(across), column)
}
