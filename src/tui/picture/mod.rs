//! A screen as a picture that can be kept: plain text, text with colours, SVG. Pure.

mod ansi;
mod shapes;
mod svg;
mod text;
#[cfg(test)]
mod tests;

pub use ansi::ansi;
pub use svg::svg;
pub use text::text;

use super::model::{Model, Outset};
use super::update::refresh;
use super::view::draw;
use ratatui::buffer::Buffer;

/// The screen of this number (from 1; the first where there is no such screen) as it opens, in the
/// outset's size.
pub fn screen(outset: Outset, number: u8) -> Buffer {
    drawn(&mut Model::new(outset), number)
}

/// The screen of this number as it is now.
pub(super) fn drawn(model: &mut Model, number: u8) -> Buffer {
    model.show(number);
    refresh(model);
    let area = model.area();
    let mut buf = Buffer::empty(area);
    draw(model, area, &mut buf);
    buf
}
