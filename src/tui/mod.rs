//! The screens: a model that the run's records and the operator's keys change, and its picture.
//!
//! ```text
//!  Record ─┐                       ┌▶ Request (to the engine, sent by the caller)
//!  key ────┼▶ update(model, …) ────┤
//!  tick ───┘        │              └▶ leave
//!                   ▼
//!          draw(model, buffer) ─▶ cells that changed ─▶ one synchronized write to the terminal
//! ```
//!
//! Nothing here knows the engine: records come in, requests go out. `update` and `draw` do no I/O and
//! read no clock; only `terminal` does.
//!
//! | module | what is in it |
//! |---|---|
//! | `app` | the model, what changes it (`update`) and what is drawn around a screen (`view`) |
//! | `choice` | the list of runs from which one is chosen |
//! | `clipboard` | what is copied, for the terminal's clipboard |
//! | `compare` | several runs over each other |
//! | `screens` | one file or folder for each screen; the list of them |
//! | `dialog`, `edit` | what opens over the screens; edits of live values with their previews |
//! | `scene` | what screens are drawn from: the run, its newest records, the look, the time |
//! | `draw` | canvas, lines, panels, bars, lists and tables, for all of these |
//! | `chart`, `timeline` | curves in cells; the x axis and the part of it that is shown |
//! | `input`, `keys` | actions, the mouse, typed text; which key does what |
//! | `look` | themes, and what a terminal can show |
//! | `picture` | a frame as text, as text with colours, as SVG |
//! | `ring` | alerts at this terminal: bell and desktop |
//! | `terminal` | threads, the clock, bytes in and out |

mod app;
mod chart;
mod choice;
mod clipboard;
mod compare;
mod dialog;
mod draw;
mod edit;
mod input;
pub mod keys;
pub mod look;
pub mod picture;
mod ring;
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
pub use choice::{RunChoice, RunLine};
pub use compare::RunComparison;
pub use ring::TerminalWays;
pub use screens::ScreenId;
