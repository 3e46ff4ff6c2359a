//! The model of the screens, what changes it, and how it is drawn.
//!
//! ```text
//! update ─▶ keyboard ─┬─▶ dialogs ─▶ actions ─▶ model
//!        └▶ pointing ─┘                           │
//!                                  view ◀─────────┘
//! ```

mod actions;
mod dialogs;
mod keyboard;
mod model;
mod pointing;
mod update;
mod view;

pub use actions::Effect;
pub use model::{Model, ModelInit};
pub use update::{Message, frame, refresh, update};
pub use view::draw;
