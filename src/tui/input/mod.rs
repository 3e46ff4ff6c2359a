//! Actions, mouse events and typed text, before they reach a screen.

mod action;
mod filter;
mod mouse;
mod typing;

pub use action::Action;
pub use filter::Words;
pub use mouse::Mouse;
pub use typing::{type_key, type_text};
