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
//!
//! | module | what is there |
//! |---|---|
//! | `app` | the model, what changes it (`update`) and the picture around a screen (`view`) |
//! | `screens` | one file or folder for each screen; the list of them |
//! | `dialog`, `edit` | what opens over the screens; edits of live values with their previews |
//! | `scene` | what screens are drawn from: the run, its events, the look, the time |
//! | `draw` | canvas, lines, panels, bars, lists and tables, for all of these |
//! | `chart`, `timeline` | curves in cells; the x axis and the part of it that is shown |
//! | `input`, `keys` | actions, the mouse, typed text; which key does what |
//! | `look` | themes, and what a terminal can show |
//! | `picture` | a picture as text, with colours, as SVG |
//! | `terminal` | threads, the clock, bytes in and out |

mod app;
mod chart;
mod dialog;
mod draw;
mod edit;
mod input;
pub mod keys;
pub mod look;
pub mod picture;
mod scene;
mod screens;
pub mod terminal;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod testing;
mod timeline;

#[cfg(test)]
mod tests;

pub use app::{Effect, Message, Model, ModelInit, draw, frame, refresh, update};
pub use screens::ScreenId;
