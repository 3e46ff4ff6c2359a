//! A packed row on the device, with what all layers need of it.

use super::{Architecture, ModelError};
use crate::data::PackedSequence;
use crate::torch::TorchError;
use tch::{Device, Tensor};

/// A checked row on the device.
#[derive(Debug)]
pub(super) struct DeviceRow {
    /// Token ids, i64.
    pub tokens_t: Tensor,
    /// Cosine of each token's rotary angles, f32.
    pub cos_te: Tensor,
    /// Sine of the same.
    pub sin_te: Tensor,
    /// Where documents begin, and T.
    pub cu_seqlens: Vec<i64>,
}

impl DeviceRow {
    /// Puts a row's tokens and the tables of its positions on the device of `frequencies`
    /// (the `e / 2` inverse frequencies).
    ///
    /// # Errors
    /// The row contradicts itself or the architecture: a token that the vocabulary does not have,
    /// bounds that are not increasing from 0 to T, a document longer than the window.
    pub fn new(
        tokens: &[i64],
        positions: &[i64],
        cu_seqlens: &[i64],
        architecture: &Architecture,
        frequencies: &Tensor,
    ) -> Result<Self, ModelError> {
        check(tokens, positions, cu_seqlens, architecture)?;
        let device = frequencies.device();
        let positions_t = on(device, positions)?.f_to_kind(tch::Kind::Float)?;
        let (cos_te, sin_te) = turns(&positions_t, frequencies)?;
        Ok(DeviceRow {
            tokens_t: on(device, tokens)?,
            cos_te,
            sin_te,
            cu_seqlens: cu_seqlens.to_vec(),
        })
    }

    /// As [`DeviceRow::new`], for a row of a batch.
    pub fn of(
        row: &PackedSequence,
        domains: usize,
        a: &Architecture,
        frequencies: &Tensor,
    ) -> Result<Self, ModelError> {
        let tokens = row.tokens.len();
        if row.labels.len() != tokens || row.domains.len() != tokens {
            let (labels, domains) = (row.labels.len(), row.domains.len());
            return Err(fault(format!("{tokens} tokens, {labels} labels, {domains} domains")));
        }
        let range = 0..a.vocabulary;
        let bad = row.labels.iter().find(|l| **l != PackedSequence::IGNORE && !range.contains(l));
        if let Some(label) = bad {
            return Err(outside(*label, a));
        }
        if let Some(domain) = row.domains.iter().find(|d| !(0..domains as i64).contains(d)) {
            return Err(fault(format!("it has a token of domain {domain} of {domains}")));
        }
        Self::new(&row.tokens, &row.positions, &row.cu_seqlens, a, frequencies)
    }
}

/// Cosine and sine `[t, e]` of the rotary angles at positions `[t]` (f32).
pub(super) fn turns(
    positions_t: &Tensor,
    frequencies: &Tensor,
) -> Result<(Tensor, Tensor), TorchError> {
    let angles = positions_t.f_outer(frequencies)?;
    let angles_te = Tensor::f_cat(&[&angles, &angles], 1)?;
    Ok((angles_te.f_cos()?, angles_te.f_sin()?))
}

/// Copies integers to a device.
pub(super) fn on(device: Device, values: &[i64]) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(values)?.f_to(device)?)
}

fn check(
    tokens: &[i64],
    positions: &[i64],
    cu_seqlens: &[i64],
    a: &Architecture,
) -> Result<(), ModelError> {
    if tokens.is_empty() || positions.len() != tokens.len() {
        let (tokens, positions) = (tokens.len(), positions.len());
        return Err(fault(format!("{tokens} tokens, {positions} positions")));
    }
    let whole = cu_seqlens.first() == Some(&0) && cu_seqlens.last() == Some(&(tokens.len() as i64));
    if !whole || cu_seqlens.windows(2).any(|ends| ends[0] >= ends[1]) {
        let fault_text =
            format!("its bounds {cu_seqlens:?} do not rise from 0 to {}", tokens.len());
        return Err(fault(fault_text));
    }
    if let Some(token) = tokens.iter().find(|token| !(0..a.vocabulary).contains(token)) {
        return Err(outside(*token, a));
    }
    let longest = cu_seqlens.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0);
    a.admits(longest as usize)
}

fn outside(token: i64, a: &Architecture) -> ModelError {
    fault(format!(
        "token {token} is outside of the model's vocabulary of {}; do tokenizer and model belong \
         together?",
        a.vocabulary
    ))
}

fn fault(fault: String) -> ModelError {
    ModelError::Row { fault }
}
