//! What a line of a pane is made of.

use super::layout::Pane;
use crate::tui::draw::{Canvas, Ink};
use crate::tui::look::Look;
use ratatui::style::Style;

/// Columns of a name at most.
pub(super) const NAME: u16 = 18;
/// Columns of a loss, a difference, an error.
pub(super) const NUMBER: u16 = 9;

/// A text in some columns of a line.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub text: String,
    /// Columns of the terminal, a free one behind the text included.
    pub width: u16,
    /// Whether it ends at the right.
    pub right: bool,
    pub style: Style,
}

/// A line of a pane.
pub(super) type Row = Vec<Cell>;

/// What a pane shows.
pub(super) struct Page {
    pub pane: Pane,
    pub title: String,
    /// At the right of the title.
    pub right: String,
    /// Above the lines, and never scrolled.
    pub heads: Row,
    pub rows: Vec<Row>,
}

impl Cell {
    pub fn left(text: impl Into<String>, width: u16, ink: impl Ink, look: &Look) -> Self {
        Cell { text: text.into(), width, right: false, style: ink.style(look) }
    }

    pub fn right(text: impl Into<String>, width: u16, ink: impl Ink, look: &Look) -> Self {
        Cell { right: true, ..Cell::left(text, width, ink, look) }
    }
}

/// Draws a line at a row of the canvas.
pub(super) fn draw(row: &Row, at: u16, canvas: &mut Canvas<'_>) {
    let mut line = canvas.line(at);
    line.skip(1);
    for cell in row {
        let mut part = line.part(cell.width);
        match cell.right {
            true => part.skip_end(1).end(&cell.text, cell.style),
            false => part.skip_end(1).put(&cell.text, cell.style),
        };
    }
}
