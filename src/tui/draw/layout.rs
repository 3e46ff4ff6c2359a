//! Areas cut into parts, which always add up to the whole, however small it is.

use ratatui::layout::Rect;

/// The first rows and the rest; `first` is cut to the height.
pub fn split_rows(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.height);
    let above = Rect { height: first, ..area };
    (above, Rect { y: area.y + first, height: area.height - first, ..area })
}

/// The first columns and the rest; `first` is cut to the width.
pub fn split_columns(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.width);
    let left = Rect { width: first, ..area };
    (left, Rect { x: area.x + first, width: area.width - first, ..area })
}

/// The part of a panel below its title.
pub fn below_title(panel: Rect) -> Rect {
    split_rows(panel, 1).1
}

/// How many of `all` lines are shown in so many rows, where the last row tells how many more there are.
pub fn lines_shown(all: usize, rows: usize) -> usize {
    if all > rows { rows.saturating_sub(1) } else { all }
}
