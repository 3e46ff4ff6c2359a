//! The screens: a pure fold over the run's events and the operator's keys.
//!
//! ```text
//!  Record ─┐                       ┌▶ Request (to the engine, by whatever carries it)
//!  key ────┼▶ update(model, …) ────┤
//!  tick ───┘        │              └▶ leave
//!                   ▼
//!          view(model, frame) ─▶ cells that changed ─▶ one synchronized write to the terminal
//! ```
//!
//! Nothing here knows the engine: records come in, requests go out. Neither `update` nor `view`
//! does I/O or looks at a clock; `terminal` alone does.

pub mod keys;
mod log;
pub mod look;
mod number;
mod scene;
mod screens;
