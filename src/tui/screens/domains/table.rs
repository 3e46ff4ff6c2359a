use super::row::{DomainColumn, DomainRow, losses};
use crate::tui::draw::{self, Align, Canvas, Column, Table, highest, range};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;

/// Columns of the narrowest curve.
const CURVE: u16 = 12;
/// The gap before a curve.
const GAP: u16 = 3;
/// Columns of the sign before a name.
const SIGN: u16 = 2;

/// The columns for these rows in `width` columns of the terminal: as many numbers as fit, and the
/// curve in the rest.
pub(super) fn columns(
    rows: &[DomainRow],
    width: u16,
    glyphs: &Glyphs,
) -> Vec<Column<DomainColumn>> {
    let longest = rows.iter().map(|row| draw::columns(&row.name)).max().unwrap_or(0).clamp(6, 20);
    let name = longest.min(width.saturating_sub(SIGN + DomainColumn::Weight.width()).max(4));
    // A blank at the end.
    let mut left = width.saturating_sub(SIGN + name + 1);
    let mut chosen = Vec::new();
    for column in &DomainColumn::BY_IMPORTANCE[1..] {
        if column.width() > left {
            break;
        }
        left -= column.width();
        chosen.push(*column);
    }
    let column =
        |key: DomainColumn, width, align| Column { key, title: key.title(glyphs), width, align };
    let mut shown = vec![
        column(DomainColumn::Sign, SIGN, Align::Left(0)),
        column(DomainColumn::Name, name, Align::Left(0)),
    ];
    let numbers = DomainColumn::ALL.into_iter().filter(|column| chosen.contains(column));
    shown.extend(numbers.map(|key| column(key, key.width(), Align::Right)));
    if left >= GAP + CURVE {
        shown.push(column(DomainColumn::OverTheRun, left, Align::Left(GAP)));
    }
    shown
}

/// The part of a table's area below its titles.
pub(super) fn body(area: Rect) -> Rect {
    Table::<DomainColumn>::body(area)
}

/// Draws the table.
pub(super) fn draw(
    table: &Table<'_, DomainColumn>,
    rows: &[DomainRow],
    scene: &Scene<'_>,
    canvas: &mut Canvas<'_>,
) {
    let glyphs = scene.look.glyphs();
    table.draw(canvas, |column, line, cell| {
        let Some(row) = rows.get(line) else { return };
        let series = scene.look.series(row.domain);
        match column {
            DomainColumn::Sign if row.is_target => {
                cell.put(glyphs.pointer, Role::Target);
            }
            DomainColumn::Sign => {}
            DomainColumn::Name => {
                cell.put(&row.name, series);
            }
            DomainColumn::OverTheRun => {
                let width = cell.space();
                let values = highest(&losses(scene, row.domain), usize::from(width));
                if let Some(range) = range(&values) {
                    cell.sparkline(&values, range, series);
                }
            }
            column => {
                cell.end(column.text(row, glyphs), column.role(row));
            }
        }
    });
}
