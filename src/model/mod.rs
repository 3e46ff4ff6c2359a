//! Decoders of the Llama, Mistral and Qwen families: weights in, forward, backward, weights out.
//! Knows no optimizer step and no screen.
//!
//! ```text
//!  Hub id ─▶ hub ─▶ folder ─▶ config  ─▶ Architecture ─▶ layout (names and shapes)
//!                     │                                     │
//!                     └────▶ weights ─▶ Model ◀─ init       ▼
//!                                         │  ├─ layer (forward of one layer)
//!                                         │  ├─ pass  (rows: losses and gradients, layer by layer)
//!                                         │  └─ generate (prompts: texts, many at a time)
//!                                       save ─▶ folder that transformers loads
//! ```
//!
//! Tensors are named by shape. The letters:
//!
//! | letter | meaning |
//! |---|---|
//! | `t` | tokens of a packed row: documents behind one another, flat, nothing padded |
//! | `d` | width of the residual stream (`hidden_size`) |
//! | `h`, `g` | query heads, key/value heads |
//! | `e` | size of a head (`head_dim`) |
//! | `f` | width of the feed-forward part (`intermediate_size`) |
//! | `v` | vocabulary |
//! | `k` | domains |
//! | `b` | samples that are generated side by side |
//! | `c` | columns of the key-value cache |

mod config;
mod decoder;
mod error;
mod generate;
mod hub;
mod init;
mod layer;
mod layout;
mod pass;
mod rope;
mod row;
mod save;
mod source;
mod weights;

pub use config::{Architecture, Family, SpecialTokens};
pub use decoder::{Model, Param};
pub use error::ModelError;
pub use generate::{Generated, Prompt, Sampling, Stream};
pub use hub::{Fetching, resolve};
pub use pass::RowOptions;
pub use rope::{Rope, RopeScaling};
pub use save::StoredAs;
pub use source::{ModelSource, Precision};

#[cfg(test)]
mod tests;
