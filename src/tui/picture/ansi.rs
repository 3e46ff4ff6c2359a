use super::text::rows;
use crate::tui::look::pen::Pen;
use ratatui::buffer::{Buffer, Cell};

/// A line for each row with the sequences that colour it, which ends as it began: shown by `cat`
/// anywhere.
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

/// How many cells there are up to the last that is no plain blank.
fn seen(row: &[(u16, &Cell)]) -> usize {
    let blank = |cell: &Cell| cell.symbol() == " " && Pen::from_cell(cell).leaves_blank();
    row.iter().rposition(|(_, cell)| !blank(cell)).map_or(0, |last| last + 1)
}
