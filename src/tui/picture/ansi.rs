use super::text::rows;
use crate::tui::look::pen::Pen;
use ratatui::buffer::{Buffer, Cell};

/// A line for each row with the escape sequences of its colours; each line ends with a reset.
pub fn ansi(buf: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buf) {
        let mut pen = Pen::PLAIN;
        for (_, cell) in row.iter().take(seen(&row)) {
            let next = Pen::from_cell(cell);
            out.push_str(&pen.change(next));
            out.push_str(cell.symbol());
            pen = next;
        }
        out.push_str(&pen.change(Pen::PLAIN));
        out.push('\n');
    }
    out
}

/// Number of cells up to the last that is not a plain blank.
fn seen(row: &[(u16, &Cell)]) -> usize {
    let blank = |cell: &Cell| cell.symbol() == " " && Pen::from_cell(cell).leaves_blank();
    row.iter().rposition(|(_, cell)| !blank(cell)).map_or(0, |last| last + 1)
}
