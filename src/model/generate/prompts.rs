//! What texts begin with: checked, packed for the forward pass, and laid side by side.

use super::{Prompt, Sampling};
use crate::model::sequence::{DeviceSequence, on};
use crate::model::{Architecture, ModelError};
use crate::torch::TorchError;
use tch::Tensor;

/// Checked prompts, at least one, none empty.
pub(super) struct Prompts<'a> {
    prompts: &'a [Prompt],
    longest: usize,
}

impl<'a> Prompts<'a> {
    /// Checks that none is empty and that all can be continued as the sampling says.
    ///
    /// # Errors
    /// [`ModelError::Generation`]. Tokens outside of the vocabulary are found by [`Prompts::sequence`].
    pub fn new(
        prompts: &'a [Prompt],
        sampling: &Sampling,
        a: &Architecture,
    ) -> Result<Self, ModelError> {
        let new = sampling.max_new_tokens;
        let window = a.window.filter(|window| *window < a.max_positions);
        for (index, prompt) in prompts.iter().enumerate() {
            let given = prompt.tokens.len();
            if given == 0 {
                let reason = format!("prompt {index} is empty; it needs at least the start token");
                return Err(ModelError::Generation { reason });
            }
            let limit = window.unwrap_or(a.max_positions);
            if given.saturating_add(new) > limit {
                let what = match window {
                    Some(_) => "attends within a sliding window, which is not computed, of",
                    None => "was made for texts of at most",
                };
                let reason = format!(
                    "prompt {index} has {given} tokens and max_new_tokens is {new}, but the model \
                     {what} {limit} tokens; together they must not exceed {limit}"
                );
                return Err(ModelError::Generation { reason });
            }
        }
        let longest = prompts.iter().map(|prompt| prompt.tokens.len()).max().unwrap_or(0);
        Ok(Prompts { prompts, longest })
    }

    /// Columns that they take side by side: the length of the longest.
    pub fn columns(&self) -> i64 {
        self.longest as i64
    }

    pub fn are_equally_long(&self) -> bool {
        self.prompts.iter().all(|prompt| prompt.tokens.len() == self.longest)
    }

    /// Column in which each begins; all end in the same one.
    pub fn begins(&self) -> Vec<i64> {
        self.lengths().map(|length| self.columns() - length).collect()
    }

    pub fn lengths(&self) -> impl Iterator<Item = i64> {
        self.prompts.iter().map(|prompt| prompt.tokens.len() as i64)
    }

    /// Where each ends in the sequence that they are packed into, and where the first begins.
    fn cu_seqlens(&self) -> Vec<i64> {
        let ends = self.lengths().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        std::iter::once(0).chain(ends).collect()
    }

    /// All of them behind one another, on the device.
    ///
    /// # Errors
    /// A token that the vocabulary does not have.
    pub fn sequence(
        &self,
        a: &Architecture,
        frequencies: &Tensor,
    ) -> Result<DeviceSequence, ModelError> {
        let tokens: Vec<i64> =
            self.prompts.iter().flat_map(|prompt| prompt.tokens.iter().copied()).collect();
        let positions: Vec<i64> = self.lengths().flat_map(|length| 0..length).collect();
        DeviceSequence::new(&tokens, &positions, &self.cu_seqlens(), a, frequencies)
    }

    /// Indices of their last tokens in the packed sequence.
    pub fn last_indices(&self) -> Vec<i64> {
        self.cu_seqlens()[1..].iter().map(|end| end - 1).collect()
    }

    /// For each column of each prompt its index in the packed sequence; before a prompt begins, the
    /// index of its first token. `None` if they are in this order already.
    pub fn side_by_side(&self, packed: &DeviceSequence) -> Result<Option<Tensor>, TorchError> {
        if self.are_equally_long() {
            return Ok(None);
        }
        let mut indices = Vec::with_capacity(self.prompts.len() * self.longest);
        for ends in packed.cu_seqlens.windows(2) {
            let before = self.columns() - (ends[1] - ends[0]);
            indices.extend(std::iter::repeat_n(ends[0], before as usize));
            indices.extend(ends[0]..ends[1]);
        }
        Ok(Some(on(packed.tokens_t.device(), &indices)?))
    }
}
