use super::text::fit;
use crate::tui::look::{Glyphs, Look, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// How something is drawn: a [`Role`], to which the theme gives a style, or a style itself, such as
/// that of a domain's series.
pub trait Ink: Copy {
    /// The style under this look.
    fn style(self, look: &Look) -> Style;
}

impl Ink for Role {
    fn style(self, look: &Look) -> Style {
        look.style(self)
    }
}

impl Ink for Style {
    fn style(self, _look: &Look) -> Style {
        self
    }
}

/// A part of the picture with the look that everything on it has. All drawing goes through it.
///
/// Positions are those of the terminal, so that a click is found where something was drawn; rows
/// given as a number count from the top of the part. Nothing outside the picture is ever written.
pub struct Canvas<'a> {
    buf: &'a mut Buffer,
    look: &'a Look,
    area: Rect,
}

impl<'a> Canvas<'a> {
    /// The whole of a picture.
    pub fn new(buf: &'a mut Buffer, look: &'a Look) -> Self {
        let area = buf.area;
        Canvas { buf, look, area }
    }

    /// Where it is in the picture.
    pub fn area(&self) -> Rect {
        self.area
    }

    /// How everything on it looks.
    pub fn look(&self) -> &'a Look {
        self.look
    }

    /// The marks that the terminal can show.
    pub fn glyphs(&self) -> &'static Glyphs {
        self.look.glyphs()
    }

    /// Another part of the same picture.
    pub fn within(&mut self, area: Rect) -> Canvas<'_> {
        let area = area.intersection(self.buf.area);
        Canvas { buf: self.buf, look: self.look, area }
    }

    /// This part without some columns on each side.
    pub fn inset(&mut self, columns: u16) -> Canvas<'_> {
        let Rect { x, width, .. } = self.area;
        let left = columns.min(width);
        let width = width.saturating_sub(2 * columns);
        self.within(Rect { x: x + left, width, ..self.area })
    }

    /// Removes columns on both sides.
    pub(super) fn trim(&mut self, columns: u16) {
        self.area = self.inset(columns).area;
    }

    /// Removes rows at the top.
    pub(super) fn trim_top(&mut self, rows: u16) {
        let rows = rows.min(self.area.height);
        self.area = Rect { y: self.area.y + rows, height: self.area.height - rows, ..self.area };
    }

    /// One sign, a column wide, in one cell.
    pub fn mark(&mut self, at: impl Into<Position>, sign: &str, ink: impl Ink) {
        if let Some(cell) = self.buf.cell_mut(at.into()) {
            cell.set_symbol(sign).set_style(ink.style(self.look));
        }
    }

    /// What a cell shows; `None` outside the picture.
    pub fn sign_at(&self, at: impl Into<Position>) -> Option<&str> {
        self.buf.cell(at.into()).map(|cell| cell.symbol())
    }

    /// Empties a cell but for its background, so that no modifier of what was there stays.
    pub fn wipe(&mut self, at: impl Into<Position>) {
        if let Some(cell) = self.buf.cell_mut(at.into()) {
            let background = cell.bg;
            cell.reset();
            cell.bg = background;
        }
    }

    /// Empties all of it, background included.
    pub fn clear(&mut self) {
        for at in self.area.positions() {
            if let Some(cell) = self.buf.cell_mut(at) {
                cell.reset();
            }
        }
    }

    /// Lays a style over all of it.
    pub fn paint(&mut self, ink: impl Ink) {
        self.buf.set_style(self.area, ink.style(self.look));
    }

    /// Writes a text, cut to `width` columns, and returns the column behind it.
    pub(super) fn write(&mut self, at: Position, width: u16, text: &str, style: Style) -> u16 {
        let shown = fit(self.look, text, usize::from(width));
        if width == 0 || !self.buf.area.contains(at) {
            return at.x;
        }
        self.buf.set_stringn(at.x, at.y, &shown, usize::from(width), style).0
    }

    /// The left edge of the whole picture.
    pub(super) fn left_edge(&self) -> u16 {
        self.buf.area.x
    }
}
