use super::{Canvas, Line, List, split_rows};
use crate::tui::look::Role;
use ratatui::layout::{Position, Rect};

/// Columns of the sign before the title that rows are sorted by.
const SIGN: u16 = 2;

/// Alignment of the text in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// On the left, after this number of free columns.
    Left(u16),
    /// On the right, with a free column before it.
    Right,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column<K> {
    pub key: K,
    pub title: String,
    /// Columns of the terminal, free ones included.
    pub width: u16,
    pub align: Align,
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<K> {
    pub by: K,
    pub upwards: bool,
}

impl<K: Copy + PartialEq> Sort<K> {
    /// Sorts by a column, first in the given direction; if it is sorted by already, in the other one.
    pub fn choose(&mut self, by: K, upwards: bool) {
        self.upwards = if by == self.by { !self.upwards } else { upwards };
        self.by = by;
    }

    /// Sorts rows, stably. NaN comes last in both directions.
    pub fn order<R>(&self, rows: &mut [R], value: impl Fn(K, &R) -> f64) {
        rows.sort_by(|a, b| {
            let (a, b) = (value(self.by, a), value(self.by, b));
            match (a.is_nan(), b.is_nan()) {
                (false, false) if self.upwards => a.total_cmp(&b),
                (false, false) => b.total_cmp(&a),
                (a, b) => a.cmp(&b),
            }
        });
    }
}

/// A row of titles and the rows of a list below them. A click is looked up in the same cells that are
/// drawn.
#[derive(Clone, Debug)]
pub struct Table<'t, K> {
    pub columns: Vec<Column<K>>,
    /// Number of rows.
    pub len: usize,
    /// Which rows are visible and which is selected; without it the first rows, and none.
    pub list: Option<&'t List>,
    /// The order, shown in the titles.
    pub sort: Option<Sort<K>>,
}

/// What a click on a table hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit<K> {
    /// The title of a column.
    Title(K),
    /// A row, by its number in the list.
    Row(usize),
}

impl<K: Copy + PartialEq> Table<'_, K> {
    /// The part of a table's area below the titles.
    pub fn body(area: Rect) -> Rect {
        split_rows(area, 1).1
    }

    /// What is at a position of a table that is drawn in `area`.
    pub fn hit(&self, area: Rect, at: Position) -> Option<Hit<K>> {
        let titles = split_rows(area, 1).0;
        if titles.contains(at) {
            let mut cells = self.cells(titles);
            return cells.find(|(_, cell)| cell.contains(at)).map(|(c, _)| Hit::Title(c.key));
        }
        self.list?.line_at(self.len, Self::body(area), at).map(Hit::Row)
    }

    /// Draws titles and rows; `cell` draws one cell, given the column, the number of the row and the
    /// columns that are free for it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, mut cell: impl FnMut(K, usize, &mut Line<'_>)) {
        let area = canvas.area();
        self.titles(canvas);
        let (list, selected) = (self.list.copied().unwrap_or_default(), self.list.is_some());
        for (line, row) in list.seen(self.len, Self::body(area)) {
            for (column, area) in self.cells(row) {
                let before = match column.align {
                    Align::Left(columns) => columns,
                    Align::Right => 1,
                };
                cell(column.key, line, canvas.within(area).line(0).skip(before));
            }
            if selected && line == list.selected() {
                canvas.within(row).paint(Role::Selection);
            }
        }
    }

    fn titles(&self, canvas: &mut Canvas<'_>) {
        let glyphs = canvas.glyphs();
        let titles = canvas.line(0).rest();
        for (column, area) in self.cells(titles) {
            let sort = self.sort.filter(|sort| sort.by == column.key);
            let (title, role) = match sort {
                Some(Sort { upwards: true, .. }) => {
                    (format!("{} {}", glyphs.up, column.title), Role::Accent)
                }
                Some(_) => (format!("{} {}", glyphs.down, column.title), Role::Accent),
                None => (column.title.clone(), Role::Dim),
            };
            match column.align {
                Align::Left(before) => {
                    // The sign may reach into the free columns of the next one.
                    let width = (area.width + SIGN).min(titles.right() - area.x);
                    canvas.within(Rect { width, ..area }).line(0).skip(before).put(title, role);
                }
                Align::Right => {
                    canvas.within(area).line(0).end(title, role);
                }
            }
        }
    }

    /// The columns, each with its cell in a row, as far as they fit.
    fn cells(&self, row: Rect) -> impl Iterator<Item = (&Column<K>, Rect)> {
        self.columns.iter().scan(row.x, move |x, column| {
            let width = column.width.min(row.right().saturating_sub(*x));
            let cell = Rect { x: *x, width, ..row };
            *x += width;
            Some((column, cell))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::{Look, Marks, Theme};
    use crate::tui::picture::text;
    use ratatui::buffer::Buffer;

    const AREA: Rect = Rect { x: 0, y: 0, width: 16, height: 3 };

    fn table(list: &List, sort: Sort<char>) -> Table<'_, char> {
        let column =
            |key, title: &str, width, align| Column { key, title: title.into(), width, align };
        let columns =
            vec![column('n', "name", 6, Align::Left(1)), column('w', "weight", 9, Align::Right)];
        Table { columns, len: 4, list: Some(list), sort: Some(sort) }
    }

    fn drawn(table: &Table<'_, char>) -> String {
        let look = Look { theme: Theme::dark(), marks: Marks::Braille };
        let mut buf = Buffer::empty(AREA);
        table.draw(&mut Canvas::new(&mut buf, &look), |key, row, cell| match key {
            'n' => {
                cell.put(format!("row{row}"), Role::Text);
            }
            _ => {
                cell.end(format!("{}", 10 * row), Role::Text);
            }
        });
        text(&buf)
    }

    #[test]
    fn the_rows_around_the_selected_one_are_drawn_under_the_titles() {
        let mut list = List::default();
        list.select(2);
        let table = table(&list, Sort { by: 'w', upwards: false });
        assert_eq!(drawn(&table), " name  ▼ weight\n row1        10\n row2        20\n");
    }

    #[test]
    fn a_click_hits_what_is_drawn_there() {
        let mut list = List::default();
        list.select(2);
        let table = table(&list, Sort { by: 'n', upwards: true });
        let hit = |x, y| table.hit(AREA, Position { x, y });
        assert_eq!([hit(0, 0), hit(6, 0)], [Some(Hit::Title('n')), Some(Hit::Title('w'))]);
        assert_eq!([hit(15, 0), hit(3, 9)], [None, None]);
        assert_eq!([hit(3, 1), hit(12, 2)], [Some(Hit::Row(1)), Some(Hit::Row(2))]);
    }

    #[test]
    fn unknown_values_come_last_in_both_orders() {
        let mut rows = [2.0, f64::NAN, 1.0, 3.0];
        let mut sort = Sort { by: 'w', upwards: false };
        sort.order(&mut rows, |_, value| *value);
        assert_eq!(rows[..3], [3.0, 2.0, 1.0]);
        sort.choose('w', false);
        sort.order(&mut rows, |_, value| *value);
        assert_eq!((&rows[..3], rows[3].is_nan()), (&[1.0, 2.0, 3.0][..], true));
        sort.choose('n', true);
        assert_eq!(sort, Sort { by: 'n', upwards: true });
    }
}
