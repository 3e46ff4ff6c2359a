//! Copies of tensors in host memory, for a thread that computes nothing: it reads their bytes while the tensors
//! change.

use super::TorchError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tch::{Device, Kind, Tensor, no_grad};

/// Largest piece of a copy, bytes.
const MOST: usize = 64 << 20;
/// Below this a piece is no power of two.
const LEAST: usize = 4 << 10;
/// Smallest page of memory, bytes.
const PAGE: usize = 4 << 10;

/// Host memory that copies are made in: what one gives back, the next takes. For a GPU it is page-locked, so that
/// the GPU copies at full speed. To make it takes longer than to copy, so that it can be made ahead, by another thread.
#[derive(Clone)]
pub struct HostMemory {
    device: Device,
    free: Arc<Mutex<Vec<Tensor>>>,
}

impl HostMemory {
    /// None yet, for copies of tensors of a device.
    pub fn new(device: Device) -> Self {
        HostMemory { device, free: Arc::default() }
    }

    /// Whether it is page-locked, for copies from a GPU.
    pub fn is_page_locked(&self) -> bool {
        self.device.is_cuda()
    }

    /// Makes the memory for copies of tensors of so many bytes each, but for what is free of it.
    ///
    /// # Errors
    /// There is too little.
    pub fn prepare(&self, tensors: &[u64]) -> Result<(), TorchError> {
        let pieces = tensors.iter().flat_map(|bytes| lengths(*bytes as usize));
        let taken: Result<Vec<Tensor>, TorchError> =
            pieces.map(|length| self.take(length)).collect();
        self.free().extend(taken?);
        Ok(())
    }

    /// Gives back what is free to the system.
    pub fn release(&self) {
        self.free().clear();
    }

    fn take(&self, length: usize) -> Result<Tensor, TorchError> {
        let mut free = self.free();
        match free.iter().rposition(|piece| piece.numel() == length) {
            Some(at) => Ok(free.swap_remove(at)),
            None => {
                drop(free);
                self.make(length)
            }
        }
    }

    /// Every page of it is there: the system gives each when it is written for the first time.
    fn make(&self, length: usize) -> Result<Tensor, TorchError> {
        let piece = Tensor::f_empty([length as i64], (Kind::Uint8, Device::Cpu))?;
        let begin = piece.data_ptr().cast::<u8>();
        for at in (0..length).step_by(PAGE) {
            // SAFETY: within the bytes of a new tensor in host memory, which nobody else has.
            unsafe { begin.add(at).write_volatile(0) };
        }
        Ok(match self.is_page_locked() {
            true => piece.f_pin_memory(self.device)?,
            false => piece,
        })
    }

    fn free(&self) -> MutexGuard<'_, Vec<Tensor>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copy of a tensor's bytes, in pieces of host memory that it gives back. libtorch makes page-locked memory in
/// blocks of powers of two, and so are the pieces: none of it is wasted.
pub struct HostCopy {
    pieces: Vec<Tensor>,
    memory: HostMemory,
}

impl HostCopy {
    /// A copy of a tensor as it is now.
    ///
    /// # Errors
    /// Too little host memory; the device fails.
    pub fn of(tensor: &Tensor, memory: &HostMemory) -> Result<Self, TorchError> {
        let mut copy = HostCopy { pieces: Vec::new(), memory: memory.clone() };
        no_grad(|| copy.fill(tensor))?;
        Ok(copy)
    }

    fn fill(&mut self, tensor: &Tensor) -> Result<(), TorchError> {
        let flat = tensor.f_detach()?.f_contiguous()?.f_view([-1])?.f_view_dtype(Kind::Uint8)?;
        let mut at = 0;
        for length in lengths(flat.numel()) {
            let mut piece = self.memory.take(length)?;
            piece.f_copy_(&flat.f_narrow(0, at, length as i64)?)?;
            self.pieces.push(piece);
            at += length as i64;
        }
        Ok(())
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

impl Drop for HostCopy {
    fn drop(&mut self) {
        self.memory.free().append(&mut self.pieces);
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

    fn copy(tensor: &Tensor) -> HostCopy {
        HostCopy::of(tensor, &HostMemory::new(Device::Cpu)).unwrap()
    }

    #[test]
    fn a_copy_stays_as_the_tensor_was() {
        let mut values = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([2, 3]);
        let halves = values.transpose(0, 1).to_kind(Kind::BFloat16);
        let scalar = Tensor::from(7f32).set_requires_grad(true);
        let copies = [&values, &halves, &scalar].map(copy);
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
    fn memory_is_made_once_and_taken_again() {
        let memory = HostMemory::new(Device::Cpu);
        let tensor = Tensor::ones([2048 + 2], (Kind::Float, Device::Cpu));
        let pieces = || memory.free().iter().map(Tensor::numel).collect::<Vec<_>>();
        memory.prepare(&[8200, 4]).unwrap();
        assert_eq!(pieces(), [8192, 8, 4]);
        let addresses = || -> Vec<_> { memory.free().iter().map(Tensor::data_ptr).collect() };
        let made = addresses();
        let copy = HostCopy::of(&tensor, &memory).unwrap();
        assert_eq!(pieces(), [4]);
        drop(copy);
        memory.prepare(&[8200, 4]).unwrap();
        let [mut before, mut after] = [made, addresses()];
        [&mut before, &mut after].into_iter().for_each(|all| all.sort());
        assert_eq!(before, after);
        memory.release();
        assert!(pieces().is_empty());
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
        let copy = copy(&long);
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
