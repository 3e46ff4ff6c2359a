//! Texts drawn from the model, many at a time.
//!
//! ```text
//!  prompts ─▶ prefill ─▶ logits_bv ─▶ choose ─▶ tokens_b ─▶ host: whose text has ended?
//!                │           ▲                      │
//!                └─▶ cache ─▶└────────  step ◀──────┘
//! ```
//!
//! The prompts go through the layers as the documents of one packed sequence; from then on each step
//! takes one new token of every sample, and attention reads the rest from the cache. Per step one
//! number per sample goes to the device (the random one) and one comes back (the token).
//!
//! | letter | meaning, besides those of [`super`] |
//! |---|---|
//! | `r` | query heads that share a key/value head |

mod batch;
mod cache;
mod prompts;
mod sampling;
mod stream;

use super::{Model, ModelError};
use crate::unit::Bytes;
use batch::Batch;
pub use sampling::Sampling;
pub use stream::Stream;

/// What a text begins with, and what it is drawn by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Its tokens, at least one: see [`SpecialTokens::start`](super::SpecialTokens).
    pub tokens: Vec<i64>,
    /// Its random numbers; without effect where the likeliest token is taken.
    pub stream: Stream,
}

/// A text that was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Its tokens, without the prompt and without the last end token.
    pub tokens: Vec<i64>,
    /// Whether an end token came; otherwise the text was cut at its greatest length.
    pub ended: bool,
}

impl Model {
    /// Continues all prompts side by side until the end token (one of `ends`) of the last turn, or
    /// the greatest length; the texts have the prompts' order. Prompts may differ in length.
    /// `between` is called after each position; when it returns `true` generation stops, with
    /// `None`.
    ///
    /// The same call gives the same texts, on the same device and library. In another batch a
    /// sample has the same random numbers, but matmuls over another number of rows may round
    /// otherwise, so that its text can differ where two tokens are as good as equal.
    ///
    /// Memory: the model, [`Model::cache_bytes_per_token`] for every token of every sample, the
    /// activations of one layer over all prompts, and a few times the logits of one position,
    /// samples × vocabulary × 4 bytes. After an error that
    /// [is lack of memory](ModelError::is_out_of_memory) fewer prompts may fit.
    ///
    /// Under `MixedBf16` the f32 weights are rounded anew in every step; a model that only
    /// generates is opened in `PureBf16` on a GPU and in `F32` on the CPU.
    ///
    /// # Errors
    /// Settings out of range; a prompt that is empty, too long or not of this vocabulary; logits
    /// that are not finite; libtorch fails.
    pub fn generate(
        &self,
        prompts: &[Prompt],
        sampling: &Sampling,
        ends: &[i64],
        between: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<Generated>>, ModelError> {
        sampling.check()?;
        let mut texts = vec![Generated::default(); prompts.len()];
        if prompts.is_empty() {
            return Ok(Some(texts));
        }
        let _no_grad = tch::no_grad_guard();
        let (mut batch, mut logits_bv) = Batch::begin(self, prompts, sampling)?;
        for left in (0..sampling.max_new_tokens).rev() {
            let tokens_b = batch.choose(logits_bv)?;
            batch.read(&tokens_b, ends, &mut texts)?;
            if left == 0 || batch.all_have_ended() {
                break;
            }
            if between() {
                return Ok(None);
            }
            logits_bv = batch.step(tokens_b)?;
        }
        Ok(Some(texts))
    }

    /// Bytes of the key-value cache for one token of one sample: over all layers, 2 · key/value heads
    /// · size of a head · 2 bytes in bf16 or 4 in f32 (128 KiB for Llama-3-8B in bf16). Memory is set
    /// aside in steps that double, so that it may be up to twice as much.
    pub fn cache_bytes_per_token(&self) -> Bytes {
        let layers = self.architecture().layers.iter();
        let numbers: i64 =
            layers.map(|layer| 2 * layer.attention.kv_heads * layer.attention.head_dim).sum();
        Bytes(numbers as u64 * self.compute.elt_size_in_bytes() as u64)
    }
}

#[cfg(test)]
mod tests;
