use crate::tui::draw::columns;
use ratatui::buffer::{Buffer, Cell};

/// The rows of a picture: of each the cells with their columns, without those that a wide letter
/// covers.
pub(super) fn rows(buf: &Buffer) -> impl Iterator<Item = Vec<(u16, &Cell)>> {
    buf.content().chunks(usize::from(buf.area.width.max(1))).map(seen)
}

fn seen(row: &[Cell]) -> Vec<(u16, &Cell)> {
    let mut free = 0;
    let mut cells = Vec::with_capacity(row.len());
    for (x, cell) in (0u16..).zip(row).filter(|(_, cell)| !cell.symbol().is_empty()) {
        if x >= free {
            cells.push((x, cell));
            free = x + columns(cell.symbol()).max(1);
        }
    }
    cells
}

/// A line for each row, without blanks at its end.
pub fn text(buf: &Buffer) -> String {
    let line = |row: Vec<(u16, &Cell)>| -> String {
        let line: String = row.into_iter().map(|(_, cell)| cell.symbol()).collect();
        line.trim_end().to_owned() + "\n"
    };
    rows(buf).map(line).collect()
}
