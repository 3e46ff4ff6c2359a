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

mod app;
mod chart;
mod dialog;
mod draw;
mod edit;
mod input;
pub mod look;
pub mod picture;
mod scene;
mod screens;
pub mod terminal;
#[cfg(test)]
mod testing;
mod timeline;

#[cfg(test)]
mod tests;

pub use app::model::{Model, Outset};
pub use app::update::{Effect, Message, refresh, update};
pub use app::view::draw;
pub use input::keys;
