//! What keys, mouse and typed text mean, before any screen sees them.

pub mod filter;
pub mod keys;
pub mod typing;
