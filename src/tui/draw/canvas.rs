use crate::tui::look::{Look, Marks, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
    let clean = if look.marks == Marks::Ascii { plain(&clean) } else { clean };
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

/// The text for a terminal that shows ASCII only; what has no likeness there is a question mark.
fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        ' '..='~' => c.to_string(),
        '–' | '−' | '─' | '╌' => "-".into(),
        '·' => ".".into(),
        '→' => "->".into(),
        '↑' => "up".into(),
        '≤' => "<=".into(),
        '×' => "x".into(),
        '“' | '”' => "\"".into(),
        '…' => "~".into(),
        'λ' => "lambda".into(),
        'δ' => "delta".into(),
        'τ' => "tau".into(),
        'γ' => "gamma".into(),
        'φ' => "phi".into(),
        '°' | '\u{304}' => String::new(),
        _ => "?".into(),
    };
    text.chars().map(letter).collect()
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
    // The walls beside it may be there already.
    if area.x > buf.area.x {
        join(buf, look, area.x - 1, area.y);
    }
    join(buf, look, area.right(), area.y);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// A vertical rule along the left edge of `area`; returns what lies right of it.
pub fn wall(buf: &mut Buffer, look: &Look, area: Rect) -> Rect {
    for y in area.top()..area.bottom() {
        put(buf, look, area.x, y, 1, look.glyphs().wall, look.style(Role::Faint));
        join(buf, look, area.x, y);
    }
    Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }
}

/// Joins a wall's cell with the rules that end at it.
fn join(buf: &mut Buffer, look: &Look, x: u16, y: u16) {
    let glyphs = look.glyphs();
    let is = |x: Option<u16>, y: Option<u16>, of: &[&str]| {
        let cell = x.zip(y).and_then(|at| buf.cell(at));
        cell.is_some_and(|cell| of.contains(&cell.symbol()))
    };
    let [right, left, both, _] = glyphs.joint;
    let walls = [glyphs.wall, right, left, both];
    if !is(Some(x), Some(y), &walls) {
        return;
    }
    let from_left = is(x.checked_sub(1), Some(y), &[glyphs.rule]);
    let from_right = is(x.checked_add(1), Some(y), &[glyphs.rule]);
    let goes_up = is(Some(x), y.checked_sub(1), &walls);
    let joint = match (from_left, from_right) {
        (true, true) => glyphs.joint[if goes_up { 2 } else { 3 }],
        (true, false) => left,
        (false, true) => right,
        (false, false) => glyphs.wall,
    };
    put(buf, look, x, y, 1, joint, look.style(Role::Faint));
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
    for (x, share) in placed(area, values, range) {
        let column = look.glyphs().column[((share * 7.0).round() as usize).min(7)];
        put(buf, look, x, area.y, 1, column, style);
    }
}

/// The newest of `values` that have a column in the area, right-aligned, and where they lie between
/// the ends of `range`, 0..=1; what is no number leaves its column empty.
fn placed(
    area: Rect,
    values: &[f64],
    (low, high): (f64, f64),
) -> impl Iterator<Item = (u16, f64)> + '_ {
    let newest = &values[values.len().saturating_sub(usize::from(area.width))..];
    let start = area.right().saturating_sub(newest.len() as u16);
    let share = move |value: f64| {
        if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
    };
    let finite = (start..).zip(newest).filter(|(_, value)| value.is_finite());
    finite.map(move |(x, value)| (x, share(*value)))
}

/// The newest of `values` as columns over the whole height of the area.
pub fn hill(
    buf: &mut Buffer,
    look: &Look,
    area: Rect,
    values: &[f64],
    range: (f64, f64),
    style: Style,
) {
    let eighths = f64::from(area.height) * 8.0;
    for (x, share) in placed(area, values, range) {
        let mut left = ((share * eighths).round() as usize).max(1);
        for y in (area.top()..area.bottom()).rev() {
            let column = look.glyphs().column[left.min(8) - 1];
            put(buf, look, x, y, 1, column, style);
            left = left.saturating_sub(8);
            if left == 0 {
                break;
            }
        }
    }
}

/// All of `values` over `width` places: of those that share a place the highest, so that a spike is
/// seen; where there are fewer values than places, each has several.
pub fn highest(values: &[f64], width: usize) -> Vec<f64> {
    let count = values.len();
    let part = |place: usize| {
        let first = place * count / width;
        let end = ((place + 1) * count / width).max(first + 1);
        let part = values.get(first..end).unwrap_or_default();
        part.iter().copied().fold(f64::NAN, f64::max)
    };
    if count == 0 { Vec::new() } else { (0..width).map(part).collect() }
}

/// The lowest and the highest of the finite values.
pub fn range(values: &[f64]) -> Option<(f64, f64)> {
    let mut finite = values.iter().copied().filter(|value| value.is_finite());
    let first = finite.next()?;
    Some(finite.fold((first, first), |(low, high), v| (low.min(v), high.max(v))))
}

/// Marks a row as the selected one.
pub fn select(buf: &mut Buffer, look: &Look, row: Rect) {
    buf.set_style(row.intersection(buf.area), look.style(Role::Selection));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spread_over_the_places_and_spikes_are_kept() {
        assert_eq!(highest(&[1.0, 2.0], 5), [1.0, 1.0, 1.0, 2.0, 2.0]);
        assert_eq!(highest(&[1.0, 9.0, 2.0, 3.0, f64::NAN, 4.0], 3), [9.0, 3.0, 4.0]);
        assert!(highest(&[], 3).is_empty() && highest(&[1.0], 0).is_empty());
        assert_eq!(range(&[f64::NAN, 3.0, 1.0]), Some((1.0, 3.0)));
        assert_eq!(range(&[f64::INFINITY]), None);
    }
}
