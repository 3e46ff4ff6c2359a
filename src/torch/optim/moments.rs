use super::blockwise::{BlockMap, Blocks};
use crate::torch::TorchError;
use crate::torch::trace::full_beside;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor, no_grad};

/// In what numbers moments are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MomentKind {
    /// f32.
    F32,
    /// bf16, rounded stochastically.
    Bf16,
    /// 8 bits, in [`Blocks`].
    Int8,
}

/// AdamW's two moments of one parameter, of its shape and on its device.
#[derive(Debug)]
pub enum Moments {
    /// f32 or bf16.
    Float {
        /// The running mean of the gradients.
        first: Tensor,
        /// That of their squares.
        second: Tensor,
    },
    /// 8 bits.
    Int8 {
        /// The running mean of the gradients.
        first: Blocks,
        /// That of their squares.
        second: Blocks,
    },
}

impl Moments {
    /// Moments that are 0, for a parameter.
    ///
    /// # Errors
    /// Lack of memory.
    pub fn zeros(weight: &Tensor, kind: MomentKind) -> Result<Self, TorchError> {
        let float = |kind| {
            let zeros = || full_beside(&weight.size(), 0.0, kind, weight);
            Ok(Moments::Float { first: zeros()?, second: zeros()? })
        };
        match kind {
            MomentKind::F32 => float(Kind::Float),
            MomentKind::Bf16 => float(Kind::BFloat16),
            MomentKind::Int8 => {
                let blocks = |map| Blocks::zeros_like(weight, map);
                Ok(Moments::Int8 {
                    first: blocks(BlockMap::Signed)?,
                    second: blocks(BlockMap::Unsigned)?,
                })
            }
        }
    }

    /// Takes over numbers, rounded to the nearest that there are.
    ///
    /// # Errors
    /// Other shapes, lack of memory.
    pub fn encode(&mut self, first: &Tensor, second: &Tensor) -> Result<(), TorchError> {
        match self {
            Moments::Float { first: to_first, second: to_second } => {
                for (to, from) in [(to_first, first), (to_second, second)] {
                    no_grad(|| to.f_copy_(from).map(drop))?;
                }
                Ok(())
            }
            Moments::Int8 { first: to_first, second: to_second } => {
                to_first.encode(first)?;
                to_second.encode(second)
            }
        }
    }

    /// The numbers, f32.
    ///
    /// # Errors
    /// Lack of memory.
    pub fn decode(&self) -> Result<[Tensor; 2], TorchError> {
        match self {
            Moments::Float { first, second } => {
                Ok([first.f_to_kind(Kind::Float)?, second.f_to_kind(Kind::Float)?])
            }
            Moments::Int8 { first, second } => Ok([first.decode()?, second.decode()?]),
        }
    }

    /// The tensors of each moment: its numbers or codes, and the magnitudes that belong to codes.
    pub fn parts(&self) -> [(&Tensor, Option<&Tensor>); 2] {
        match self {
            Moments::Float { first, second } => [(first, None), (second, None)],
            Moments::Int8 { first, second } => {
                [first, second].map(|blocks| (&blocks.codes, Some(&blocks.largest)))
            }
        }
    }
}
