//! Copies of tensors in host memory, for a thread that computes nothing: it reads their bytes while the tensors
//! change.

use super::TorchError;
use super::device::synchronize;
use tch::{Device, Kind, Tensor, no_grad};

/// Largest piece of a copy, bytes.
const MOST: usize = 64 << 20;
/// Below this a piece is no power of two.
const LEAST: usize = 4 << 10;

/// A copy of a tensor's bytes, in pieces of host memory. From a GPU they are page-locked, so that it copies at full
/// speed; libtorch keeps such memory for the next copy, since to lock it is slow, in blocks of powers of two. So
/// are the pieces: none of it is wasted.
#[derive(Debug)]
pub struct HostCopy {
    pieces: Vec<Tensor>,
}

impl HostCopy {
    /// Copies of tensors of one device. A GPU is given all of them at once, and waited for once.
    ///
    /// # Errors
    /// Too little host memory; the GPU fails.
    pub fn all<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Result<Vec<Self>, TorchError> {
        let mut device = Device::Cpu;
        let copies = tensors.into_iter().map(|tensor| {
            device = tensor.device();
            no_grad(|| Self::begun(tensor))
        });
        let copies = copies.collect::<Result<Vec<_>, _>>()?;
        synchronize(device)?;
        Ok(copies)
    }

    /// One whose bytes are there once the device was waited for.
    fn begun(tensor: &Tensor) -> Result<Self, TorchError> {
        let flat = tensor.f_detach()?.f_contiguous()?.f_view([-1])?.f_view_dtype(Kind::Uint8)?;
        let mut pieces = Vec::new();
        let mut at = 0;
        for length in lengths(flat.numel()) {
            let piece = flat.f_narrow(0, at, length as i64)?;
            pieces.push(piece.f_to_device_(Device::Cpu, Kind::Uint8, true, true)?);
            at += length as i64;
        }
        Ok(HostCopy { pieces })
    }

    /// The bytes in order, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| {
            let begin = piece.data_ptr().cast_const().cast::<u8>();
            // SAFETY: a contiguous tensor of bytes in host memory, which lives as long as `self` and which nobody
            // else has, so that nothing changes it.
            unsafe { std::slice::from_raw_parts(begin, piece.numel()) }
        })
    }
}

/// The lengths of the pieces of so many bytes: powers of two, the largest first, and a short rest.
fn lengths(mut bytes: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let length = match bytes {
            0 => return None,
            few if few < LEAST => few,
            many => (1 << many.ilog2()).min(MOST),
        };
        bytes -= length;
        Some(length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_the_tensor_was() {
        let mut values = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([2, 3]);
        let halves = values.transpose(0, 1).to_kind(Kind::BFloat16);
        let scalar = Tensor::from(7f32).set_requires_grad(true);
        let copies = HostCopy::all([&values, &halves, &scalar]).unwrap();
        let _ = values.fill_(9.0);
        let bytes = |copy: &HostCopy| copy.pieces().collect::<Vec<_>>().concat();
        let expected: Vec<u8> = (0..6).flat_map(|n| (n as f32).to_le_bytes()).collect();
        assert_eq!(bytes(&copies[0]), expected);
        // Row after row as the tensor is seen, and each number as the two upper bytes of its f32.
        let bf16 = |n: f32| n.to_le_bytes()[2..].to_vec();
        assert_eq!(bytes(&copies[1]), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0].map(bf16).concat());
        assert_eq!(bytes(&copies[2]), 7f32.to_le_bytes());
    }

    #[test]
    fn pieces_are_powers_of_two_and_cover_everything() {
        let of = |bytes| lengths(bytes).collect::<Vec<_>>();
        assert!(of(0).is_empty());
        assert_eq!(of(100), [100]);
        assert_eq!(of((64 << 20) * 2 + (1 << 20) + 4098), [64 << 20, 64 << 20, 1 << 20, 4096, 2]);
        for bytes in [1, 4095, 4096, 4097, 123_456_789] {
            assert_eq!(of(bytes).iter().sum::<usize>(), bytes);
            assert!(of(bytes).iter().all(|length| *length < LEAST || length.is_power_of_two()));
        }
    }

    /// Longer than a piece.
    #[test]
    fn a_long_tensor_comes_in_order() {
        let long = Tensor::arange(17 << 20, (Kind::Float, Device::Cpu));
        let copy = HostCopy::all([&long]).unwrap().remove(0);
        let found: Vec<f32> = copy
            .pieces()
            .flat_map(|piece| {
                piece.chunks_exact(4).map(|n| f32::from_le_bytes(n.try_into().unwrap()))
            })
            .collect();
        assert!(found.iter().zip(0..).all(|(found, n)| *found == n as f32));
        assert_eq!((found.len(), copy.pieces().count()), (17 << 20, 2));
    }
}
