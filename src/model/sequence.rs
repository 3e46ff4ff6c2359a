//! A packed sequence on the device, with what all layers need from it.

use super::{Architecture, ModelError};
use crate::data::PackedSequence;
use crate::torch::{TorchError, beside, ops};
use tch::{Device, Tensor};

/// A checked sequence on the device.
#[derive(Debug)]
pub(super) struct DeviceSequence {
    /// Token ids, i64.
    pub tokens_t: Tensor,
    /// Of each token.
    pub rotation: Rotation,
    /// Where documents begin, and the number of tokens.
    pub cu_seqlens: Vec<i64>,
}

/// Rotary angles of tokens, as their cosines and sines, f32.
#[derive(Debug)]
pub(super) struct Rotation {
    pub cos_te: Tensor,
    pub sin_te: Tensor,
}

impl DeviceSequence {
    /// Puts tokens and their rotary angles on the device of `frequencies` (the `e / 2` inverse
    /// frequencies).
    ///
    /// # Errors
    /// The sequence contradicts itself or the architecture: a token that the vocabulary does not have,
    /// cu_seqlens that do not rise from 0 to its length, a document longer than the window.
    pub fn new(
        tokens: &[i64],
        positions: &[i64],
        cu_seqlens: &[i64],
        architecture: &Architecture,
        frequencies: &Tensor,
    ) -> Result<Self, ModelError> {
        check(tokens, positions, cu_seqlens, architecture)?;
        // They go to the device together.
        let all =
            beside(&Tensor::f_from_slice(&[tokens, positions, cu_seqlens].concat())?, frequencies)?;
        let part = |begin: usize, length: usize| all.f_narrow(0, begin as i64, length as i64);
        let t = tokens.len();
        ops::keep_cu_seqlens(cu_seqlens, &part(2 * t, cu_seqlens.len())?)?;
        let positions_t = part(t, t)?.f_to_kind(tch::Kind::Float)?;
        Ok(DeviceSequence {
            tokens_t: part(0, t)?,
            rotation: Rotation::new(&positions_t, frequencies)?,
            cu_seqlens: cu_seqlens.to_vec(),
        })
    }

    /// As [`DeviceSequence::new`], with the labels and domains checked too.
    pub fn from_packed(
        packed: &PackedSequence,
        domains: usize,
        a: &Architecture,
        frequencies: &Tensor,
    ) -> Result<Self, ModelError> {
        let tokens = packed.tokens.len();
        if packed.labels.len() != tokens || packed.domains.len() != tokens {
            let (labels, domains) = (packed.labels.len(), packed.domains.len());
            return Err(error(format!("{tokens} tokens, {labels} labels, {domains} domains")));
        }
        let range = 0..a.vocabulary;
        let bad =
            packed.labels.iter().find(|l| **l != PackedSequence::IGNORE && !range.contains(l));
        if let Some(label) = bad {
            return Err(outside(*label, a));
        }
        if let Some(domain) = packed.domains.iter().find(|d| !(0..domains as i64).contains(d)) {
            return Err(error(format!("it has a token of domain {domain} of {domains}")));
        }
        Self::new(&packed.tokens, &packed.positions, &packed.cu_seqlens, a, frequencies)
    }
}

impl Rotation {
    /// The angles at positions `[t]` (f32), for the `e / 2` inverse frequencies.
    pub fn new(positions_t: &Tensor, frequencies: &Tensor) -> Result<Self, TorchError> {
        let angles = positions_t.f_outer(frequencies)?;
        let angles_te = Tensor::f_cat(&[&angles, &angles], 1)?;
        Ok(Rotation { cos_te: angles_te.f_cos()?, sin_te: angles_te.f_sin()? })
    }
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
        return Err(error(format!("{tokens} tokens, {positions} positions")));
    }
    let whole = cu_seqlens.first() == Some(&0) && cu_seqlens.last() == Some(&(tokens.len() as i64));
    if !whole || cu_seqlens.windows(2).any(|ends| ends[0] >= ends[1]) {
        let length = tokens.len();
        return Err(error(format!("its bounds {cu_seqlens:?} do not rise from 0 to {length}")));
    }
    if let Some(token) = tokens.iter().find(|token| !(0..a.vocabulary).contains(token)) {
        return Err(outside(*token, a));
    }
    let longest = cu_seqlens.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0);
    a.admits(longest as usize)
}

fn outside(token: i64, a: &Architecture) -> ModelError {
    error(format!(
        "token {token} is outside of the model's vocabulary of {}; do tokenizer and model belong \
         together?",
        a.vocabulary
    ))
}

fn error(reason: String) -> ModelError {
    ModelError::Sequence { reason }
}
