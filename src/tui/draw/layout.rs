//! Areas cut into parts. Nothing is lost: the parts are the whole, however small it is.

use ratatui::layout::Rect;

/// The first rows, as many of them as there are, and the rest.
pub fn split_rows(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.height);
    let above = Rect { height: first, ..area };
    (above, Rect { y: area.y + first, height: area.height - first, ..area })
}

/// The first columns, as many of them as there are, and the rest.
pub fn split_columns(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.width);
    let left = Rect { width: first, ..area };
    (left, Rect { x: area.x + first, width: area.width - first, ..area })
}

/// What is below the title of a panel that takes an area.
pub fn below_title(panel: Rect) -> Rect {
    split_rows(panel, 1).1
}
