//! From logits to tokens, in the order and with the meaning of `transformers`: repetition penalty,
//! temperature, top-k, top-p, a draw. All on the device, in f32.

use crate::model::ModelError;
use crate::torch::TorchError;
use tch::{Kind, Tensor};

/// How texts are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token every time (and of equal ones the first).
    pub temperature: f64,
    /// Draws among the likeliest tokens alone, as few as have this probability together, after
    /// temperature and top-k; in (0, 1], 1 draws among all.
    pub top_p: f64,
    /// Draws among this many tokens of the highest logits, and those that equal the last of them.
    pub top_k: Option<usize>,
    /// Logits of tokens that the text has, prompt included, are divided by it if positive and
    /// multiplied by it if negative; > 0, 1 changes nothing.
    pub repetition_penalty: f64,
    /// Most tokens that a text gets, its end token included; ≥ 1.
    pub max_new_tokens: usize,
    /// End tokens at which a text is over, ≥ 1: a chat model writes one behind each turn. Those
    /// before the last stay in the text.
    pub turns: usize,
}

/// In the place of a token where the logits are not finite.
pub(super) const NOT_FINITE: i64 = -1;
/// Tokens whose probabilities are added up before the draw looks at each.
const BLOCK: i64 = 64;
/// Probabilities are added up in whole parts of 1 / this. libtorch's sums of floats along a row hang
/// on the order of the GPU's threads; those of integers do not. Sums of 2⁴⁶ parts are exact in f64 too.
const PARTS: f64 = (1u64 << 46) as f64;

impl Sampling {
    /// The likeliest token every time.
    pub fn greedy(max_new_tokens: usize) -> Self {
        let (top_p, top_k, repetition_penalty, turns) = (1.0, None, 1.0, 1);
        Sampling { temperature: 0.0, top_p, top_k, repetition_penalty, max_new_tokens, turns }
    }

    pub(super) fn is_greedy(&self) -> bool {
        self.temperature == 0.0
    }

    /// Whether the tokens of the texts so far bear on the next ones.
    pub(super) fn looks_back(&self) -> bool {
        self.repetition_penalty != 1.0
    }

    /// # Errors
    /// [`ModelError::Generation`] that names the field.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let Sampling { temperature, top_p, top_k, repetition_penalty, max_new_tokens, turns } =
            *self;
        let error = |reason: String| Err(ModelError::Generation { reason });
        if !(temperature.is_finite() && temperature >= 0.0) {
            return error(format!("temperature is {temperature}; it must be 0 or above"));
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return error(format!("top_p is {top_p}; it must lie above 0 and be at most 1"));
        }
        if top_k == Some(0) {
            return error("top_k is 0; it must be at least 1, or none to draw among all".into());
        }
        if !(repetition_penalty.is_finite() && repetition_penalty > 0.0) {
            let found = repetition_penalty;
            return error(format!("repetition_penalty is {found}; it must be above 0"));
        }
        if turns == 0 {
            return error("turns is 0; it must be at least 1".into());
        }
        if max_new_tokens == 0 {
            return error("max_new_tokens is 0; it must be at least 1".into());
        }
        Ok(())
    }

    /// The next token of each sample, `[b]`, i64, on the device, or [`NOT_FINITE`].
    ///
    /// `logits_bv` are f32. `history_bt` has the tokens of each text so far, any of them any number
    /// of times, where [`Sampling::looks_back`]; `uniforms_b` a number in [0, 1) for each sample,
    /// f64, unless greedy.
    pub(super) fn choose(
        &self,
        logits_bv: Tensor,
        history_bt: Option<&Tensor>,
        uniforms_b: Option<&Tensor>,
    ) -> Result<Tensor, TorchError> {
        let logits_bv = match history_bt {
            Some(history_bt) => penalise(logits_bv, history_bt, self.repetition_penalty)?,
            None => logits_bv,
        };
        match uniforms_b {
            None => likeliest(&logits_bv),
            Some(uniforms_b) => draw(self.warp(logits_bv)?, uniforms_b),
        }
    }

    /// Temperature, top-k, top-p: what is not drawn among is −∞ then.
    pub(super) fn warp(&self, mut logits_bv: Tensor) -> Result<Tensor, TorchError> {
        if self.temperature != 1.0 {
            logits_bv = logits_bv.f_div_scalar_(self.temperature)?;
        }
        if let Some(k) = self.top_k {
            logits_bv = keep_highest(&logits_bv, k)?;
        }
        if self.top_p < 1.0 {
            logits_bv = keep_nucleus(&logits_bv, self.top_p)?;
        }
        Ok(logits_bv)
    }
}

/// Makes the tokens of the history less likely.
pub(super) fn penalise(
    mut logits_bv: Tensor,
    history_bt: &Tensor,
    penalty: f64,
) -> Result<Tensor, TorchError> {
    let seen_bt = logits_bv.f_gather(1, history_bt, false)?;
    let lower_bt = seen_bt
        .f_mul_scalar(penalty)?
        .f_where_self(&seen_bt.f_lt(0.0)?, &seen_bt.f_div_scalar(penalty)?)?;
    Ok(logits_bv.f_scatter_(1, history_bt, &lower_bt)?)
}

/// Keeps the `k` highest and those that equal the k-th.
fn keep_highest(logits_bv: &Tensor, k: usize) -> Result<Tensor, TorchError> {
    let k = (k as i64).min(logits_bv.size2()?.1);
    let (highest_bk, _) = logits_bv.f_topk(k, -1, true, true)?;
    let least_b1 = highest_bk.f_narrow(1, k - 1, 1)?;
    Ok(logits_bv.f_masked_fill(&logits_bv.f_lt_tensor(&least_b1)?, f64::NEG_INFINITY)?)
}

/// Removes the least likely tokens as long as those removed have at most 1 − `top_p` together;
/// the likeliest stays.
fn keep_nucleus(logits_bv: &Tensor, top_p: f64) -> Result<Tensor, TorchError> {
    let (rising_bv, order_bv) = logits_bv.f_sort_stable(true, -1, false)?;
    let up_to_here_bv = sums_up_to(&rising_bv.f_softmax(-1, Kind::Float)?)?;
    let removed_bv = up_to_here_bv.f_le(((1.0 - top_p) * PARTS) as i64)?;
    let last = logits_bv.size2()?.1 - 1;
    let _ = removed_bv.f_narrow(1, last, 1)?.f_fill_(0)?;
    let removed_bv = removed_bv.f_scatter(1, &order_bv, &removed_bv)?;
    Ok(logits_bv.f_masked_fill(&removed_bv, f64::NEG_INFINITY)?)
}

fn likeliest(logits_bv: &Tensor) -> Result<Tensor, TorchError> {
    let tokens_b1 = logits_bv.f_argmax(-1, true)?;
    let logit_b1 = logits_bv.f_gather(1, &tokens_b1, false)?;
    if_finite(&tokens_b1, &logit_b1)
}

/// Inverts the distribution function: the token at which the sum of the probabilities up to it first
/// exceeds the number. First the block of tokens is sought in which that happens, then the token in
/// it, so that nothing of the logits' size is made but the probabilities. What is added up are
/// whole parts: exact in any order, and no token of probability 0 is drawn.
fn draw(logits_bv: Tensor, uniforms_b: &Tensor) -> Result<Tensor, TorchError> {
    let (samples, vocabulary) = logits_bv.size2()?;
    let mut chances_bv = logits_bv.f_softmax(-1, Kind::Float)?;
    drop(logits_bv);
    let missing = (BLOCK - vocabulary % BLOCK) % BLOCK;
    if missing > 0 {
        chances_bv = chances_bv.f_constant_pad_nd([0, missing])?;
    }
    let blocks = chances_bv.size2()?.1 / BLOCK;
    let by_block = chances_bv.f_view([samples, blocks, BLOCK])?;

    let sums = by_block.f_sum_dim_intlist(&[-1][..], false, Kind::Float)?;
    let ends = sums_up_to(&sums)?;
    let sought_b1 = part(&uniforms_b.f_unsqueeze(1)?, &ends.f_narrow(1, blocks - 1, 1)?)?;
    // Past the end only where the sums are not numbers.
    let block_b1 = first_above(&ends, &sought_b1)?.f_clamp_max(blocks - 1)?;

    let begins = ends.f_constant_pad_nd([1, 0])?;
    let begin_b1 = begins.f_gather(1, &block_b1, false)?;
    let length_b1 = ends.f_gather(1, &block_b1, false)?.f_sub(&begin_b1)?;
    let share_b1 = sought_b1.f_sub(&begin_b1)?.f_to_kind(Kind::Double)?.f_div(&length_b1)?;

    let sum_b1 = sums.f_gather(1, &block_b1, false)?;
    let picked = block_b1.f_unsqueeze(2)?.f_expand([samples, 1, BLOCK], false)?;
    let within = by_block.f_gather(1, &picked, false)?.f_squeeze_dim(1)?.f_div(&sum_b1)?;
    let ends = sums_up_to(&within)?;
    let sought_b1 = part(&share_b1, &ends.f_narrow(1, BLOCK - 1, 1)?)?;
    let index_b1 = first_above(&ends, &sought_b1)?;
    if_finite(&block_b1.f_mul_scalar(BLOCK)?.f_add(&index_b1)?, &sum_b1)
}

/// Sums along each row up to each element, in whole parts of 1 / [`PARTS`].
fn sums_up_to(chances: &Tensor) -> Result<Tensor, TorchError> {
    Ok(chances.f_mul_scalar(PARTS)?.f_to_kind(Kind::Int64)?.f_cumsum(1, Kind::Int64)?)
}

/// The part that lies at a share (f64, below 1) of the whole; below the whole.
fn part(share_b1: &Tensor, whole_b1: &Tensor) -> Result<Tensor, TorchError> {
    Ok(share_b1.f_mul(whole_b1)?.f_to_kind(Kind::Int64)?)
}

/// In each row the first of the rising sums that exceeds the number sought.
fn first_above(sums: &Tensor, sought_b1: &Tensor) -> Result<Tensor, TorchError> {
    Ok(sought_b1.f_searchsorted(sums, false, true, "right", None::<Tensor>)?)
}

fn if_finite(tokens_b1: &Tensor, number_b1: &Tensor) -> Result<Tensor, TorchError> {
    let none_b1 = tokens_b1.f_full_like(NOT_FINITE)?;
    Ok(tokens_b1.f_where_self(&number_b1.f_isfinite()?, &none_b1)?.f_squeeze_dim(1)?)
}
