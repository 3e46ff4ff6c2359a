//! A comparison of runs as text and as JSON.

mod config;
mod grid;
mod json;
mod losses;
mod text;
mod words;
#[cfg(test)]
mod tests;

pub use json::comparison_json;
pub use text::comparison_text;
