use super::row::{Column, Row};
use super::{Domains, losses};
use crate::tui::look::Role;
use crate::tui::scene::{Scene, columns, highest, put, put_right, range, select, sparkline};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns that a curve needs at least to say something.
const CURVE: u16 = 12;
/// The gap before a curve.
const GAP: u16 = 3;

/// Which columns there are, how wide the name is and what is left for the curve.
struct Shape {
    columns: Vec<Column>,
    name: u16,
    curve: u16,
}

impl Shape {
    fn of(rows: &[Row], width: u16) -> Self {
        let longest = rows.iter().map(|row| columns(&row.name)).max().unwrap_or(0).clamp(6, 20);
        let name = longest.min(width.saturating_sub(2 + Column::Weight.width()).max(4));
        // A mark and a blank before the name, a blank at the end.
        let mut left = width.saturating_sub(3 + name);
        let mut chosen = vec![Column::Name];
        for column in &Column::BY_WORTH[1..] {
            if column.width() > left {
                break;
            }
            left -= column.width();
            chosen.push(*column);
        }
        let columns = Column::ALL.into_iter().filter(|column| chosen.contains(column)).collect();
        Shape { columns, name, curve: if left >= GAP + CURVE { left - GAP } else { 0 } }
    }
}

/// The column whose title is so many columns right of the left edge of a table of this width.
pub(super) fn title_at(rows: &[Row], width: u16, at: u16) -> Option<Column> {
    let shape = Shape::of(rows, width);
    let mut right = 2 + shape.name;
    shape.columns.into_iter().find(|column| {
        right += if *column == Column::Name { 0 } else { column.width() };
        at < right
    })
}

/// Draws the titles and the rows that are seen.
pub(super) fn view(
    screen: &Domains,
    scene: &Scene<'_>,
    rows: &[Row],
    area: Rect,
    buf: &mut Buffer,
) {
    let shape = Shape::of(rows, area.width);
    titles(screen, scene, &shape, Rect { height: area.height.min(1), ..area }, buf);
    let room = usize::from(area.height.saturating_sub(1));
    for (y, line) in (area.y + 1..).zip(screen.scroll.window(rows.len(), room)) {
        let Some(row) = rows.get(line) else { continue };
        let place = Rect { y, height: 1, ..area };
        draw(scene, row, &shape, place, buf);
        if line == screen.scroll.selected() {
            select(buf, scene.look, place);
        }
    }
}

fn titles(screen: &Domains, scene: &Scene<'_>, shape: &Shape, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let (look, glyphs) = (scene.look, scene.look.glyphs());
    let mut right = area.x + 2 + shape.name;
    for column in &shape.columns {
        let sorted = screen.sort == *column;
        let arrow = if screen.upwards { glyphs.up } else { glyphs.down };
        let title = column.title(glyphs);
        let title = if sorted { format!("{arrow} {title}") } else { title };
        let style = scene.style(if sorted { Role::Accent } else { Role::Dim });
        if *column == Column::Name {
            put(buf, look, area.x + 2, area.y, shape.name + 2, &title, style);
            continue;
        }
        right += column.width();
        put_right(buf, look, right, area.y, column.width(), &title, style);
    }
    let title = "over the run";
    put(buf, look, right + GAP, area.y, shape.curve, title, scene.style(Role::Dim));
}

fn draw(scene: &Scene<'_>, row: &Row, shape: &Shape, area: Rect, buf: &mut Buffer) {
    let (look, glyphs) = (scene.look, scene.look.glyphs());
    if row.is_target {
        put(buf, look, area.x, area.y, 1, glyphs.pointer, scene.style(Role::Target));
    }
    let mut right = area.x + 2 + shape.name;
    for column in &shape.columns {
        let text = column.text(row, glyphs);
        if *column == Column::Name {
            let style = look.series(row.domain);
            put(buf, look, area.x + 2, area.y, shape.name, &text, style);
            continue;
        }
        right += column.width();
        let style = scene.style(column.role(row));
        put_right(buf, look, right, area.y, column.width() - 1, &text, style);
    }
    if shape.curve > 0 {
        let values = highest(&losses(scene, row.domain), usize::from(shape.curve));
        let place = Rect { x: right + GAP, width: values.len() as u16, height: 1, ..area };
        if let Some(range) = range(&values) {
            sparkline(buf, look, place, &values, range, look.series(row.domain));
        }
    }
}
