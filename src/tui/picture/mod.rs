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

use super::app::model::{Model, Outset};
use super::app::update::refresh;
use super::app::view::draw;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen of this number (from 1; the first where there is no such screen) as it opens, in the
/// outset's size.
pub fn screen(outset: Outset, number: u8) -> Buffer {
    let (width, height) = outset.size;
    let mut model = Model::new(outset);
    model.show(number);
    refresh(&mut model);
    let area = Rect { x: 0, y: 0, width, height };
    let mut buf = Buffer::empty(area);
    draw(&model, area, &mut buf);
    buf
}
