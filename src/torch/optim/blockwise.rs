use crate::torch::TorchError;
use crate::torch::ffi::{self, check, one, raw};
use crate::torch::trace::full_beside;
use tch::{Kind, Tensor};

/// Numbers that share a largest magnitude.
pub const BLOCK: i64 = 256;

/// What a code stands for, as a share of its block's largest magnitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockMap {
    /// Numbers of both signs: the first moment.
    Signed,
    /// Numbers that are not negative, in finer steps: the second moment. One that is not 0 never becomes 0.
    Unsigned,
}

/// Numbers in 8 bits, as in bitsandbytes: blocks of 256, each with its largest magnitude in f32, and a code for each
/// number, of the nearest of 256 values that lie closer the nearer they are to 0.
#[derive(Debug)]
pub struct Blocks {
    /// u8, of the numbers' shape.
    pub codes: Tensor,
    /// The largest magnitude of each block, f32, `[⌈n / 256⌉]`.
    pub largest: Tensor,
    /// What the codes stand for.
    pub map: BlockMap,
}

impl Blocks {
    /// As many zeros as a tensor has elements, where that is.
    ///
    /// # Errors
    /// Lack of memory.
    pub fn zeros_like(tensor: &Tensor, map: BlockMap) -> Result<Self, TorchError> {
        let shape = tensor.size();
        let count: i64 = shape.iter().product();
        let zero = match map {
            BlockMap::Signed => 127.0,
            BlockMap::Unsigned => 0.0,
        };
        let codes = full_beside(&shape, zero, Kind::Uint8, tensor)?;
        let largest = full_beside(&[(count + BLOCK - 1) / BLOCK], 0.0, Kind::Float, tensor)?;
        Ok(Blocks { codes, largest, map })
    }

    /// Takes over numbers of the same shape, each as the nearest that there is a code for.
    ///
    /// # Errors
    /// Another number of them, lack of memory.
    pub fn encode(&mut self, numbers: &Tensor) -> Result<(), TorchError> {
        let (codes, largest) = (raw(&self.codes), raw(&self.largest));
        // SAFETY: see the module `ffi`.
        check(unsafe {
            ffi::vt_encode_blocks(raw(numbers), codes, largest, self.map == BlockMap::Signed)
        })
    }

    /// The numbers, f32.
    ///
    /// # Errors
    /// Lack of memory.
    pub fn decode(&self) -> Result<Tensor, TorchError> {
        let (codes, largest) = (raw(&self.codes), raw(&self.largest));
        // SAFETY: see the module `ffi`.
        one(|out| unsafe {
            ffi::vt_decode_blocks(out, codes, largest, self.map == BlockMap::Signed)
        })
    }
}
