//! The screens: a pure fold over the run's events and the operator's keys.
//!
//! ```text
//!  Record ─┐                       ┌▶ Request (to the engine, by whatever carries it)
//!  key ────┼▶ update(model, …) ────┤
//!  tick ───┘        │              └▶ leave
//!                   ▼
//!          draw(model, buffer) ─▶ cells that changed ─▶ one synchronized write to the terminal
//! ```
//!
//! Nothing here knows the engine: records come in, requests go out. Neither `update` nor `draw`
//! does I/O or looks at a clock; `terminal` alone does.

mod chart;
mod dialog;
mod edit;
mod facts;
mod filter;
pub mod keys;
mod log;
pub mod look;
mod meaning;
mod model;
mod number;
mod pen;
pub mod picture;
mod pointing;
mod scene;
mod screens;
mod scroll;
pub mod terminal;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod testing;
mod timeline;
mod typing;
mod update;
mod view;

#[cfg(test)]
mod tests;

pub use model::{Model, Outset};
pub use update::{Effect, Message, refresh, update};
pub use view::draw;
