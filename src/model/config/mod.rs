//! A model's `config.json` and `generation_config.json` in HF layout.
//!
//! The raw struct (`raw`) takes both spellings of every field (transformers 4 and 5). Whatever
//! changes the arithmetic and is not computed here is an error, never ignored (`reader`). What the
//! fields mean for a family is in [`families`](super::families).

mod raw;
mod reader;
mod special;

pub(super) use reader::{Config, Defaults, Sizes};
pub use special::SpecialTokens;
