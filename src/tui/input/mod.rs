//! What keys, mouse and typed text mean, before any screen sees them.

mod action;
mod filter;
mod mouse;
mod typing;

pub use action::Action;
pub use filter::Words;
pub use mouse::Mouse;
pub use typing::{type_key, type_text};
