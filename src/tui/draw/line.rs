use super::canvas::{Canvas, Ink};
use super::text::{columns, fit};
use crate::tui::look::Role;
use ratatui::layout::{Position, Rect};

/// A row that is written from both ends: what is put goes to the left end, one behind the other, what
/// is ended to the right one. Text that is too long for the columns between is cut with an ellipsis.
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
    /// A row to write in; one below the last takes nothing.
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

    /// One dim line, a column from the left: what is said where there is nothing to show.
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
    pub fn room(&self) -> u16 {
        self.right.saturating_sub(self.left)
    }

    /// The columns that are still free, as a place.
    pub fn rest(&self) -> Rect {
        Rect { x: self.left, width: self.room(), ..self.canvas.area() }
    }

    /// The columns that are still free, to be drawn on.
    pub fn canvas(&mut self) -> Canvas<'_> {
        let rest = self.rest();
        self.canvas.within(rest)
    }

    /// The next columns, so many of them, as a line of their own; this one goes on behind them.
    pub fn part(&mut self, columns: u16) -> Line<'_> {
        let place = Rect { width: columns.min(self.room()), ..self.rest() };
        self.skip(columns);
        Line::new(self.canvas.within(place))
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

    /// Writes a text on the left, as wide as it is.
    pub fn put(&mut self, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        self.put_most(u16::MAX, text, ink)
    }

    /// The same in so many columns at most.
    pub fn put_most(&mut self, most: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let at = self.start();
        let style = ink.style(self.canvas.look());
        self.left = self.canvas.write(at, most.min(self.room()), text.as_ref(), style);
        self
    }

    /// Writes a text at the left of a cell of so many columns, and goes on behind the cell.
    pub fn cell(&mut self, width: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let end = self.left.saturating_add(width);
        self.put_most(width, text, ink).to(end)
    }

    /// The same at the right of the cell. A text that is too wide is cut.
    pub fn cell_right(&mut self, width: u16, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let shown = fit(self.canvas.look(), text.as_ref(), usize::from(width));
        let before = width.saturating_sub(columns(&shown));
        self.skip(before).put(&shown, ink)
    }

    /// Writes a text on the right, as wide as it is.
    pub fn end(&mut self, text: impl AsRef<str>, ink: impl Ink) -> &mut Self {
        let shown = fit(self.canvas.look(), text.as_ref(), usize::from(self.room()));
        let at = Position { x: self.right.saturating_sub(columns(&shown)), ..self.start() };
        let style = ink.style(self.canvas.look());
        self.canvas.write(at, self.right.saturating_sub(at.x), &shown, style);
        self.right = at.x;
        self
    }

    /// Writes a text at the right of the last columns, so many of them, and takes them away.
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
            assert_eq!((line.room(), line.rest().x), (1, 6));
        });
        assert_eq!(row, "   0.5     x");
    }

    #[test]
    fn what_has_no_room_is_cut_and_nothing_is_overwritten() {
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
