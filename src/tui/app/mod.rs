//! The model of the screens, what changes it, and how it is drawn.
//!
//! ```text
//! update ─▶ keyboard ─┬─▶ dialogs ─▶ actions ─▶ model
//!        └▶ pointing ─┘       └▶ replaying        │
//!                                  view ◀─────────┘
//! ```

mod actions;
mod dialogs;
mod effect;
mod keyboard;
mod model;
mod on_screen;
mod pointing;
mod replay;
mod replaying;
mod update;
mod view;

pub use effect::Effect;
pub use model::{Model, ModelInit};
pub use update::{Message, frame, refresh, update};
pub use view::draw;
