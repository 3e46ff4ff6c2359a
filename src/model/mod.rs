//! Decoders of the Llama, Mistral and Qwen families: weights in, forward, backward, weights out.
//! Knows no optimizer step and no screen.
//!
//! ```text
//!  Hub id ─▶ hub ─▶ folder ─▶ config ─▶ families ─▶ Architecture: the description of every layer
//!                     │                                │
//!                     └────▶ weights ─▶ Model ◀─ init  ├─▶ tensors (names and shapes)
//!                                         │            └─▶ layer (forward, backward, generation)
//!                                         ├─ pass      (packed sequences: losses and gradients)
//!                                         ├─ generate  (prompts: texts, many at a time)
//!                                         └─ save ─▶ folder that transformers loads
//! ```
//!
//! A further family of the same arithmetic is a file in `families/`. Another arrangement of a layer
//! is a field of its description (`architecture`) and the step in `layer/` that reads it.
//!
//! Tensors are named by shape. The letters:
//!
//! | letter | meaning |
//! |---|---|
//! | `t` | tokens of a packed sequence: documents behind one another, flat, nothing padded |
//! | `d` | width of the residual stream (`hidden_size`) |
//! | `h`, `g` | query heads, key/value heads |
//! | `e` | size of a head (`head_dim`) |
//! | `f` | width of the feed-forward part (`intermediate_size`) |
//! | `v` | vocabulary |
//! | `k` | domains |
//! | `i`, `o` | inputs and outputs of a projection |
//! | `b` | samples that are generated side by side |
//! | `c` | columns of the key-value cache |

mod architecture;
mod config;
mod decoder;
mod error;
mod families;
mod generate;
mod gradients;
mod hub;
mod init;
mod key_values;
mod layer;
mod param;
mod params;
mod pass;
mod recompute;
mod rope;
mod save;
mod sequence;
mod source;
mod tensor_file;
mod tensors;
mod weight;
mod weights;

pub use crate::hub::Fetching;
pub use architecture::Architecture;
pub use config::SpecialTokens;
pub use decoder::Model;
pub use error::ModelError;
pub use generate::{Generated, Prompt, Sampling, Stream};
#[cfg(test)]
pub(crate) use hub::ModelFiles;
pub use hub::{resolve, resolve_architecture};
pub use param::Param;
pub use pass::{PassMemory, PassOptions, PassPart};
pub use recompute::Recompute;
pub use rope::{Rope, RopeScaling};
pub use save::{ModelFolder, StoredAs};
pub use source::{ModelSource, Precision};
pub use tensor_file::{StoredTensor, TensorFile, write_tensors};

#[cfg(test)]
mod tests;
