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
