//! The samples in flight, one row of every tensor each.

use super::cache::Cache;
use super::prompts::Prompts;
use super::stream::Uniforms;
use super::{Generated, Prompt, Sampling};
use crate::model::layer::library_linear;
use crate::model::sequence::{Rotation, on};
use crate::model::{Model, ModelError};
use crate::torch::TorchError;
use tch::{Device, Kind, Tensor};

/// When this share of the rows (1 / n) has ended, the others move to smaller tensors.
const SHARE_OF_ENDED: usize = 8;

/// Texts that are continued side by side.
pub(super) struct Batch<'a> {
    model: &'a Model,
    sampling: &'a Sampling,
    rows: Vec<Text>,
    cache: Cache,
    /// Position of the newest token of each text, f32.
    position_b: Tensor,
    /// Tokens of the texts so far, where the sampling looks back; a shorter text is filled up in front
    /// with its first token.
    history_bt: Option<Tensor>,
}

/// What the host knows of a text.
struct Text {
    /// Index of its prompt.
    index: usize,
    uniforms: Uniforms,
    /// End tokens until its text is over.
    turns_left: usize,
    /// Whether its text is over; what the row computes then is thrown away.
    ended: bool,
}

impl<'a> Batch<'a> {
    /// Computes the prompts, and the logits `[b, v]` of what follows them.
    pub fn begin(
        model: &'a Model,
        prompts: &[Prompt],
        sampling: &'a Sampling,
    ) -> Result<(Self, Tensor), ModelError> {
        let architecture = model.architecture();
        let device = model.frequencies.device();
        let checked = Prompts::new(prompts, sampling, architecture)?;
        let packed = checked.sequence(architecture, &model.frequencies)?;
        let indices = checked.side_by_side(&packed)?;
        let side_by_side = |packed: Tensor| match &indices {
            Some(indices) => packed.f_index_select(0, indices),
            None => Ok(packed),
        };
        let mut cache = Cache::new(&checked, sampling.max_new_tokens, device, model.compute)?;
        let mut hidden_td = model.embed(&packed.tokens_t)?;
        for layer in &model.layers {
            let (output_td, keys, values) = layer.prefill(&hidden_td, &packed)?;
            cache.add(&side_by_side(keys)?, &side_by_side(values)?)?;
            hidden_td = output_td;
        }
        let last_bd = hidden_td.f_index_select(0, &on(device, &checked.last_indices())?)?;
        let history_bt = match sampling.looks_back() {
            true => Some(side_by_side(packed.tokens_t)?.f_view([-1, checked.columns()])?),
            false => None,
        };
        let lengths: Vec<i64> = checked.lengths().collect();
        let position_b = on(device, &lengths)?.f_to_kind(Kind::Float)?.f_add_scalar_(-1.0)?;
        let text = |(index, prompt): (usize, &Prompt)| Text {
            index,
            uniforms: Uniforms::new(prompt.stream),
            turns_left: sampling.turns,
            ended: false,
        };
        let rows = prompts.iter().enumerate().map(text).collect();
        let logits_bv = model.next_logits(&last_bd)?;
        Ok((Batch { model, sampling, rows, cache, position_b, history_bt }, logits_bv))
    }

    /// The next token of each row, `[b]`, on the device.
    pub fn choose(&mut self, logits_bv: Tensor) -> Result<Tensor, TorchError> {
        let uniforms_b = match self.sampling.is_greedy() {
            true => None,
            false => {
                let drawn: Vec<f64> = self.rows.iter_mut().map(|row| row.uniforms.draw()).collect();
                Some(Tensor::f_from_slice(&drawn)?.f_to(logits_bv.device())?)
            }
        };
        self.sampling.choose(logits_bv, self.history_bt.as_ref(), uniforms_b.as_ref())
    }

    /// Reads the new tokens, the only thing that comes back from the device, and adds them to the
    /// texts that go on.
    ///
    /// # Errors
    /// Logits that were not finite.
    pub fn read(
        &mut self,
        tokens_b: &Tensor,
        ends: &[i64],
        texts: &mut [Generated],
    ) -> Result<(), ModelError> {
        let tokens: Vec<i64> = Vec::try_from(&tokens_b.f_to(Device::Cpu)?)?;
        for (row, token) in self.rows.iter_mut().zip(tokens).filter(|(row, _)| !row.ended) {
            let text = &mut texts[row.index];
            if token < 0 {
                let (index, after) = (row.index, text.tokens.len());
                let reason = format!(
                    "the model's logits are not finite in text {index} after {after} new tokens; \
                     its weights or activations have overflowed"
                );
                return Err(ModelError::Generation { reason });
            }
            row.turns_left -= usize::from(ends.contains(&token));
            row.ended = row.turns_left == 0;
            text.ended = row.ended;
            if !row.ended {
                text.tokens.push(token);
            }
        }
        Ok(())
    }

    pub fn all_have_ended(&self) -> bool {
        self.rows.iter().all(|row| row.ended)
    }

    /// Lets the rows go that have ended, if they are many, and computes the new tokens of the
    /// others, and the logits of what follows them.
    pub fn step(&mut self, tokens_b: Tensor) -> Result<Tensor, ModelError> {
        let tokens_b = self.without_ended(tokens_b)?;
        if let Some(history_bt) = &self.history_bt {
            self.history_bt = Some(Tensor::f_cat(&[history_bt, &tokens_b.f_unsqueeze(1)?], 1)?);
        }
        self.position_b = self.position_b.f_add_scalar_(1.0)?;
        let rotation = Rotation::new(&self.position_b, &self.model.frequencies)?;
        let newest = self.cache.open_column(rotation)?;
        let mut hidden_bd = self.model.embed(&tokens_b)?;
        for (layer, past) in self.model.layers.iter().zip(&self.cache.layers) {
            hidden_bd = layer.step(&hidden_bd, &newest, past)?;
        }
        self.model.next_logits(&hidden_bd)
    }

    fn without_ended(&mut self, tokens_b: Tensor) -> Result<Tensor, TorchError> {
        let ended = self.rows.iter().filter(|row| row.ended).count();
        if ended * SHARE_OF_ENDED < self.rows.len() || ended == 0 {
            return Ok(tokens_b);
        }
        let going_on = self.rows.iter().enumerate().filter(|(_, row)| !row.ended);
        let kept: Vec<i64> = going_on.map(|(i, _)| i as i64).collect();
        self.rows.retain(|row| !row.ended);
        let kept = on(tokens_b.device(), &kept)?;
        self.cache.keep(&kept)?;
        self.position_b = self.position_b.f_index_select(0, &kept)?;
        let history_bt = self.history_bt.as_ref().map(|all| all.f_index_select(0, &kept));
        self.history_bt = history_bt.transpose()?;
        Ok(tokens_b.f_index_select(0, &kept)?)
    }
}

impl Model {
    /// Logits `[b, v]`, f32, of what follows the tokens with this residual stream.
    fn next_logits(&self, hidden_bd: &Tensor) -> Result<Tensor, ModelError> {
        let (normed_bd, _) = self.final_norm.forward(hidden_bd)?;
        Ok(library_linear(&normed_bd, &self.head_vd.in_kind(normed_bd.kind())?, None)?
            .f_to_kind(Kind::Float)?)
    }
}
