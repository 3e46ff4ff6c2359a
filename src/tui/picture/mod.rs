//! A screen as plain text, as text with colours, or as SVG. Pure.

mod ansi;
mod shapes;
mod svg;
mod text;
#[cfg(test)]
mod tests;

pub use ansi::ansi;
pub use svg::svg;
pub use text::text;
