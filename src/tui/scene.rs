use super::log::EventLog;
use super::look::{Look, Role};
use crate::telemetry::RunState;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a screen is drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The run: the newest state, or the one that was frozen.
    pub run: &'a RunState,
    /// Its events.
    pub log: &'a EventLog,
    /// How things look.
    pub look: &'a Look,
    /// Now, milliseconds since 1970 UTC.
    pub now_ms: u64,
    /// Where the clock is read.
    pub zone: &'a TimeZone,
    /// What the lists are filtered by; empty: by nothing.
    pub filter: &'a str,
}

impl Scene<'_> {
    /// The style of a meaning.
    pub fn style(&self, role: Role) -> Style {
        self.look.style(role)
    }

    /// `14:02:31`.
    pub fn clock(&self, unix_ms: u64) -> String {
        let at =
            i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        at.map_or_else(String::new, |at| {
            at.to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S").to_string()
        })
    }

    /// Whether a domain is a target now.
    pub fn is_target(&self, domain: usize) -> bool {
        let targets = self.run.history.live.as_ref().map(|live| &live.knobs.targets);
        targets.is_some_and(|targets| targets.iter().any(|id| id.0 == domain))
    }

    /// Name of a domain.
    pub fn domain(&self, index: usize) -> &str {
        self.run.domains.get(index).map_or("?", String::as_str)
    }
}

/// Writes text from the left, cut off with an ellipsis at `width` columns; returns the columns used.
/// What is no printable character is left out, so that no text can move the cursor.
pub fn put(
    buf: &mut Buffer,
    look: &Look,
    x: u16,
    y: u16,
    width: u16,
    text: &str,
    style: Style,
) -> u16 {
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x < area.left() {
        return 0;
    }
    let width = width.min(area.right().saturating_sub(x));
    let shown = fit(look, text, usize::from(width));
    let (end, _) = buf.set_stringn(x, y, &shown, usize::from(width), style);
    end.saturating_sub(x)
}

/// The same from the right: the text ends before column `right`.
pub fn put_right(
    buf: &mut Buffer,
    look: &Look,
    right: u16,
    y: u16,
    width: u16,
    text: &str,
    style: Style,
) -> u16 {
    let shown = fit(look, text, usize::from(width));
    let used = columns(&shown);
    put(buf, look, right.saturating_sub(used), y, used, &shown, style)
}

/// Columns that a text takes.
pub fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text cut to `width` columns, control characters left out; an ellipsis says that it was cut.
pub fn fit(look: &Look, text: &str, width: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c == '\t' || c == '\n' { ' ' } else { c })
        .filter(|c| !c.is_control())
        .collect();
    if clean.width() <= width {
        return clean;
    }
    let (mut kept, mut used) = (String::new(), 1);
    for c in clean.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    if width > 0 {
        kept.push_str(look.glyphs().ellipsis);
    }
    kept
}

/// A horizontal rule with a title, `─ mixture ── target law ─`; returns what lies below it.
pub fn panel(
    buf: &mut Buffer,
    look: &Look,
    area: Rect,
    title: &str,
    right: &str,
    chosen: bool,
) -> Rect {
    if area.height == 0 || area.width == 0 {
        return area;
    }
    let (faint, dim) = (look.style(Role::Faint), look.style(Role::Dim));
    let rule = look.glyphs().rule.repeat(usize::from(area.width));
    put(buf, look, area.x, area.y, area.width, &rule, faint);
    let style = look.style(if chosen { Role::Accent } else { Role::Title });
    let room = area.width.saturating_sub(4);
    let used = put(buf, look, area.x + 1, area.y, room, &format!(" {title} "), style);
    if !right.is_empty() && room > used + 4 {
        let text = format!(" {right} ");
        put_right(buf, look, area.right().saturating_sub(1), area.y, room - used - 1, &text, dim);
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// A vertical rule along the left edge of `area`; returns what lies right of it.
pub fn wall(buf: &mut Buffer, look: &Look, area: Rect) -> Rect {
    for y in area.top()..area.bottom() {
        put(buf, look, area.x, y, 1, look.glyphs().wall, look.style(Role::Faint));
    }
    Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }
}

/// A bar of `share` (0..=1) of `width` columns, with a mark at `ghost`.
pub fn bar(
    buf: &mut Buffer,
    look: &Look,
    area: Rect,
    share: f64,
    ghost: Option<f64>,
    style: Style,
) {
    let (glyphs, width) = (look.glyphs(), area.width);
    if width == 0 || area.height == 0 {
        return;
    }
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * f64::from(width) * 8.0).round() as u16;
    let full = glyphs.bar[7].repeat(usize::from(eighths / 8));
    let used = put(buf, look, area.x, area.y, width, &full, style);
    if let Some(part) = (eighths % 8).checked_sub(1).filter(|_| used < width) {
        put(buf, look, area.x + used, area.y, 1, glyphs.bar[usize::from(part)], style);
    }
    if let Some(ghost) = ghost.filter(|ghost| ghost.is_finite()) {
        let at = (ghost.clamp(0.0, 1.0) * f64::from(width)).floor() as u16;
        let x = area.x + at.min(width - 1);
        put(buf, look, x, area.y, 1, glyphs.ghost, look.style(Role::Ghost));
    }
}

/// The newest of `values` as columns, scaled from 0 (or their least, below 0) to `top`.
pub fn sparkline(
    buf: &mut Buffer,
    look: &Look,
    area: Rect,
    values: &[f64],
    range: (f64, f64),
    style: Style,
) {
    let newest = &values[values.len().saturating_sub(usize::from(area.width))..];
    let (low, high) = range;
    let start = area.right().saturating_sub(newest.len() as u16);
    for (x, value) in (start..).zip(newest) {
        if !value.is_finite() {
            continue;
        }
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        let column = look.glyphs().column[((share * 7.0).round() as usize).min(7)];
        put(buf, look, x, area.y, 1, column, style);
    }
}
