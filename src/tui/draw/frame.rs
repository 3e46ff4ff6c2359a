use crate::tui::look::{Look, Role};
use crate::tui::scene::put;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::Input;

/// Where the inside of a dialog is: in the middle of `area`, as large as asked for or as fits.
pub fn inside(area: Rect, width: u16, height: u16) -> Rect {
    let frame = frame(area, width, height);
    Rect {
        x: frame.x + 2.min(frame.width),
        y: frame.y + 1.min(frame.height),
        width: frame.width.saturating_sub(4),
        height: frame.height.saturating_sub(2),
    }
}

/// Whether a position is within a dialog, its border included.
pub fn is_on(area: Rect, (width, height): (u16, u16), at: Position) -> bool {
    frame(area, width, height).contains(at)
}

fn frame(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.saturating_add(4).min(area.width);
    let height = height.saturating_add(2).min(area.height);
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    Rect { x, y, width, height }
}

/// Draws an empty box with a title; returns its inside.
pub fn boxed(
    buf: &mut Buffer,
    look: &Look,
    area: Rect,
    (width, height): (u16, u16),
    title: &str,
) -> Rect {
    let area = area.intersection(buf.area);
    let frame = frame(area, width, height);
    for y in frame.top()..frame.bottom() {
        for x in frame.left()..frame.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
    buf.set_style(frame, look.theme.ground());
    border(buf, look, frame, title);
    inside(area, width, height)
}

fn border(buf: &mut Buffer, look: &Look, frame: Rect, title: &str) {
    if frame.width < 2 || frame.height < 2 {
        return;
    }
    let (glyphs, style) = (look.glyphs(), look.style(Role::Faint));
    let rule = glyphs.rule.repeat(usize::from(frame.width - 2));
    let (right, bottom) = (frame.right() - 1, frame.bottom() - 1);
    for (y, corners) in [(frame.y, [0, 1]), (bottom, [2, 3])] {
        put(buf, look, frame.x, y, 1, glyphs.corners[corners[0]], style);
        put(buf, look, frame.x + 1, y, frame.width - 2, &rule, style);
        put(buf, look, right, y, 1, glyphs.corners[corners[1]], style);
    }
    for y in frame.y + 1..bottom {
        put(buf, look, frame.x, y, 1, glyphs.wall, style);
        put(buf, look, right, y, 1, glyphs.wall, style);
    }
    put(
        buf,
        look,
        frame.x + 1,
        frame.y,
        frame.width - 2,
        &format!(" {title} "),
        look.style(Role::Title),
    );
}

/// A line that is being typed, with its cursor where `active`; scrolls with the cursor.
pub fn typed(buf: &mut Buffer, look: &Look, area: Rect, input: &Input, active: bool) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let room = usize::from(area.width.saturating_sub(1));
    let scroll = input.visual_scroll(room);
    let (mut shown, mut at) = (String::new(), 0);
    for c in input.value().chars() {
        if at >= scroll {
            shown.push(c);
        }
        at += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
    }
    put(buf, look, area.x, area.y, area.width, &shown, look.style(Role::Text));
    if !active {
        return;
    }
    let cursor = input.visual_cursor().saturating_sub(scroll).min(room);
    let x = area.x + u16::try_from(cursor).unwrap_or(0);
    if let Some(cell) = buf.cell_mut((x, area.y)) {
        cell.set_style(
            ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::REVERSED),
        );
    }
}
