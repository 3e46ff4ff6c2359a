use super::canvas::{Canvas, Ink};
use super::text::{columns, fit};
use crate::tui::look::Role;
use ratatui::layout::{Position, Rect};

/// A row that is written from both ends: [`put`](Line::put) and its kin write at the left end, one
/// text behind the other, [`end`](Line::end) at the right end. Text that is too long for the free
/// columns between is cut with an ellipsis.
///
/// ```text
/// canvas.line(2).skip(1).cell(8, "law", Role::Text).put("31.4 %", Role::Text).end("held", Role::Dim);
///  law     31.4 %                                                                             held
/// ```
pub struct Line<'a> {
    canvas: Canvas<'a>,
    left: u16,
    right: u16,
}

impl Canvas<'_> {
    /// A row to write in; one below the last has no columns.
    pub fn line(&mut self, row: u16) -> Line<'_> {
        let y = self.area().y.saturating_add(row);
        let width = if row < self.area().height { self.area().width } else { 0 };
        Line::new(self.within(Rect { y, width, height: 1, ..self.area() }))
    }

    /// What is right of a position in its row, up to the right edge of this part.
    pub fn line_at(&mut self, x: u16, y: u16) -> Line<'_> {
        let inside = (self.area().top()..self.area().bottom()).contains(&y);
        let width = if inside { self.area().right().saturating_sub(x) } else { 0 };
        Line::new(self.within(Rect { x, y, width, height: 1 }))
    }

    /// One dim line, a column from the left: for a panel that has nothing to show.
    pub fn note(&mut self, text: &str) {
        self.line(0).skip(1).put(text, Role::Dim);
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(canvas: Canvas<'a>) -> Self {
        let (left, right) = (canvas.area().left(), canvas.area().right());
        Line { canvas, left, right }
    }

    /// Columns that are still free.
    pub fn space(&self) -> u16 {
        self.right.saturating_sub(self.left)
    }

    /// The columns that are still free, as an area.
    pub fn rest(&self) -> Rect {
        Rect { x: self.left, width: self.space(), ..self.canvas.area() }
    }

    /// The columns that are still free, to be drawn on.
    pub fn canvas(&mut self) -> Canvas<'_> {
        let rest = self.rest();
        self.canvas.within(rest)
    }

    /// The next columns as a line of their own; the rest of this line is behind them.
    pub fn part(&mut self, columns: u16) -> Line<'_> {
        let part = Rect { width: columns.min(self.space()), ..self.rest() };
        self.skip(columns);
        Line::new(self.canvas.within(part))
    }

    /// Leaves columns free on the left.
    pub fn skip(&mut self, columns: u16) -> &mut Self {
        self.left = self.left.saturating_add(columns).min(self.right.max(self.left));
        self
    }

    /// Leaves columns free on the right.
    pub fn skip_end(&mut self, columns: u16) -> &mut Self {
        self.right = self.right.saturating_sub(columns).max(self.left.min(self.right));
        self
    }

    /// Goes on at a column of the terminal, if that is further right.
    pub fn to(&mut self, x: u16) -> &mut Self {
        self.skip(x.saturating_sub(self.left))
    }

    /// Writes a text at the left end.
    pub fn put(&mut self, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        self.put_most(u16::MAX, text, ink)
    }

    /// Writes a text at the left end, cut to `most` columns.
    pub fn put_most(&mut self, most: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let at = self.start();
        let style = ink.style(self.canvas.look());
        self.left = self.canvas.write(at, most.min(self.space()), text.as_ref(), style);
        self
    }

    /// Writes a text at the left of a cell of `width` columns. The next text goes behind the cell.
    pub fn cell(&mut self, width: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let end = self.left.saturating_add(width);
        self.put_most(width, text, ink).to(end)
    }

    /// Writes a text at the right of a cell of `width` columns. The next text goes behind the cell.
    pub fn cell_right(&mut self, width: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let shown = fit(self.canvas.look(), text.as_ref(), usize::from(width));
        let before = width.saturating_sub(columns(&shown));
        self.skip(before).put(&shown, ink)
    }

    /// Writes a text at the right end.
    pub fn end(&mut self, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let shown = fit(self.canvas.look(), text.as_ref(), usize::from(self.space()));
        let at = Position { x: self.right.saturating_sub(columns(&shown)), ..self.start() };
        let style = ink.style(self.canvas.look());
        self.canvas.write(at, self.right.saturating_sub(at.x), &shown, style);
        self.right = at.x;
        self
    }

    /// Writes a text at the right of a cell of `width` columns, which is taken off the right end.
    pub fn cell_end(&mut self, width: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let start = self.right.saturating_sub(width).max(self.left);
        let shown = fit(self.canvas.look(), text.as_ref(), usize::from(self.right - start));
        self.end(&shown, ink);
        self.skip_end(self.right.saturating_sub(start))
    }

    /// Where the next text goes.
    fn start(&self) -> Position {
        Position { x: self.left, y: self.canvas.area().y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::{Look, Marks, Theme};
    use crate::tui::picture::text;
    use ratatui::buffer::Buffer;

    fn drawn(width: u16, write: impl FnOnce(&mut Line<'_>)) -> String {
        let look = Look { theme: Theme::dark(), marks: Marks::Braille };
        let mut buf = Buffer::empty(Rect { x: 0, y: 0, width, height: 1 });
        write(&mut Canvas::new(&mut buf, &look).line(0));
        text(&buf).trim_end().to_owned()
    }

    #[test]
    fn a_line_is_written_from_both_ends() {
        let row = drawn(20, |line| {
            line.skip(1)
                .cell(6, "law", Role::Text)
                .put("31.4 %", Role::Text)
                .end("held", Role::Dim);
        });
        assert_eq!(row, " law   31.4 %   held");
        let row = drawn(12, |line| {
            line.cell_right(6, "0.5", Role::Text).cell_end(5, "x", Role::Dim);
            assert_eq!((line.space(), line.rest().x), (1, 6));
        });
        assert_eq!(row, "   0.5     x");
    }

    #[test]
    fn text_is_cut_to_the_free_columns_and_overwrites_nothing() {
        let cut = |width, text: &str| {
            drawn(width, |line| {
                line.put(text, Role::Text);
            })
        };
        assert_eq!([cut(6, "expanded"), cut(3, "law"), cut(0, "law")], ["expan…", "law", ""]);
        let row = drawn(8, |line| {
            line.cell_right(4, "expanded", Role::Text).end("held", Role::Dim);
        });
        assert_eq!(row, "exp…held");
        let row = drawn(8, |line| {
            line.end("held", Role::Dim).put("expanded", Role::Text).skip(9).end("x", Role::Dim);
        });
        assert_eq!(row, "exp…held");
    }
}
